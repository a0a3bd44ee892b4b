import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalName, reverseName } from 'mailwright/dns';

test('names are compared without regard to case, and to the dot at their end', () => {
  const table: readonly (readonly [string, string | null])[] = [
    ['Example.COM', 'example.com'],
    ['example.com.', 'example.com'],
    ['', ''],
    ['.', ''],
    ['com', 'com'],
    ['_25._tcp.mx.example', '_25._tcp.mx.example'],
    ['a b%c.example', 'a b%c.example'], // RFC 2181 §11: any octet may stand in a label
    ['\xc0.EXAMPLE', '\xc0.example'], // RFC 4343 §3: only ASCII letters have two cases
    [`${'a'.repeat(63)}.example`, `${'a'.repeat(63)}.example`],
    [`${'a'.repeat(64)}.example`, null], // RFC 1035 §2.3.4
    [`${'a.'.repeat(126)}a`, `${'a.'.repeat(126)}a`],
    [`${'a.'.repeat(127)}a`, null],
    ['..', null],
    ['.a', null],
    ['a..b', null],
    ['a..', null],
    ['\u0101.example', null],
  ];
  for (const [text, name] of table) assert.equal(canonicalName(text), name, JSON.stringify(text));
});

test('what is canonical stays as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      const name = canonicalName(text);
      if (name !== null) assert.equal(canonicalName(name), name);
    }),
  );
});

test('addresses have names for their reverse (RFC 1035 §3.5, RFC 3596 §2.5)', () => {
  assert.equal(reverseName('192.0.2.130'), '130.2.0.192.in-addr.arpa');
  assert.equal(
    reverseName('2001:db8::567:89ab'),
    'b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa',
  );
  assert.equal(reverseName('::'), `${'0.'.repeat(32)}ip6.arpa`);
  assert.equal(reverseName('::1'), `1.${'0.'.repeat(31)}ip6.arpa`);
  assert.equal(
    reverseName('1:2:3:4:5:6:7:8'),
    '8.0.0.0.7.0.0.0.6.0.0.0.5.0.0.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.ip6.arpa',
  );
});
