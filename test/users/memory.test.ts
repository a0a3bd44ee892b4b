import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { Secret, type TlsInfo } from 'mailwright/machine';
import { UnpreparableText, type VerifyPassword } from 'mailwright/sasl';
import { credentialsSuite } from 'mailwright/testing';
import { answerQuestion, mechanismsFor, memoryUsers, userRecord } from 'mailwright/users';

/** A cost for tests only. */
const cheap = { memory: 64, passes: 1, iterations: 4096 };
const everything = { tokens: { 'token-of-tim': 'tim' }, certificates: { 'AB:CD': 'tim' }, anonymous: true };

const passwordOf = (authcid: string, password: string, authzid: string | null = null): VerifyPassword => ({
  type: 'verifyPassword',
  mechanism: 'PLAIN',
  authcid,
  authzid,
  password: new Secret(password),
});

const credentials = memoryUsers(
  { tim: 'tanstaaf', 'j\u00f6rg': '\u{1f600} pass' },
  { ...cheap, ...everything },
);
const known = [
  { credentials, user: 'tim', password: 'tanstaaf', token: 'token-of-tim' },
  { credentials, user: 'j\u00f6rg', password: '\u{1f600} pass' },
  { credentials: memoryUsers({ tim: 'a' }, cheap), user: 'tim', password: 'a' },
];
for (const under of known) {
  for (const { name, skip, run } of credentialsSuite(under)) {
    test(`memory users: ${name} (${under.user})`, { skip }, run);
  }
}

test('memory users: each part that is given opens its mechanisms', () => {
  const scram = ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-1-PLUS', 'SCRAM-SHA-256', 'SCRAM-SHA-1'];
  assert.deepEqual(mechanismsFor(memoryUsers({}, cheap)), [...scram, 'PLAIN', 'LOGIN']);
  assert.deepEqual(mechanismsFor(credentials), [
    'EXTERNAL',
    ...scram,
    'OAUTHBEARER',
    'XOAUTH2',
    'PLAIN',
    'LOGIN',
    'ANONYMOUS',
  ]);
});

test('memory users: certificates and nobody', async () => {
  const tls = (fingerprint256: string): TlsInfo => ({
    version: 'TLSv1.3',
    cipher: 'TLS_AES_256_GCM_SHA384',
    clientCertificate: { authorized: true, subject: 'CN=tim', fingerprint256 },
  });
  const external = (fingerprint: string, authzid: string | null) =>
    answerQuestion(credentials, { type: 'external', authzid, tls: tls(fingerprint) });
  assert.deepEqual(await external('AB:CD', null), { type: 'accepted', identity: { user: 'tim' } });
  assert.deepEqual(await external('AB:CD', 'root'), { type: 'refused', reason: 'authorization' });
  assert.equal((await external('AB:CE', null)).type, 'refused');
  const anonymous = await answerQuestion(credentials, { type: 'anonymous', trace: 'sirhc' });
  assert.deepEqual(anonymous, { type: 'accepted', identity: { user: 'anonymous' } });
});

test('memory users: a record may allow acting for others (RFC 4616 §2)', async () => {
  const users = memoryUsers({ admin: { ...userRecord('x', cheap), actsFor: ['tim'] } }, cheap);
  assert.deepEqual(await answerQuestion(users, passwordOf('admin', 'x', 'tim')), {
    type: 'accepted',
    identity: { user: 'tim', actor: 'admin' },
  });
  const stranger = await answerQuestion(users, passwordOf('admin', 'x', 'kurt'));
  assert.deepEqual(stranger, { type: 'refused', reason: 'authorization' });
});

test('memory users: a record goes through JSON, and holds no password', async () => {
  const record = JSON.parse(JSON.stringify(userRecord('tanstaaf', cheap)));
  const users = memoryUsers({ tim: record }, cheap);
  assert.equal((await answerQuestion(users, passwordOf('tim', 'tanstaaf'))).type, 'accepted');
  for (const text of [JSON.stringify(record), inspect(users, { depth: 9, showHidden: true })]) {
    assert.ok(!text.includes('tanstaaf'));
  }
});

test('memory users: names and passwords are prepared, and must stand it', async () => {
  const users = memoryUsers({ '\u2168': 'p\u00adw' }, cheap);
  assert.equal((await answerQuestion(users, passwordOf('IX', 'pw'))).type, 'accepted');
  for (const bad of [{ '': 'x' }, { tim: '' }, { tim: '\u0007' }, { '\ud800': 'x' }]) {
    assert.throws(() => memoryUsers(bad, cheap), UnpreparableText);
  }
});

test('a store that lacks the function answers "not now", and opens no mechanism', async () => {
  assert.deepEqual(mechanismsFor({}), []);
  assert.deepEqual(await answerQuestion({}, passwordOf('tim', 'x')), { type: 'temporary' });
  const scramKeys = () => ({ type: 'refused' }) as const;
  assert.deepEqual(mechanismsFor({ scramKeys, scramHashes: ['SHA-256'] }), [
    'SCRAM-SHA-256-PLUS',
    'SCRAM-SHA-256',
  ]);
  const cramPassword = scramKeys;
  assert.deepEqual(mechanismsFor({ cramPassword }), ['CRAM-MD5']);
});
