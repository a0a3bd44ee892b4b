import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { decodeBase64 } from 'mailwright/bytes';
import { Secret } from 'mailwright/machine';
import {
  type ClientCredentials,
  type ClientStep,
  type MechanismName,
  type ServerStep,
  startClient,
  startServer,
} from 'mailwright/sasl';
import { clientOptions, counting, hostOf, serverOptions } from './conversation.ts';

const bytes = (text: string) => Buffer.from(text, 'utf8');

function sent(step: ClientStep): string {
  assert.ok(step.type === 'response', `${step.type} in place of a response`);
  return step.response.reveal();
}

const text = (step: ClientStep) => Buffer.from(sent(step), 'base64').toString('utf8');

function question(step: ServerStep) {
  assert.ok(step.type === 'ask', `${step.type} in place of a question`);
  return step.question;
}

const clear = { ...clientOptions, tls: null, offered: [], allowCleartext: true };

test('SCRAM: the exchanges of RFC 5802 §5 and RFC 7677 §3, as the client', () => {
  const vectors = [
    {
      mechanism: 'SCRAM-SHA-1',
      nonce: 'fyko+d2lbbFgONRv9qkxdawL',
      serverFirst: 'r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096',
      clientFinal: 'c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=',
      serverFinal: 'v=rmF9pqV8S7suAoZWja4dJRkFsKQ=',
    },
    {
      mechanism: 'SCRAM-SHA-256',
      nonce: 'rOprNGfwEbeRWgbNEkqO',
      serverFirst: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
      clientFinal:
        'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
      serverFinal: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
    },
  ] as const;
  for (const { mechanism, nonce, serverFirst, clientFinal, serverFinal } of vectors) {
    const client = startClient(
      mechanism,
      { type: 'password', user: 'user', password: new Secret('pencil') },
      { ...clear, random: () => decodeBase64(nonce) ?? counting(0) },
    );
    assert.equal(text(client.step), `n,,n=user,r=${nonce}`);
    assert.equal(text(client.respond(bytes(serverFirst))), clientFinal);
    assert.equal(text(client.respond(bytes(serverFinal))), '');
    assert.deepEqual(client.succeed(null), { type: 'done' });
  }
});

/** SCRAM by the formulas of RFC 5802 §3 alone, with nothing of ours. */
async function independentProof(
  hash: 'SHA-1' | 'SHA-256',
  password: string,
  salt: Buffer,
  i: number,
  authMessage: string,
) {
  const { subtle } = globalThis.crypto;
  const key = await subtle.importKey('raw', bytes(password), 'PBKDF2', false, ['deriveBits']);
  const bits = hash === 'SHA-1' ? 160 : 256;
  const salted = await subtle.deriveBits({ name: 'PBKDF2', hash, salt, iterations: i }, key, bits);
  const hmac = async (raw: ArrayBuffer, message: string) =>
    subtle.sign(
      'HMAC',
      await subtle.importKey('raw', raw, { name: 'HMAC', hash }, false, ['sign']),
      bytes(message),
    );
  const clientKey = Buffer.from(await hmac(salted, 'Client Key'));
  const signature = Buffer.from(await hmac(await subtle.digest(hash, clientKey), authMessage));
  return {
    proof: Buffer.from(clientKey.map((octet, at) => octet ^ (signature[at] ?? 0))).toString('base64'),
    verifier: Buffer.from(await hmac(await hmac(salted, 'Server Key'), authMessage)).toString('base64'),
  };
}

test('SCRAM: the server takes the proof that RFC 5802 §3 computes, and gives its verifier', async () => {
  for (const hash of ['SHA-1', 'SHA-256'] as const) {
    const server = startServer(`SCRAM-${hash}`, bytes('n,,n=user,r=abc'), {
      ...serverOptions,
      successData: true,
    });
    const first = server.answer(question(server.step), hostOf('user', 'pencil')(question(server.step)));
    assert.ok(first.type === 'challenge');
    const nonce = `abc${Buffer.from(counting(18)).toString('base64')}`;
    const salt = Buffer.from(counting(16));
    const serverFirst = `r=${nonce},s=${salt.toString('base64')},i=4096`;
    assert.equal(Buffer.from(first.data).toString(), serverFirst);
    const withoutProof = `c=biws,r=${nonce}`;
    const { proof, verifier } = await independentProof(
      hash,
      'pencil',
      salt,
      4096,
      `n=user,r=abc,${serverFirst},${withoutProof}`,
    );
    assert.deepEqual(server.respond(bytes(`${withoutProof},p=${proof}`)), {
      type: 'success',
      identity: { user: 'user' },
      data: bytes(`v=${verifier}`),
    });
  }
});

test('PLAIN: the messages of RFC 4616 §4, both ways', () => {
  const messages = [
    ['\0tim\0tanstaaftanstaaf', { user: 'tim', password: 'tanstaaftanstaaf' }],
    ['Ursel\0Kurt\0xipj3plmq', { user: 'Kurt', password: 'xipj3plmq', authzid: 'Ursel' }],
  ] as const;
  for (const [message, { password, ...names }] of messages) {
    const credentials = { type: 'password', ...names, password: new Secret(password) } as const;
    assert.equal(text(startClient('PLAIN', credentials, clear).step), message);
    const asked = question(startServer('PLAIN', bytes(message), serverOptions).step);
    assert.ok(asked.type === 'verifyPassword');
    assert.equal(asked.authcid, names.user);
    assert.equal(asked.authzid, 'authzid' in names ? names.authzid : null);
    assert.equal(asked.password.reveal(), password);
  }
});

test('OAUTHBEARER: the exchanges of RFC 7628 §4.1 and §4.3, both ways', () => {
  const message =
    'bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB';
  const status =
    'eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIiwic2NvcGUiOiJleGFtcGxlX3Njb3BlIiwib3BlbmlkLWNvbmZpZ3VyYXRpb24iOiJodHRwczovL2V4YW1wbGUuY29tLy53ZWxsLWtub3duL29wZW5pZC1jb25maWd1cmF0aW9uIn0=';
  const refusal = {
    status: 'invalid_token',
    scope: 'example_scope',
    openidConfiguration: 'https://example.com/.well-known/openid-configuration',
  };

  const server = startServer('oauthbearer', Buffer.from(message, 'base64'), serverOptions);
  const asked = question(server.step);
  assert.ok(asked.type === 'verifyToken');
  const { token, ...rest } = asked;
  assert.equal(token.reveal(), 'vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==');
  assert.deepEqual(rest, {
    type: 'verifyToken',
    mechanism: 'OAUTHBEARER',
    authzid: 'user@example.com',
    host: 'server.example.com',
    port: 143,
  });
  const step = server.answer(asked, { type: 'refused', status: refusal });
  assert.deepEqual(step, { type: 'challenge', data: Buffer.from(status, 'base64') });
  const end = server.respond(bytes('\x01'));
  assert.ok(end.type === 'failure' && end.failure.reason === 'refused');

  const client = startClient(
    'OAUTHBEARER',
    { type: 'token', user: 'user@example.com', token, host: 'server.example.com', port: 143 },
    clear,
  );
  assert.equal(sent(client.step), message);
  assert.equal(text(client.respond(Buffer.from(status, 'base64'))), '\x01');
  assert.deepEqual(client.refused().failure.status, refusal);
});

test("XOAUTH2: Google's sample, both ways", () => {
  const message =
    'dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ==';
  const status =
    'eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIG1hYyIsInNjb3BlIjoiaHR0cHM6Ly9tYWlsLmdvb2dsZS5jb20vIn0K';
  const asked = question(startServer('XOAUTH2', Buffer.from(message, 'base64'), serverOptions).step);
  assert.ok(asked.type === 'verifyToken');
  assert.equal(asked.authzid, 'someuser@example.com');
  const client = startClient(
    'XOAUTH2',
    { type: 'token', user: 'someuser@example.com', token: asked.token },
    clear,
  );
  assert.equal(sent(client.step), message);
  assert.equal(text(client.respond(Buffer.from(status, 'base64'))), '');
  assert.deepEqual(client.refused().failure.status, { status: '401', scope: 'https://mail.google.com/' });
});

test('CRAM-MD5: the digest of RFC 2195 §2', () => {
  const client = startClient(
    'CRAM-MD5',
    { type: 'password', user: 'tim', password: new Secret('tanstaaftanstaaf') },
    clear,
  );
  assert.deepEqual(client.step, { type: 'wait' });
  const response = client.respond(bytes('<1896.697170952@postoffice.reston.mci.net>'));
  assert.equal(text(response), 'tim b913a602c7eda7a495b4e6e7334d3890');
});

test('LOGIN, EXTERNAL and ANONYMOUS: first messages as they are seen everywhere', () => {
  const login = startServer('LOGIN', null, serverOptions);
  assert.deepEqual(login.step, { type: 'challenge', data: Buffer.from('VXNlcm5hbWU6', 'base64') });
  assert.deepEqual(login.respond(bytes('tim')), {
    type: 'challenge',
    data: Buffer.from('UGFzc3dvcmQ6', 'base64'),
  });

  const firsts: readonly [MechanismName, ClientCredentials, string][] = [
    // RFC 4422 §A.2 and RFC 4505 §4.
    ['EXTERNAL', { type: 'external', authzid: 'fred@example.com' }, 'ZnJlZEBleGFtcGxlLmNvbQ=='],
    ['EXTERNAL', { type: 'external' }, ''],
    ['ANONYMOUS', { type: 'anonymous', trace: 'sirhc' }, 'c2lyaGM='],
  ];
  for (const [mechanism, credentials, first] of firsts) {
    assert.equal(sent(startClient(mechanism, credentials, clientOptions).step), first);
  }
});
