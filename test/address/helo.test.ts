import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type AddressLiteral, parseHeloName } from 'mailwright/address';

const lenient = { oddNames: 'accept' } as const;

describe('names that keep the grammar (RFC 5321 §4.1.1.1)', () => {
  const table: [string, string | AddressLiteral][] = [
    ['mail.example.org', 'mail.example.org'],
    ['localhost', 'localhost'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    // Digits make a domain too; it isn't for the grammar to see an address without brackets.
    ['192.0.2.1', '192.0.2.1'],
    ['[192.0.2.1]', { kind: 'ipv4', address: '192.0.2.1' }],
    ['[IPv6:2001:DB8::1]', { kind: 'ipv6', address: '2001:db8::1' }],
  ];
  for (const [text, name] of table) {
    test(text, () => {
      assert.deepEqual(parseHeloName(text), { ok: true, name, odd: false });
      assert.deepEqual(parseHeloName(text, lenient), { ok: true, name, odd: false });
    });
  }
});

describe('names of real clients that break it', () => {
  for (const text of [
    'my_pc',
    'DESKTOP-1-',
    'example.org.',
    '[]',
    '[192.0.2.1',
    '[fe80::1]',
    'a,b',
    'xn--a',
  ]) {
    test(text, () => {
      assert.deepEqual(parseHeloName(text), { ok: false, why: 'name' });
      assert.deepEqual(parseHeloName(text, lenient), { ok: true, name: text, odd: true });
    });
  }
});

describe('never accepted', () => {
  const table: [string, 'empty' | 'name' | 'length'][] = [
    ['', 'empty'],
    ['my pc', 'name'],
    ['a\tb', 'name'],
    // RFC 6531 §3.7.1: no U-labels before EHLO's reply.
    ['bücher.example', 'name'],
    ['a'.repeat(256), 'length'],
  ];
  for (const [text, why] of table) {
    test(JSON.stringify(text.slice(0, 20)), () => {
      assert.deepEqual(parseHeloName(text), { ok: false, why });
      assert.deepEqual(parseHeloName(text, lenient), { ok: false, why });
    });
  }

  test('a label too long for DNS is odd', () => {
    assert.deepEqual(parseHeloName('a'.repeat(64)), { ok: false, why: 'length' });
    assert.ok(parseHeloName('a'.repeat(64), lenient).ok);
  });
});
