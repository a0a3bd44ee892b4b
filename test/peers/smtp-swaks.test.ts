/** swaks as client: each transaction by hand, with all that it can do before one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ListenOn, networks, type SmtpServerSettings } from 'mailwright/node';
import { mx, xclient } from 'mailwright/smtp';
import type { Context } from 'mailwright/spool';
import { password, submissionFor, tls, user } from './account.ts';
import { type Content, longLine, oddities, samples } from './contents.ts';
import { mailboxes } from './mailboxes.ts';
import { needing, outcomeOf, run } from './programs.ts';
import { addressOf, assertArrived, Reception, type Spooled } from './reception.ts';

const local = networks(['127.0.0.1']);

const few = oddities.slice(0, 3);

/** Sends each content with a swaks of its own. */
async function deliver(
  swaks: string,
  settings: Partial<SmtpServerSettings>,
  args: readonly string[],
  contents: readonly Content[] = few,
  on: ListenOn = {},
): Promise<Spooled[]> {
  await using reception = await Reception.open(settings, on);
  for (const [at, { wire }] of contents.entries()) {
    const envelope = ['--from', 'sender@example.org', '--to', addressOf(at)];
    const server = ['--server', '127.0.0.1', '--port', String(reception.port), '--helo', 'client.example'];
    // Left to itself, swaks would add a blank line to what ends in a line end.
    const input = Buffer.from(`${wire.toString('latin1').replace(/^\./gm, '..')}.`, 'latin1');
    await run(swaks, [...server, ...envelope, ...args, '--no-data-fixup', '--data', '-'], { input });
  }
  const spooled = await reception.harvest();
  assertArrived(spooled, contents);
  return spooled;
}

/** A feature of swaks, and what is known of its messages then. */
interface Feature {
  readonly args: readonly string[];
  readonly settings?: Partial<SmtpServerSettings>;
  readonly on?: ListenOn;
  readonly contents?: readonly Content[];
  readonly known: (context: Context) => unknown;
  readonly expected: unknown;
}

const proxy = ['--proxy-source', '192.0.2.7', '--proxy-source-port', '4711'];
const proxyTo = ['--proxy-dest', '192.0.2.25', '--proxy-dest-port', '25'];
const proxied: PartOf<Feature> = {
  settings: { proxies: local },
  known: ({ peer }) => peer,
  expected: {
    remote: { family: 'ipv4', address: '192.0.2.7', port: 4711 },
    local: { family: 'ipv4', address: '192.0.2.25', port: 25 },
  },
};
const account = ['--auth-user', user, '--auth-password', password];
const authenticated: PartOf<Feature> = {
  settings: submissionFor,
  known: ({ protocol, user }) => `${protocol} ${user}`,
  expected: `ESMTPSA ${user}`,
};
type PartOf<T> = Omit<T, 'args'>;

const features: Readonly<Record<string, Feature>> = {
  'ESMTP in clear': {
    args: [],
    contents: [...samples, longLine],
    known: ({ protocol, helo }) => `${protocol} ${helo}`,
    expected: 'ESMTP client.example',
  },
  'HELO, as before 1995': {
    args: ['--protocol', 'SMTP'],
    known: ({ protocol }) => protocol,
    expected: 'SMTP',
  },
  PIPELINING: { args: ['--pipeline'], known: ({ protocol }) => protocol, expected: 'ESMTP' },
  STARTTLS: { args: ['-tls'], settings: { tls }, known: ({ protocol }) => protocol, expected: 'ESMTPS' },
  'STARTTLS with TLS 1.2': {
    args: ['-tls', '--tls-protocol', 'tlsv1_2'],
    settings: { tls },
    known: (context) => context.tls?.version,
    expected: 'TLSv1.2',
  },
  'implicit TLS, with SNI': {
    args: ['-tlsc', '--tls-sni', 'mx.test'],
    settings: { tls },
    on: { tls: 'implicit' },
    known: (context) => `${context.protocol} ${context.tls?.servername}`,
    expected: 'ESMTPS mx.test',
  },
  'AUTH PLAIN': { args: ['-tls', '--auth', 'PLAIN', ...account], ...authenticated },
  'AUTH LOGIN': { args: ['-tls', '--auth', 'LOGIN', ...account], ...authenticated },
  'AUTH CRAM-MD5': { args: ['-tls', '--auth', 'CRAM-MD5', ...account], ...authenticated },
  'PROXY version 1': {
    args: ['--proxy-version', '1', '--proxy-family', 'TCP4', ...proxy, ...proxyTo],
    ...proxied,
  },
  'PROXY version 2': {
    args: [
      '--proxy-version',
      '2',
      '--proxy-family',
      'AF_INET',
      '--proxy-protocol',
      'STREAM',
      '--proxy-command',
      'PROXY',
      ...proxy,
      ...proxyTo,
    ],
    ...proxied,
  },
  XCLIENT: {
    args: ['--xclient', 'ADDR=192.0.2.9 PORT=5000 NAME=mail.example.net', '--xclient', 'HELO=first.example'],
    settings: { ...mx, extensions: [...mx.extensions, xclient({ trusts: local })] },
    known: ({ peer }) => peer?.remote,
    expected: { family: 'ipv4', address: '192.0.2.9', port: 5000 },
  },
};

for (const [name, { args, settings = {}, on, contents, known, expected }] of Object.entries(features)) {
  test(
    ...needing('swaks', name, async (swaks) => {
      const spooled = await deliver(swaks, settings, args, contents, on);
      for (const { context } of spooled) assert.deepEqual(known(context), expected);
    }),
  );
}

test(
  ...needing('swaks', 'LMTP over a Unix socket, where one of two mailboxes is full', async (swaks) => {
    await using reception = await Reception.open(mailboxes, { unix: true });
    const to = 'one@example.org,full@example.org';
    const { output } = await outcomeOf(swaks, ['--protocol', 'LMTP', '--socket', reception.path, '--to', to]);
    assert.match(output, /^<- +250 2\.0\.0 Queued as .*\n<\*\* 552 5\.2\.2 Mailbox full$/m);
    const [spooled] = await reception.harvest();
    assert.deepEqual(spooled?.context.envelope.recipients, [{ path: 'one@example.org' }]);
    assert.equal(spooled?.context.protocol, 'LMTP');
  }),
);

test(
  ...needing('swaks', 'a wrong password is refused, and no password is asked for in clear', async (swaks) => {
    await using reception = await Reception.open(submissionFor);
    const server = ['--server', '127.0.0.1', '--port', String(reception.port), '--to', 'one@example.org'];
    const login = ['--auth', 'PLAIN', '--auth-user', user, '--auth-password'];
    const wrong = await outcomeOf(swaks, [...server, '-tls', ...login, 'wrong']);
    assert.match(wrong.output, /^<~\* 535 5\.7\.8 /m);
    const clear = await outcomeOf(swaks, [...server, ...login, password]);
    assert.doesNotMatch(clear.output, /-> AUTH/);
    assert.deepEqual(await reception.harvest(), []);
  }),
);
