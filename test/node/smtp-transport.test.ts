/** Sessions as they are opened: addresses, TLS, authentication. */
import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { getEventListeners } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { CertificateDemand, NotOpened, Opened, Target } from 'mailwright/delivery';
import { Secret } from 'mailwright/machine';
import { type OpeningTrace, SmtpTransport, selfSignedCertificate } from 'mailwright/node';
import { type ClientCredentials, type MechanismName, mechanismNames } from 'mailwright/sasl';
import { lmtp, replies, submission } from 'mailwright/smtp';
import { VirtualClock, VirtualNetwork } from 'mailwright/testing';
import { memoryUsers } from 'mailwright/users';
import {
  contentIn,
  contentOf,
  opened,
  receiving,
  type Step,
  scripted,
  summary,
  talk,
  targetOf,
  transactionOf,
} from './sending.ts';

const certificate = selfSignedCertificate({ names: ['mx.test'] });
const trusting = new SmtpTransport({ authorities: [certificate.cert] });
const transport = new SmtpTransport();

/** How an opening went, in a few words. */
function account(opening: Opened | NotOpened): string {
  const { observed } = opening;
  const tls =
    observed === undefined ? '' : observed.ok ? ` (${observed.flaw?.why ?? 'TLS'})` : ` (${observed.why})`;
  if (opening.ok) return `open${opening.session.tls === null ? ' in clear' : ''}${tls}`;
  const { failure } = opening;
  const code = failure.reply === undefined ? '' : ` ${failure.reply.code}`;
  return `${failure.why} at ${failure.stage}${code}${tls}`;
}

/** Opens, tells how it went, and closes. */
async function tried(target: Target, through = transport): Promise<string> {
  const opening = await through.open(target);
  if (opening.ok) await opening.session.quit();
  return account(opening);
}

test('a message goes out by STARTTLS, as it is', async () => {
  const { server, received } = await receiving({ tls: certificate });
  const opening = await transport.open(targetOf(server.port));
  const session = opened(opening);
  assert.equal(account(opening), 'open (TLS)');
  assert.equal(session.address, '127.0.0.1');
  assert.equal(session.tls?.version, 'TLSv1.3');
  assert.equal(session.server.extensions.has('PIPELINING'), true);
  assert.equal(session.idle, true);
  for (const text of ['Subject: one\r\n\r\n.dot\r\n..\r\n', 'Subject: two\r\n\r\nno line end']) {
    const content = contentIn(3, text);
    const result = await session.send(transactionOf(content), content);
    assert.equal(summary(result.recipients[0]), 'accepted 250');
  }
  await session.quit();
  assert.deepEqual(
    received.map(({ text, tls }) => [text, tls]),
    [
      ['Subject: one\r\n\r\n.dot\r\n..\r\n', 'TLSv1.3'],
      ['Subject: two\r\n\r\nno line end\r\n', 'TLSv1.3'],
    ],
  );
});

test('what is demanded of TLS is had, or there is no session', async () => {
  const { server } = await receiving({ tls: certificate });
  const clear = await receiving();
  const { port } = server;
  const pkix = (...names: string[]): CertificateDemand => ({ kind: 'pkix', names });
  const dane = (pem: string): CertificateDemand => {
    const key = new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' });
    const data = createHash('sha256').update(key).digest();
    return { kind: 'dane', names: ['mx.test'], records: [{ usage: 3, selector: 1, matching: 1, data }] };
  };
  const other = selfSignedCertificate({ names: ['mx.test'] }).cert;
  const rows: readonly (readonly [number, Target['tls'], string])[] = [
    [port, { mode: 'none' }, 'open in clear'],
    [port, { mode: 'opportunistic' }, 'open (TLS)'],
    [port, { mode: 'opportunistic', wanted: pkix('other.test') }, 'open (certificate-host-mismatch)'],
    [port, { mode: 'required', certificate: { kind: 'any' } }, 'open (TLS)'],
    [port, { mode: 'required', certificate: pkix('mx.test') }, 'open (TLS)'],
    [
      port,
      { mode: 'required', certificate: pkix('other.test') },
      'tls-failed at handshake (certificate-host-mismatch)',
    ],
    [port, { mode: 'required', certificate: dane(certificate.cert) }, 'open (TLS)'],
    [port, { mode: 'required', certificate: dane(other) }, 'tls-failed at handshake (validation-failure)'],
    [clear.server.port, { mode: 'opportunistic' }, 'open in clear (starttls-not-supported)'],
    [
      clear.server.port,
      { mode: 'required', certificate: { kind: 'any' } },
      'tls-missing at hello (starttls-not-supported)',
    ],
  ];
  for (const [port, tls, expected] of rows) {
    assert.equal(await tried(targetOf(port, { tls }), trusting), expected, JSON.stringify(tls));
  }
});

test('implicit TLS (RFC 8314 §3.3)', async () => {
  const { server, received } = await receiving({ tls: certificate }, { tls: 'implicit' });
  const demand = (name: string): Target['tls'] => ({
    mode: 'required',
    implicit: true,
    certificate: { kind: 'pkix', names: [name] },
  });
  const session = opened(await trusting.open(targetOf(server.port, { tls: demand('mx.test') })));
  const content = contentOf('Subject: hello\r\n\r\ntext\r\n');
  await session.send(transactionOf(content), content);
  await session.quit();
  assert.deepEqual(received, [{ text: 'Subject: hello\r\n\r\ntext\r\n', tls: 'TLSv1.3', user: null }]);
  assert.equal(
    await tried(targetOf(server.port, { tls: demand('other.test') }), trusting),
    'tls-failed at handshake (certificate-host-mismatch)',
  );
  const clear = await scripted('220 mx.test');
  assert.equal(
    await tried(targetOf(clear.port, { tls: demand('mx.test') }), trusting),
    'tls-failed at handshake (validation-failure)',
  );
});

test('opportunistic TLS that fails: a new connection, in clear (RFC 7435 §3)', async () => {
  const { port, heard, sockets } = await scripted('220 mx.test', {
    EHLO: '250-mx.test\r\n250 STARTTLS',
    STARTTLS: '220 go on\r\n250 not at all',
  });
  assert.equal(await tried(targetOf(port)), 'protocol at starttls');
  assert.deepEqual(heard, ['EHLO', 'STARTTLS']);
  const late = await scripted('220 mx.test', { EHLO: '250-mx.test\r\n250 STARTTLS', STARTTLS: '220 go on' });
  assert.equal(
    await tried(targetOf(late.port, { patience: { handshake: 100 } })),
    'open in clear (validation-failure)',
  );
  assert.deepEqual(late.heard, ['EHLO', 'STARTTLS', 'EHLO', 'QUIT']);
  assert.equal(late.sockets.length, 2);
  assert.equal(sockets.length, 1);
});

test('STARTTLS that is refused: on in clear, in the same session', async () => {
  const { port, heard } = await scripted('220 mx.test', {
    EHLO: '250-mx.test\r\n250 STARTTLS',
    STARTTLS: '454 4.7.0 not now',
  });
  assert.equal(await tried(targetOf(port)), 'open in clear (starttls-not-supported)');
  assert.deepEqual(heard, ['EHLO', 'STARTTLS', 'QUIT']);
  const tls = { mode: 'required', certificate: { kind: 'any' } } as const;
  assert.equal(await tried(targetOf(port, { tls })), 'tls-missing at starttls 454 (starttls-not-supported)');
});

test('a greeting that refuses is told; other addresses are tried where it is for now (RFC 5321 §5.1)', async () => {
  const rows: readonly (readonly [Step, Record<string, Step>, string, string])[] = [
    ['554 5.7.1 no', {}, 'refused at greeting 554', 'refused at greeting 554'],
    ['421 4.3.2 later', {}, 'refused at greeting 421', 'open in clear'],
    ['go', {}, 'gone at greeting', 'open in clear'],
    ['HTTP/1.1 400 Bad Request', {}, 'protocol at greeting', 'open in clear'],
    ['220 mx.test', { EHLO: 'go' }, 'gone at hello', 'open in clear'],
    ['220 mx.test', { EHLO: '550 no', HELO: '550 no' }, 'refused at hello 550', 'refused at hello 550'],
  ];
  for (const [greeting, steps, alone, withAnother] of rows) {
    const first = await scripted(greeting, steps, '127.0.0.2');
    const at = (...addresses: string[]) => ({
      at: { addresses, port: first.port },
      tls: { mode: 'none' } as const,
    });
    assert.equal(await tried(targetOf(0, at('127.0.0.2'))), alone);
    await scripted('220 mx.test', {}, '127.0.0.3', first.port);
    assert.equal(await tried(targetOf(0, at('127.0.0.2', '127.0.0.3'))), withAnother);
  }
});

test('no connection is no session, and says with which address', async () => {
  const { port } = await scripted('220 mx.test');
  const free = (await scripted('220 mx.test', {}, '127.0.0.2')).port;
  assert.notEqual(port, free);
  const refused = await transport.open(targetOf(port, { at: { addresses: ['127.0.0.9'], port } }));
  assert.equal(account(refused), 'gone at connect');
  assert.equal(refused.ok || refused.address, '127.0.0.9');
  assert.equal(await tried(targetOf(port, { at: { addresses: [], port } })), 'gone at connect');
  assert.equal(await tried(targetOf(port, { at: { addresses: ['mx.test'], port } })), 'gone at connect');
  assert.equal(await tried(targetOf(port, { at: { path: '/nowhere/at/all' } })), 'gone at connect');
});

const password: ClientCredentials = { type: 'password', user: 'tim', password: new Secret('tanstaaf') };
const token: ClientCredentials = { type: 'token', user: 'tim', token: new Secret('token-of-tim') };
const users = memoryUsers({ tim: 'tanstaaf' }, { tokens: { 'token-of-tim': 'tim' } });

test('every mechanism of authentication, those that bind to the channel included (RFC 4954 §4)', async () => {
  const kinds: Partial<Record<MechanismName, ClientCredentials>> = {
    'SCRAM-SHA-256-PLUS': password,
    'SCRAM-SHA-1-PLUS': password,
    'SCRAM-SHA-256': password,
    'SCRAM-SHA-1': password,
    PLAIN: password,
    LOGIN: password,
    OAUTHBEARER: token,
    XOAUTH2: token,
  };
  for (const mechanism of mechanismNames) {
    const credentials = kinds[mechanism];
    if (credentials === undefined) continue;
    const used: string[] = [];
    const { server } = await receiving({
      ...submission,
      tls: certificate,
      credentials: users,
      auth: { mechanisms: [mechanism] },
      authenticated: (event) => void used.push(event.mechanism),
    });
    const tls = { mode: 'required', certificate: { kind: 'any' } } as const;
    const session = opened(await transport.open(targetOf(server.port, { credentials, tls })));
    assert.equal(session.server.user, 'tim', mechanism);
    await session.quit();
    assert.deepEqual(used, [mechanism]);
    await server.destroy();
  }
});

test('authentication that fails is told apart from authentication that is not to be had', async () => {
  const { server } = await receiving({
    ...submission,
    requireTls: false,
    tls: certificate,
    credentials: users,
  });
  const wrong: ClientCredentials = { type: 'password', user: 'tim', password: new Secret('wrong') };
  assert.equal(await tried(targetOf(server.port, { credentials: wrong })), 'auth-failed at auth 535 (TLS)');
  assert.equal(
    await tried(targetOf(server.port, { credentials: token, tls: { mode: 'none' } })),
    'auth-missing at auth',
  );
});

test('LMTP on a Unix socket: a result for each recipient (RFC 2033 §4.2)', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mailwright-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'lmtp');
  const { server } = await receiving(
    {
      ...lmtp,
      rcpt: ({ to }) => (to !== 'postmaster' && to.localPart === 'eve' ? replies.noSuchUser : undefined),
      data: ({ recipients }) => ({
        write: () => {},
        end: () => recipients.map((_recipient, index) => (index === 1 ? replies.mailboxFull : replies.ok)),
        abort: () => {},
      }),
    },
    { path },
  );
  const target = targetOf(0, { at: { path }, protocol: 'lmtp', tls: { mode: 'none' } });
  const session = opened(await transport.open(target));
  assert.equal(session.address, path);
  const content = contentOf('Subject: hello\r\n\r\ntext\r\n');
  const result = await session.send(
    transactionOf(content, 'ann@mx.test', 'eve@mx.test', 'bob@mx.test'),
    content,
  );
  assert.deepEqual(result.recipients.map(summary), [
    'accepted 250',
    'refused 550 at rcpt',
    'refused 552 at end-of-data',
  ]);
  await session.quit();
  await server.destroy();
});

test('a server that stalls is left in time, at whatever stage', async () => {
  const hello = '250-mx.test\r\n250 STARTTLS';
  const rows: readonly (readonly [Step, Record<string, Step>, number, string])[] = [
    [null, {}, 11_000, 'timeout at greeting'],
    ['220 mx.test', { EHLO: null }, 12_000, 'timeout at hello'],
    ['220 mx.test', { EHLO: hello, STARTTLS: null }, 13_000, 'timeout at starttls'],
    [
      '220 mx.test',
      { EHLO: hello, STARTTLS: '220 go on' },
      14_000,
      'tls-failed at handshake (validation-failure)',
    ],
  ];
  for (const [greeting, steps, ms, expected] of rows) {
    const clock = new VirtualClock();
    const network = new VirtualNetwork({ clock, random: () => 0, latency: () => 1 });
    network.listen('192.0.2.25', 25, (socket) => talk(socket, greeting, steps));
    const begin = clock.now();
    const opening = new SmtpTransport({ clock, connect: network.from('192.0.2.1') }).open(
      targetOf(0, {
        at: { addresses: ['192.0.2.25'], port: 25 },
        tls: { mode: 'required', certificate: { kind: 'any' } },
        patience: { greeting: 11_000, hello: 12_000, starttls: 13_000, handshake: 14_000 },
      }),
    );
    let over = 0;
    void opening.then(() => {
      over = clock.now() - begin;
    });
    await clock.run();
    assert.equal(account(await opening), expected);
    assert.ok(over >= ms && over <= ms + 1100, `${expected} after ${over} ms`);
    assert.equal(clock.pending, 0);
  }
});

test('an abort ends the opening at once, at whatever stage', async () => {
  const hello = '250-mx.test\r\n250 STARTTLS';
  const rows: readonly (readonly [Step, Record<string, Step>])[] = [
    [null, {}],
    ['220 mx.test', { EHLO: null }],
    ['220 mx.test', { EHLO: hello, STARTTLS: null }],
    ['220 mx.test', { EHLO: hello, STARTTLS: '220 go on' }],
  ];
  for (const [greeting, steps] of rows) {
    const { port, sockets } = await scripted(greeting, steps);
    const opening = transport.open(targetOf(port), AbortSignal.timeout(50));
    assert.equal((await opening).ok, false);
    assert.equal(sockets.length, 1);
  }
  assert.equal((await transport.open(targetOf(1), AbortSignal.abort())).ok, false);
  const { server } = await receiving({ tls: certificate });
  const { signal } = new AbortController();
  opened(await transport.open(targetOf(server.port), signal)).destroy();
  assert.deepEqual(getEventListeners(signal, 'abort'), []);
});

test('a name to greet with that is none leaves no connection behind', async () => {
  const { port, sockets } = await scripted('220 mx.test');
  const opening = await transport.open(targetOf(port, { hostname: 'no name' }));
  assert.ok(!opening.ok);
  assert.equal(opening.failure.text, 'no host name: "no name"');
  while (sockets[0]?.closed === false) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(sockets.length, 1);
});

test('each opening is published, to those who listen', async () => {
  const { port } = await scripted('220 mx.test');
  const traces: OpeningTrace[] = [];
  const listener = (message: unknown) => void traces.push({ ...(message as OpeningTrace) });
  subscribe('tracing:mailwright:node.opening:asyncEnd', listener);
  await tried(targetOf(port, { tls: { mode: 'none' } }));
  await tried(targetOf(port, { at: { path: '/nowhere/at/all' } }));
  unsubscribe('tracing:mailwright:node.opening:asyncEnd', listener);
  await tried(targetOf(port));
  assert.deepEqual(
    traces.map(({ host, address, tls, failure }) => [host, address, tls, failure?.stage]),
    [
      ['mx.test', '127.0.0.1', null, undefined],
      ['mx.test', '/nowhere/at/all', undefined, 'connect'],
    ],
  );
});
