/** One signature, one verdict: every reason, and what leads to it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DkimPolicy, type DkimReason, dkimReasons, verifyDkim } from 'mailwright/dkim';
import { body, fields, type Handmade, handmade, zone } from './handmade.ts';

const seconds = 1_800_000_000;
const now = () => seconds * 1000;

async function verdictOf(message: Buffer, policy: DkimPolicy = {}) {
  const verdicts = await verifyDkim(message, { resolver: zone, policy, now });
  assert.equal(verdicts.length, 1);
  return verdicts[0]!;
}

const cut = (hashed: string) => ({ hashed, tags: { l: String(hashed.length) } });

const passing: readonly (readonly [what: string, make: Handmade, policy?: DkimPolicy])[] = [
  ['RSA of 2048 bits', {}],
  ['RSA of 1024 bits (RFC 8301 §3.2)', { key: 'rsa1024', tags: { s: 'small' } }],
  ['Ed25519 (RFC 8463 §3)', { key: 'ed25519', tags: { s: 'ed' } }],
  ['a key in the form of PKCS #1', { tags: { s: 'pkcs1' } }],
  ['a key beside a record of another kind', { tags: { s: 'beside-spf' } }],
  ['a key that allows this hash function', { tags: { s: 'sha256only' } }],
  ['a domain in capitals', { tags: { d: 'EXAMPLE.com' } }],
  ['an identity below the domain', { tags: { i: 'alice@mail.example.com' } }],
  ['a quoted identity (RFC 6376 §2.11)', { tags: { i: '=61lice@example=2Ecom' } }],
  ['the identity of a strict key', { tags: { s: 'strict', i: 'alice@example.com' } }],
  ['several ways to query', { tags: { q: 'dns/other:dns/txt' } }],
  ['unknown tags', { tags: { foo: 'bar', z: 'From:x@example.com' } }],
  [
    'white space everywhere (RFC 6376 §3.2)',
    { tags: { ' a ': ' rsa-sha256 ', a: null, h: ' From : \r\n\tSubject ' } },
  ],
  ['a name more often than there are fields of it', { tags: { h: 'from:from:subject:x-none' } }],
  ['l= for the whole body', cut(body)],
  ['an end that is to come', { tags: { t: String(seconds - 10), x: String(seconds + 10) } }],
  ['an end that was just now', { tags: { x: String(seconds - 299) } }],
  ['SHA-1 where that is wanted', { tags: { a: 'rsa-sha1' } }, { sha1: true }],
  ['RSA of 768 bits where that is wanted', { key: 'rsa768', tags: { s: 'tiny' } }, { rsaBits: 768 }],
  ['part of the body where that is wanted', cut('Hello'), { unsignedBody: true }],
  ['the form of a draft where that is wanted', { tags: { v: '0.5' } }, { drafts: true }],
];

for (const [what, make, policy] of passing) {
  test(`pass: ${what}`, async () => {
    const { status, reason } = await verdictOf(handmade(make), policy);
    assert.deepEqual([status, reason], ['pass', undefined]);
  });
}

const refused: readonly (readonly [reason: DkimReason, what: string, make: Handmade])[] = [
  ['bad-tags', 'a tag twice', { tags: { ' v ': '1' } }],
  ['bad-tags', 'a tag without a value sign', { spoil: (field) => field.replace('v=1;', 'v;') }],
  ['bad-tags', 'no tags', { spoil: () => 'DKIM-Signature:\r\n' }],
  ['missing-tag', 'no version', { tags: { v: null } }],
  ['missing-tag', 'no algorithm', { tags: { a: null } }],
  ['missing-tag', 'an empty domain', { tags: { d: '' } }],
  ['missing-tag', 'no names of fields', { tags: { h: null } }],
  ['missing-tag', 'an empty body hash', { tags: { bh: '' } }],
  ['missing-tag', 'an empty signature', { spoil: (field) => field.replace(/b=[^;]*$/, 'b=\r\n') }],
  ['bad-version', 'version 2', { tags: { v: '2' } }],
  ['unknown-algorithm', 'MD5', { tags: { a: 'rsa-md5' } }],
  ['unknown-canonicalization', 'nowsp', { tags: { c: 'nowsp' } }],
  ['unknown-canonicalization', 'a property of objects', { tags: { c: 'constructor' } }],
  ['unknown-query', 'another protocol', { tags: { q: 'http/txt' } }],
  ['bad-domain', 'stars', { tags: { d: '*.com' } }],
  ['bad-domain', 'one label', { tags: { d: 'com' } }],
  ['bad-domain', 'a selector with a slash', { tags: { s: 'a/b' } }],
  ['bad-domain', 'a domain that IDNA refuses (RFC 8616 §5)', { tags: { d: '\u00b8.com' } }],
  ['bad-base64', 'a body hash with a star', { tags: { bh: '*' } }],
  ['bad-base64', 'padding inside', { spoil: (field) => field.replace(/\r\n$/, '=A\r\n') }],
  ['bad-number', 'a time in words', { tags: { t: 'noon' } }],
  ['bad-number', 'an end before the beginning', { tags: { t: '200', x: '100' } }],
  ['bad-number', 'a negative length', { tags: { l: '-1' } }],
  ['bad-identity', 'an identity of another domain', { tags: { i: 'alice@example.org' } }],
  ['bad-identity', 'a domain that only ends alike', { tags: { i: 'alice@badexample.com' } }],
  ['bad-identity', 'no domain', { tags: { i: 'alice' } }],
  ['from-not-signed', 'From is not in h= (RFC 6376 §5.4)', { tags: { h: 'subject' } }],
  ['expired', 'an end long ago', { tags: { x: String(seconds - 301) } }],
  ['from-the-future', 'a time to come', { tags: { t: String(seconds + 301) } }],
  ['no-key', 'no such name', { tags: { s: 'nowhere' } }],
  ['not-a-key', 'a record of SPF', { tags: { s: 'spf' } }],
  ['not-a-key', 'a version that is not first (RFC 6376 §3.6.1)', { tags: { s: 'late-v' } }],
  ['several-keys', 'two keys', { tags: { s: 'two' } }],
  ['revoked', 'an empty key', { tags: { s: 'revoked' } }],
  ['unknown-kind', 'DSA', { tags: { s: 'odd-kind' } }],
  ['bad-key', 'three octets', { tags: { s: 'garbage' } }],
  ['bad-key', 'stars', { tags: { s: 'not-base64' } }],
  ['bad-key', 'three octets of Ed25519', { key: 'ed25519', tags: { s: 'short-ed' } }],
  ['huge-key', 'ten thousand characters', { tags: { s: 'huge' } }],
  ['key-kind', 'an Ed25519 key for RSA', { tags: { s: 'ed' } }],
  ['key-hash', 'a key for SHA-1', { tags: { s: 'sha1only' } }],
  ['key-service', 'a key for chat', { tags: { s: 'chat' } }],
  ['strict-identity', 'a subdomain with a strict key', { tags: { s: 'strict', i: 'a@b.example.com' } }],
  ['lookup', 'no answer', { tags: { s: 'silent' } }],
  ['lookup', 'a server in trouble', { tags: { s: 'broken' } }],
  ['body-hash', 'another body', { hashed: 'Hello Bobby\r\n' }],
  ['body-too-short', 'more octets signed than there are', { tags: { l: '1000' } }],
  ['signature', 'another key', { tags: { s: 'small' } }],
  ['signature', 'a signature of wrong length', { spoil: (field) => field.replace(/.{8}\r\n$/, '\r\n') }],
  [
    'signature',
    'an algorithm that was changed',
    { spoil: (field) => field.replace('from:subject', 'from:x') },
  ],
  ['weak-hash', 'SHA-1 (RFC 8301 §3.1)', { tags: { a: 'rsa-sha1' } }],
  ['short-key', '768 bits (RFC 8301 §3.2)', { key: 'rsa768', tags: { s: 'tiny' } }],
  ['unsigned-body', 'a body that goes on (RFC 6376 §8.2)', cut('Hello')],
];

for (const [reason, what, make] of refused) {
  test(`${reason}: ${what}`, async () => {
    const verdict = await verdictOf(handmade(make));
    assert.deepEqual([verdict.reason, verdict.status], [reason, dkimReasons[reason][0]]);
  });
}

test('every reason has been shown, but those of whole messages', () => {
  const shown = new Set(refused.map(([reason]) => reason));
  const missing = Object.keys(dkimReasons).filter((reason) => !shown.has(reason as DkimReason));
  assert.deepEqual(missing, ['no-signature', 'header-too-large', 'too-many-signatures']);
});

test('a verdict tells what it is about', async () => {
  const verdict = await verdictOf(
    handmade({ tags: { s: 'trying', i: 'alice@mail.example.com', ...cut('Hello').tags }, hashed: 'Hello' }),
  );
  assert.equal(verdict.signature?.identity, 'alice@mail.example.com');
  assert.equal(verdict.signature?.asciiDomain, 'example.com');
  assert.equal(verdict.key?.bits, 2048);
  assert.equal(verdict.key?.testing, true);
  assert.equal(verdict.bodyIntact, true);
  assert.equal(verdict.unsignedOctets, body.length - 5);
});

test('a body is known to be intact where the key is gone', async () => {
  assert.equal((await verdictOf(handmade({ tags: { s: 'nowhere' } }))).bodyIntact, true);
  assert.equal((await verdictOf(handmade({ tags: { s: 'nowhere' }, hashed: 'x' }))).bodyIntact, false);
});

test('a message without signatures has the verdict none', async () => {
  const verdict = await verdictOf(Buffer.from(`${fields.join('')}\r\n${body}`));
  assert.deepEqual(verdict, { status: 'none', reason: 'no-signature' });
});

test('a field that is added under the name of a signed one is seen (RFC 6376 §5.4.2)', async () => {
  const message = handmade({ tags: { h: 'from:from:subject' } });
  const forged = Buffer.concat([Buffer.from('From: Mallory <m@example.net>\r\n'), message]);
  assert.equal((await verdictOf(forged)).reason, 'signature');
});
