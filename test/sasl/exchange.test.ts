import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { MachineMisuse, Secret, type TlsInfo } from 'mailwright/machine';
import {
  accepted,
  type ClientStep,
  chooseMechanism,
  type FindScramKeys,
  type MechanismName,
  mechanismNames,
  offeredMechanisms,
  refused,
  type ServerExchange,
  type ServerStep,
  scramKeys,
  startClient,
  startServer,
  temporary,
  UnpreparableText,
  type VerifyPassword,
} from 'mailwright/sasl';
import {
  clientOptions,
  converse,
  counting,
  credentialsFor,
  hostOf,
  serverOptions,
  tls,
} from './conversation.ts';

const message = Buffer.from('\0tim\0pencil');
const password = { type: 'password', user: 'tim', password: new Secret('pencil') } as const;
const { clientCertificate: _, channelBindings: __, ...bareTls } = tls;
const clear = { tls: null } as const;

test('offering: what a connection lacks is not advertised', () => {
  const scram: readonly MechanismName[] = ['SCRAM-SHA-256', 'SCRAM-SHA-1'];
  const plus: readonly MechanismName[] = ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-1-PLUS'];
  const cleartext: readonly MechanismName[] = ['OAUTHBEARER', 'XOAUTH2', 'PLAIN', 'LOGIN'];
  const unproven: TlsInfo = {
    ...bareTls,
    clientCertificate: { ...tls.clientCertificate!, authorized: false },
  };
  const cases = [
    ['in clear', {}, [...scram, 'ANONYMOUS']],
    ['in clear, and the host allows it', { allowCleartext: true }, [...scram, ...cleartext, 'ANONYMOUS']],
    ['TLS', { tls: bareTls }, [...scram, ...cleartext, 'ANONYMOUS']],
    [
      'TLS with a certificate that nobody vouches for',
      { tls: unproven },
      [...scram, ...cleartext, 'ANONYMOUS'],
    ],
    [
      'TLS with a certificate and bindings',
      { tls },
      ['EXTERNAL', ...plus, ...scram, ...cleartext, 'ANONYMOUS'],
    ],
    ['CRAM-MD5 by its name', { allowCramMd5: true }, [...scram, 'CRAM-MD5', 'ANONYMOUS']],
  ] as const;
  for (const [name, options, offered] of cases) {
    assert.deepEqual(offeredMechanisms({ mechanisms: mechanismNames, ...options }), offered, name);
  }
  assert.deepEqual(offeredMechanisms({ mechanisms: ['LOGIN', 'PLAIN'], tls }), ['PLAIN', 'LOGIN']);
});

test('starting: what is not offered is not to be had either', () => {
  const cases = [
    ['GSSAPI', {}, 'unsupported'],
    ['', {}, 'unsupported'],
    ['constructor', {}, 'unsupported'],
    ['PLAIN', { mechanisms: ['LOGIN'] }, 'unsupported'],
    ['PLAIN', clear, 'encryption-required'],
    ['LOGIN', clear, 'encryption-required'],
    ['OAUTHBEARER', clear, 'encryption-required'],
    ['EXTERNAL', { tls: bareTls }, 'unsupported'],
    ['SCRAM-SHA-256-PLUS', { tls: bareTls }, 'unsupported'],
    ['CRAM-MD5', { allowCramMd5: false }, 'unsupported'],
  ] as const;
  for (const [mechanism, options, reason] of cases) {
    const { step } = startServer(mechanism, message, { ...serverOptions, ...options });
    assert.ok(step.type === 'failure' && step.failure.reason === reason, mechanism);
  }
});

test('starting: an empty initial response is not an absent one (RFC 4422 §4, RFC 4954 §4)', () => {
  const empty = new Uint8Array(0);
  const start = (mechanism: string, initial: Uint8Array | null) =>
    startServer(mechanism, initial, serverOptions).step.type;
  // [mechanism, absent, empty]
  const rows = [
    ['PLAIN', 'challenge', 'failure'],
    ['EXTERNAL', 'challenge', 'ask'],
    ['ANONYMOUS', 'challenge', 'ask'],
    ['CRAM-MD5', 'challenge', 'failure'],
    ['SCRAM-SHA-256', 'challenge', 'failure'],
  ] as const;
  for (const [mechanism, absent, present] of rows) {
    assert.equal(start(mechanism, null), absent, mechanism);
    assert.equal(start(mechanism, empty), present, mechanism);
  }
});

test('the name of a mechanism is read in any case, and told in its own', () => {
  assert.equal(startServer('scram-sha-256-plus', null, serverOptions).mechanism, 'SCRAM-SHA-256-PLUS');
});

/** A good SCRAM exchange up to the server's last message, and then this reply to it. */
function endOfScram(reply: string): ServerExchange {
  const client = startClient('SCRAM-SHA-1', password, clientOptions);
  const octetsOf = (step: ClientStep) =>
    Buffer.from(step.type === 'response' ? step.response.reveal() : '', 'base64');
  const dataOf = (step: ServerStep) => (step.type === 'challenge' ? step.data : Buffer.of());
  const server = startServer('SCRAM-SHA-1', octetsOf(client.step), serverOptions);
  assert.ok(server.step.type === 'ask');
  const { question } = server.step;
  const first = server.answer(question, hostOf('tim', 'pencil')(question));
  server.respond(octetsOf(client.respond(dataOf(first))));
  server.respond(Buffer.from(reply));
  return server;
}

test('the last message of the server wants an empty reply (RFC 4422 §5)', () => {
  assert.deepEqual(endOfScram('').step, { type: 'success', identity: { user: 'tim' } });
  const { step } = endOfScram('x');
  assert.ok(step.type === 'failure' && step.failure.reason === 'malformed');
});

test('cancelling ends an exchange that is under way, and no other (RFC 4422 §3.5)', () => {
  const waiting = startServer('PLAIN', null, serverOptions);
  const asking = startServer('PLAIN', message, serverOptions);
  for (const server of [waiting, asking]) {
    const step = server.cancel();
    assert.ok(step.type === 'failure' && step.failure.reason === 'cancelled');
  }
  const failed = startServer('PLAIN', new Uint8Array(0), serverOptions);
  assert.equal(failed.cancel(), failed.step);
  const done = endOfScram('');
  assert.equal(done.cancel().type, 'success');
});

test('a host that misuses an exchange is told so', () => {
  const server = startServer('PLAIN', message, serverOptions);
  const twin = startServer('PLAIN', message, serverOptions);
  const { step } = server;
  assert.ok(step.type === 'ask' && step.question.type === 'verifyPassword');
  const { question } = step;
  const keys = {
    type: 'keys',
    keys: scramKeys('pencil', { hash: 'SHA-1', salt: counting(16), iterations: 1 }),
    identity: { user: 'tim' },
  } as const;
  const misuses = [
    () => server.respond(message),
    () => twin.answer(question, refused),
    () => server.answer(question, keys as never),
    () => startClient('PLAIN', { type: 'anonymous' }, clientOptions),
    () => startClient('OAUTHBEARER', password, clientOptions),
  ];
  for (const misuse of misuses) assert.throws(misuse, MachineMisuse, misuse.toString());
  assert.equal(server.step, step, 'and the exchange goes on');
  assert.equal(server.answer(question, accepted('tim')).type, 'success');
  assert.throws(() => server.answer(question, accepted('tim')), MachineMisuse, 'answered twice');
  assert.throws(() => server.respond(message), MachineMisuse, 'after the end');
});

test('an answer to another kind of question does not compile', () => {
  const pairs = (server: ServerExchange, plain: VerifyPassword, scram: FindScramKeys) => {
    server.answer(plain, accepted('tim'));
    server.answer(plain, refused);
    server.answer(scram, temporary);
    // @ts-expect-error: SCRAM needs keys, the host's word is not enough
    server.answer(scram, accepted('tim'));
    // @ts-expect-error: a status is about tokens
    server.answer(plain, { type: 'refused', status: { status: 'invalid_token' } });
    // @ts-expect-error: there is no such answer
    server.answer(plain, true);
  };
  assert.equal(typeof pairs, 'function');
});

test('no step, question or failure shows a secret', () => {
  const secret = 'hunter2-hunter2';
  const forms = [
    secret,
    Buffer.from(secret).toString('base64').slice(0, 18),
    Buffer.from(`x${secret}`).toString('base64').slice(4, 18),
    Buffer.from(`xx${secret}`).toString('base64').slice(4, 18),
    Buffer.from(secret).toString('hex'),
    inspect(Buffer.from(secret)).slice(8, 40),
  ];
  for (const mechanism of mechanismNames) {
    for (const decide of [hostOf('tim', secret), () => refused]) {
      const credentials = credentialsFor(mechanism, 'tim', secret);
      const { steps } = converse({ mechanism, credentials, decide });
      const server = startServer(mechanism, null, serverOptions);
      const client = startClient(mechanism, credentials, clientOptions);
      const shown = [steps, server, client, credentials].flatMap((value) => [
        inspect(value, { depth: 9, showHidden: true }),
        JSON.stringify(value),
      ]);
      for (const text of shown) {
        for (const form of forms) assert.ok(!text.includes(form), `${mechanism} shows ${form}`);
      }
    }
  }
});

test('choosing: the strongest that both have and the connection permits', () => {
  const token = { type: 'token', user: 'tim', token: new Secret('abc') } as const;
  const everything = [...mechanismNames, 'GSSAPI', 'DIGEST-MD5'];
  const cases = [
    [everything, password, { tls }, 'SCRAM-SHA-256-PLUS'],
    [everything, password, { tls: bareTls }, 'SCRAM-SHA-256'],
    [everything, password, clear, 'SCRAM-SHA-256'],
    [['scram-sha-1', 'PLAIN'], password, { tls }, 'SCRAM-SHA-1'],
    [['LOGIN', 'PLAIN'], password, { tls: bareTls }, 'PLAIN'],
    [['LOGIN', 'PLAIN'], password, clear, null],
    [['LOGIN', 'PLAIN'], password, { allowCleartext: true }, 'PLAIN'],
    [['CRAM-MD5', 'PLAIN'], password, clear, null],
    [['CRAM-MD5', 'PLAIN'], password, { allowCramMd5: true }, 'CRAM-MD5'],
    [['CRAM-MD5', 'PLAIN'], password, { tls, allowCramMd5: true }, 'PLAIN'],
    [everything, token, { tls }, 'OAUTHBEARER'],
    [['XOAUTH2', 'PLAIN'], token, { tls }, 'XOAUTH2'],
    [['PLAIN'], token, { tls }, null],
    [everything, { type: 'external' }, { tls: bareTls }, 'EXTERNAL'],
    [everything, { type: 'external' }, clear, null],
    [everything, { type: 'anonymous' }, clear, 'ANONYMOUS'],
    [[], password, { tls }, null],
    [['GSSAPI'], password, { tls }, null],
  ] as const;
  for (const [offered, credentials, surroundings, chosen] of cases) {
    const name = `${credentials.type} of ${offered.join(' ')}`;
    assert.equal(chooseMechanism(offered, credentials, surroundings), chosen, name);
  }
});

test('a client sends no password in clear, whatever it is told to use', () => {
  const { step } = startClient('PLAIN', password, { ...clientOptions, tls: null });
  assert.ok(step.type === 'failure' && step.failure.reason === 'encryption-required');
});

test('keys are stored as JSON, and a password that cannot be prepared has none', () => {
  const options = {
    hash: 'SHA-256',
    salt: Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'),
    iterations: 4096,
  } as const;
  // RFC 7677 §3: the keys that the vector's exchange rests on.
  assert.deepEqual(JSON.parse(JSON.stringify(scramKeys('pencil', options))), {
    hash: 'SHA-256',
    salt: 'W22ZaJ0SNY7soEsUEjb6gQ==',
    iterations: 4096,
    storedKey: 'WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=',
    serverKey: 'wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
  });
  assert.deepEqual(scramKeys('\u2168', options), scramKeys('IX', options), 'prepared (RFC 5802 §2.2)');
  for (const bad of ['', '\u0007', '\u00ad']) assert.throws(() => scramKeys(bad, options), UnpreparableText);
});
