import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnpreparableText } from 'mailwright/sasl';
import { hashPassword, UnreadableHash, verifyHash } from 'mailwright/users';

const cheap = { memory: 64, passes: 1 };

test('a hash takes its password and no other', async () => {
  const stored = hashPassword('correct horse', cheap);
  assert.match(stored, /^\$argon2id\$v=19\$m=64,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assert.equal(await verifyHash(stored, 'correct horse'), true);
  assert.equal(await verifyHash(stored, 'correct horse\u00ad'), true, 'prepared (RFC 4013 §2.1)');
  for (const wrong of ['correct hors', 'Correct horse', '', '\u0007']) {
    assert.equal(await verifyHash(stored, wrong), false, wrong);
  }
});

test('each hash has a salt of its own', () => {
  assert.notEqual(hashPassword('x', cheap), hashPassword('x', cheap));
});

test('the default cost stands in the hash', () => {
  assert.match(hashPassword('x'), /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
});

test('a hash of the reference implementation is read (RFC 9106)', async () => {
  // Its vector for "password", "somesalt", two passes over 64 MiB.
  const stored = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
  assert.equal(await verifyHash(stored, 'password'), true);
  assert.equal(await verifyHash(stored, 'passwore'), false);
});

test('what is no such hash is a fault of the store, and is not shown', async () => {
  const unreadable = ['', 'x', '$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AAAA', '$2b$12$secret-bcrypt-hash'];
  for (const stored of unreadable) {
    await assert.rejects(verifyHash(stored, 'x'), (error) => {
      assert.ok(error instanceof UnreadableHash);
      assert.ok(stored === '' || stored === 'x' || !error.message.includes(stored));
      return true;
    });
  }
});

test('a password that cannot be prepared is not stored', () => {
  for (const bad of ['', '\u0007']) assert.throws(() => hashPassword(bad, cheap), UnpreparableText);
});
