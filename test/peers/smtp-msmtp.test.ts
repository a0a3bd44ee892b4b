/** msmtp as client: the mechanisms that the others don't know, and LMTP. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { clientCertificate, password, submissionFor, token, user } from './account.ts';
import { oddities } from './contents.ts';
import { mailboxes } from './mailboxes.ts';
import { needing, outcomeOf, run } from './programs.ts';
import { addressOf, assertArrived, Reception } from './reception.ts';

/** No user's configuration, and no fields put into mails or taken out. */
const options = [
  '--file=/dev/null',
  '--host=127.0.0.1',
  '--from=sender@example.org',
  ...['date-header', 'from-header', 'msgid-header'].map((field) => `--set-${field}=off`),
  '--remove-bcc-headers=off',
];

for (const [mechanism, secret] of [
  ['plain', password],
  ['login', password],
  ['cram-md5', password],
  ['scram-sha-1', password],
  ['scram-sha-256', password],
  ['oauthbearer', token],
  ['xoauth2', token],
  ['external', password],
] as const) {
  test(
    ...needing('msmtp', `AUTH ${mechanism}`, async (msmtp) => {
      await using reception = await Reception.open(submissionFor);
      const folder = await mkdtemp(join(tmpdir(), 'mailwright-msmtp-'));
      try {
        await writeFile(join(folder, 'cert.pem'), clientCertificate.cert);
        await writeFile(join(folder, 'key.pem'), clientCertificate.key, { mode: 0o600 });
        const certificate = [
          `--tls-cert-file=${join(folder, 'cert.pem')}`,
          `--tls-key-file=${join(folder, 'key.pem')}`,
        ];
        const security = ['--tls=on', '--tls-starttls=on', '--tls-certcheck=off'];
        const login = [`--auth=${mechanism}`, `--user=${user}`, `--passwordeval=echo ${secret}`];
        for (const [at, { raw }] of oddities.entries()) {
          const args = [...options, `--port=${reception.port}`, ...security, ...login];
          if (mechanism === 'external') args.push(...certificate);
          await run(msmtp, [...args, '--', addressOf(at)], { input: raw });
        }
      } finally {
        await rm(folder, { recursive: true });
      }
      const spooled = await reception.harvest();
      assertArrived(spooled, oddities);
      assert.ok(spooled.every(({ context }) => context.user === user));
    }),
  );
}

test(
  ...needing('msmtp', 'what DSN asks for is kept (RFC 3461 §4)', async (msmtp) => {
    await using reception = await Reception.open();
    const dsn = ['--dsn-return=hdrs', '--dsn-notify=failure,delay'];
    await run(msmtp, [...options, `--port=${reception.port}`, ...dsn, '--', addressOf(0)], {
      input: 'Subject: x\n\nx\n',
    });
    const [spooled] = await reception.harvest();
    assert.equal(spooled?.context.envelope.dsn?.ret, 'hdrs');
    assert.deepEqual(spooled?.context.envelope.recipients[0]?.notify, ['failure', 'delay']);
  }),
);

test(
  ...needing('msmtp', 'LMTP, where one of two mailboxes is full', async (msmtp) => {
    await using reception = await Reception.open(mailboxes);
    const args = [...options, `--port=${reception.port}`, '--protocol=lmtp', '--'];
    const { code, output } = await outcomeOf(msmtp, [...args, 'one@example.org', 'full@example.org'], {
      input: 'x\n',
    });
    assert.notEqual(code, 0);
    assert.match(output, /full@example\.org.*\n?.*552 5\.2\.2/);
    assert.equal((await reception.harvest()).length, 1);
  }),
);
