import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  AddressMisuse,
  domainKey,
  formatDomain,
  formatMailbox,
  formatPath,
  isInternational,
  type Mailbox,
  sameMailbox,
} from 'mailwright/address';

describe('a local part is quoted only where it must be (RFC 5321 §4.1.2)', () => {
  const table: [string, string][] = [
    ['john.smith', 'john.smith'],
    ['john smith', '"john smith"'],
    ['john.', '"john."'],
    ['a..b', '"a..b"'],
    ['', '""'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ['a@b', '"a@b"'],
    ['jürgen', 'jürgen'],
    ['用 户', '"用 户"'],
  ];
  for (const [localPart, written] of table) {
    test(written, () =>
      assert.equal(formatMailbox({ localPart, domain: 'b.example' }), `${written}@b.example`),
    );
  }
});

test('domains and literals', () => {
  assert.equal(formatDomain('b.example'), 'b.example');
  assert.equal(formatDomain({ kind: 'ipv4', address: '192.0.2.1' }), '[192.0.2.1]');
  assert.equal(formatDomain({ kind: 'ipv6', address: '2001:db8::1' }), '[IPv6:2001:db8::1]');
  assert.equal(formatDomain({ kind: 'general', tag: 'x', content: 'y' }), '[x:y]');
});

test('paths', () => {
  assert.equal(formatPath(null), '<>');
  assert.equal(formatPath('postmaster'), '<Postmaster>');
  assert.equal(formatPath({ localPart: 'a', domain: 'b.example' }), '<a@b.example>');
});

describe('what no address can express is the misuse of a host', () => {
  const table: Mailbox[] = [
    { localPart: 'a\r\nRCPT TO:<b@c>', domain: 'b.example' },
    { localPart: 'a\0', domain: 'b.example' },
    { localPart: 'a\uD800', domain: 'b.example' },
    { localPart: 'a', domain: 'b.example>\r\nDATA' },
    { localPart: 'a', domain: 'b c' },
    { localPart: 'a', domain: '' },
    { localPart: 'a', domain: '\uDC00.example' },
  ];
  for (const mailbox of table) {
    test(JSON.stringify(mailbox), () => {
      assert.throws(
        () => formatMailbox(mailbox),
        (error) => error instanceof AddressMisuse && error.code === 'ADDRESS_MISUSE',
      );
    });
  }
});

describe('sameness: domains as A-labels without regard to case, local parts exactly (RFC 5321 §2.4)', () => {
  const one: Mailbox = { localPart: 'info', domain: 'bücher.example' };
  const table: [boolean, Mailbox][] = [
    [true, { localPart: 'info', domain: 'Bücher.EXAMPLE' }],
    [true, { localPart: 'info', domain: 'xn--bcher-kva.example' }],
    [true, { localPart: 'info', domain: 'XN--BCHER-KVA.example' }],
    [false, { localPart: 'Info', domain: 'bücher.example' }],
    [false, { localPart: 'info', domain: 'bucher.example' }],
    [false, { localPart: 'info', domain: { kind: 'ipv4', address: '192.0.2.1' } }],
  ];
  for (const [same, other] of table) {
    test(`${JSON.stringify(other)} ${same}`, () => {
      assert.equal(sameMailbox(one, other), same);
      assert.equal(sameMailbox(other, one), same);
    });
  }
});

test('a key for each domain and literal', () => {
  assert.equal(domainKey('EXAMPLE.org'), 'example.org');
  assert.equal(domainKey('Under_Score.example'), 'under_score.example');
  assert.equal(domainKey({ kind: 'general', tag: 'X-Net', content: 'Y' }), '[x-net:Y]');
  // A name cannot be taken for a literal.
  assert.notEqual(domainKey('192.0.2.1'), domainKey({ kind: 'ipv4', address: '192.0.2.1' }));
});

test('what needs SMTPUTF8 (RFC 6531 §3.2)', () => {
  assert.equal(isInternational(null), false);
  assert.equal(isInternational('postmaster'), false);
  assert.equal(isInternational({ localPart: 'a', domain: 'xn--bcher-kva.example' }), false);
  assert.equal(isInternational({ localPart: 'ä', domain: 'b.example' }), true);
  assert.equal(isInternational({ localPart: 'a', domain: 'bücher.example' }), true);
  assert.equal(isInternational({ localPart: 'a', domain: { kind: 'ipv4', address: '192.0.2.1' } }), false);
});
