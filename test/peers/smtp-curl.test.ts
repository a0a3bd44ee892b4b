/** curl as client: many messages in one run, in clear and over TLS, and its ways to log in. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ListenOn, SmtpServerSettings } from 'mailwright/node';
import { clientCertificate, password, submissionFor, tls, token, user } from './account.ts';
import { type Content, oddities, samples } from './contents.ts';
import { needing, outcomeOf, run } from './programs.ts';
import { addressOf, assertArrived, Reception, type Spooled } from './reception.ts';

/** How curl is to go about it. */
interface Way {
  readonly settings?: Partial<SmtpServerSettings>;
  readonly on?: ListenOn;
  readonly scheme?: 'smtp' | 'smtps';
  /** What stands between `://` and the host. */
  readonly login?: string;
  readonly args?: readonly string[];
}

/** Sends all contents in one run of curl, which keeps its connection; or with a fault, tells it. */
async function deliver(
  curl: string,
  { settings = {}, on = {}, scheme = 'smtp', login = '', args = [] }: Way,
  contents: readonly Content[],
): Promise<Spooled[]> {
  await using reception = await Reception.open(settings, on);
  const folder = await mkdtemp(join(tmpdir(), 'mailwright-curl-'));
  try {
    await writeFile(join(folder, 'cert.pem'), clientCertificate.cert);
    await writeFile(join(folder, 'key.pem'), clientCertificate.key);
    const all: string[] = [];
    for (const [at, { wire }] of contents.entries()) {
      const file = join(folder, String(at));
      await writeFile(file, wire);
      const url = `${scheme}://${login}127.0.0.1:${reception.port}/client.example`;
      const envelope = ['--mail-from', 'sender@example.org', '--mail-rcpt', addressOf(at)];
      const each = args.map((arg) => arg.replace('%folder%', folder));
      all.push(
        ...(at > 0 ? ['--next'] : []),
        '--no-progress-meter',
        '--insecure',
        ...each,
        ...envelope,
        '--upload-file',
        file,
        url,
      );
    }
    await run(curl, all);
    const spooled = await reception.harvest();
    assertArrived(spooled, contents);
    return spooled;
  } finally {
    await rm(folder, { recursive: true });
  }
}

test(
  ...needing('curl', 'many messages over one connection', async (curl) => {
    let sessions = 0;
    const settings = {
      connect() {
        sessions += 1;
        return undefined;
      },
    };
    const spooled = await deliver(curl, { settings }, samples);
    assert.ok(spooled.every(({ context }) => context.helo === 'client.example'));
    assert.equal(sessions, 1);
  }),
);

test(
  ...needing('curl', 'many messages over STARTTLS', async (curl) => {
    const spooled = await deliver(curl, { settings: { tls }, args: ['--ssl-reqd'] }, samples);
    assert.ok(spooled.every(({ context }) => context.protocol === 'ESMTPS'));
  }),
);

test(
  ...needing('curl', 'many messages over implicit TLS', async (curl) => {
    const way: Way = { settings: { tls }, on: { tls: 'implicit' }, scheme: 'smtps' };
    const spooled = await deliver(curl, way, samples);
    assert.ok(spooled.every(({ context }) => context.protocol === 'ESMTPS'));
  }),
);

test(
  ...needing(
    'curl',
    'a submitter by --mail-auth is believed once curl has logged in (RFC 4954 §5)',
    async (curl) => {
      const args = ['--ssl-reqd', '--user', `${user}:${password}`, '--mail-auth', 'first@example.net'];
      const [spooled] = await deliver(curl, { settings: submissionFor, args }, samples.slice(0, 1));
      assert.equal(spooled?.context.envelope.auth, 'first@example.net');
    },
  ),
);

const withPassword = ['--user', `${user}:${password}`, '--login-options'];
for (const [mechanism, args, login] of [
  ['PLAIN', [...withPassword, 'AUTH=PLAIN', '--sasl-ir']],
  ['LOGIN', [...withPassword, 'AUTH=LOGIN']],
  ['CRAM-MD5', [...withPassword, 'AUTH=CRAM-MD5']],
  ['XOAUTH2', ['--user', user, '--oauth2-bearer', token, '--login-options', 'AUTH=XOAUTH2']],
  ['OAUTHBEARER', ['--user', user, '--oauth2-bearer', token, '--login-options', 'AUTH=OAUTHBEARER']],
  ['EXTERNAL', ['--cert', '%folder%/cert.pem', '--key', '%folder%/key.pem'], `${user};AUTH=EXTERNAL@`],
] as const) {
  test(
    ...needing('curl', `AUTH ${mechanism}`, async (curl) => {
      const way: Way = { settings: submissionFor, args: ['--ssl-reqd', ...args], login: login ?? '' };
      const spooled = await deliver(curl, way, oddities);
      assert.ok(spooled.every(({ context }) => context.user === user && context.protocol === 'ESMTPSA'));
    }),
  );
}

test(
  ...needing('curl', 'a wrong token is refused', async (curl) => {
    await using reception = await Reception.open(submissionFor);
    const login = ['--insecure', '--ssl-reqd', '--user', user, '--oauth2-bearer', 'wrong'];
    const envelope = ['--mail-from', 'sender@example.org', '--mail-rcpt', addressOf(0), '--upload-file', '-'];
    const url = `smtp://127.0.0.1:${reception.port}`;
    for (const mechanism of ['XOAUTH2', 'OAUTHBEARER']) {
      const { code } = await outcomeOf(curl, [
        ...login,
        '--login-options',
        `AUTH=${mechanism}`,
        ...envelope,
        url,
      ]);
      // curl's exit code for a login that was denied.
      assert.equal(code, 67);
    }
    assert.deepEqual(await reception.harvest(), []);
  }),
);
