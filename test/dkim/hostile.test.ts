/** Messages, keys and name servers made to cost time or memory, or to upset somebody. */
import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { dkimRecord, verifyDkim } from 'mailwright/dkim';
import { type Resolver, ZoneResolver } from 'mailwright/dns';
import { parseKeyRecord } from 'mailwright/signature';
import { fuzzMessages, fuzzSignatures } from './fuzzing.ts';
import { handmade, zone } from './handmade.ts';

const signed = handmade({});
const field = signed.subarray(0, signed.indexOf('\r\n') + 2);

test('of ten thousand signatures ten are looked at, with ten questions at most', async () => {
  const brief = (at: number) =>
    `DKIM-Signature: v=1;a=rsa-sha256;d=example.com;s=k${at};h=from;bh=AA==;b=AA==\r\n`;
  const many = Array.from({ length: 10_000 }, (_, at) => brief(at)).join('');
  const resolver = new ZoneResolver({});
  const verdicts = await verifyDkim(Buffer.from(many + signed), { resolver });
  assert.equal(verdicts.length, 11);
  assert.deepEqual(verdicts.at(-1), { status: 'neutral', reason: 'too-many-signatures' });
  assert.equal(
    [...resolver.queries.values()].reduce((sum, count) => sum + count, 0),
    10,
  );
});

test('a key that several signatures name is asked for once', async () => {
  const resolver = new ZoneResolver({});
  await verifyDkim(Buffer.from(`${field}`.repeat(9) + signed), { resolver });
  assert.deepEqual([...resolver.queries], [['TXT rsa._domainkey.example.com', 1]]);
});

test('a flood of fields does not hide the signature, nor one past the limit crash', async () => {
  const [verdict] = await verifyDkim(
    Buffer.concat([signed.subarray(0, -13), Buffer.from('X: y\r\n'.repeat(1000)), signed.subarray(-13)]),
    { resolver: zone },
  );
  assert.equal(verdict?.status, 'pass');
  const flood = Buffer.concat([Buffer.from('X: y\r\n'.repeat(50_000)), signed]);
  assert.equal((await verifyDkim(flood, { resolver: zone }))[0]?.reason, 'no-signature');
});

test('of a header section without end no signature is looked at, and nothing is kept', async () => {
  async function* endless() {
    yield signed.subarray(0, -13);
    for (let count = 0; count < 40; count++) yield Buffer.alloc(65_536, 'a');
  }
  assert.deepEqual(await verifyDkim(endless(), { resolver: zone }), [
    { status: 'permerror', reason: 'header-too-large' },
  ]);
});

test('names in h= beyond all reason are refused, and many of them cost one walk', async () => {
  const names = (count: number) => handmade({ tags: { h: `from:${'a:'.repeat(count)}subject` } });
  assert.equal((await verifyDkim(names(100_000), { resolver: zone }))[0]?.reason, 'bad-number');
  assert.equal((await verifyDkim(names(900), { resolver: zone }))[0]?.status, 'pass');
});

test('keys of absurd size or exponent are not used', () => {
  assert.equal(parseKeyRecord(`p=${'A'.repeat(100_000)}`), 'huge-key');
  const slow = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const jwk = slow.publicKey.export({ format: 'jwk' });
  // As long an exponent as the modulus makes a check as slow as making a signature.
  const publicKey = createPublicKey({ key: { ...jwk, e: jwk.n ?? '' }, format: 'jwk' });
  assert.equal(parseKeyRecord(dkimRecord(publicKey)), 'huge-key');
});

test('a resolver that breaks its promise costs a verdict, not the process', async () => {
  const resolver: Resolver = {
    resolve: () => Promise.reject(new Error('a resolver never rejects')),
  };
  assert.deepEqual((await verifyDkim(signed, { resolver }))[0]?.reason, 'lookup');
});

test('records by the thousand under one name are not all read', async () => {
  const resolver = new ZoneResolver({
    'rsa._domainkey.example.com': {
      TXT: Array.from({ length: 5000 }, (_, at) => `v=spf1 ip4:192.0.2.${at} -all`),
    },
  });
  assert.equal((await verifyDkim(signed, { resolver }))[0]?.reason, 'not-a-key');
});

test('any octets get a verdict of RFC 8601 with its reason, and never throw', () => fuzzSignatures(2000));

test('one changed octet of a signed message gets a verdict too', () => fuzzMessages(2000));
