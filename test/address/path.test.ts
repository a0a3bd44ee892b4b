import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type AddressFault,
  formatPath,
  type Mailbox,
  type PathOptions,
  parseMailbox,
  parsePath,
} from 'mailwright/address';

const utf8 = { utf8: true } as const;
const bare = { brackets: 'optional' } as const;

function mailbox(localPart: string, domain: Mailbox['domain']): Mailbox {
  return { localPart, domain };
}

describe('paths that are read (RFC 5321 §4.1.2)', () => {
  const table: [string, ReturnType<typeof mailbox> | null | 'postmaster', PathOptions?][] = [
    // RFC 5321 §4.5.5: the null reverse-path.
    ['<>', null],
    ['<a@example.org>', mailbox('a', 'example.org')],
    // A domain without a dot is a domain.
    ['<a@localhost>', mailbox('a', 'localhost')],
    ['<A.b+c=d@Example.ORG>', mailbox('A.b+c=d', 'Example.ORG')],
    ["<!#$%&'*+-/=?^_`{|}~@1-2.3com>", mailbox("!#$%&'*+-/=?^_`{|}~", '1-2.3com')],
    // Quoted strings: the quotes and backslashes are form, not content.
    ['<"john smith"@example.org>', mailbox('john smith', 'example.org')],
    ['<"a\\"b\\\\c\\d"@example.org>', mailbox('a"b\\cd', 'example.org')],
    ['<"a@b>c"@example.org>', mailbox('a@b>c', 'example.org')],
    ['<""@example.org>', mailbox('', 'example.org')],
    // RFC 5321 §4.5.1: Postmaster without a domain, in either case.
    ['<Postmaster>', 'postmaster'],
    ['<POSTMASTER>', 'postmaster'],
    ['<postmaster@example.org>', mailbox('postmaster', 'example.org')],
    // RFC 5321 §4.1.3: address literals.
    ['<a@[192.0.2.1]>', mailbox('a', { kind: 'ipv4', address: '192.0.2.1' })],
    ['<a@[192.000.002.01]>', mailbox('a', { kind: 'ipv4', address: '192.0.2.1' })],
    ['<a@[IPv6:2001:DB8::1]>', mailbox('a', { kind: 'ipv6', address: '2001:db8::1' })],
    ['<a@[ipv6:::]>', mailbox('a', { kind: 'ipv6', address: '::' })],
    ['<a@[IPv6:0:0:1:0:0:0:1:1]>', mailbox('a', { kind: 'ipv6', address: '0:0:1::1:1' })],
    ['<a@[IPv6:1:2:3:4:5:6:192.0.2.1]>', mailbox('a', { kind: 'ipv6', address: '1:2:3:4:5:6:c000:201' })],
    ['<a@[IPv6:::FFFF:192.0.2.1]>', mailbox('a', { kind: 'ipv6', address: '::ffff:192.0.2.1' })],
    ['<a@[x-net:any!thing]>', mailbox('a', { kind: 'general', tag: 'x-net', content: 'any!thing' })],
    // RFC 5321 §3.6.1, appendix C: source routes are read and dropped.
    ['<@hosta.int,@jkl.org:userc@d.bar.org>', mailbox('userc', 'd.bar.org')],
    // RFC 6531 §3.3: UTF-8 in local part and domain.
    ['<jürgen@bücher.example>', mailbox('jürgen', 'bücher.example'), utf8],
    ['<"用 户"@例え.テスト>', mailbox('用 户', '例え.テスト'), utf8],
    ['<a@xn--bcher-kva.example>', mailbox('a', 'xn--bcher-kva.example')],
    // Names with `--` in third and fourth place that are no A-labels exist.
    ['<a@r3---sn-abc.example>', mailbox('a', 'r3---sn-abc.example')],
    // The named leniencies.
    ['a@example.org', mailbox('a', 'example.org'), bare],
    ['<a@example.org>', mailbox('a', 'example.org'), bare],
    ['postmaster', 'postmaster', bare],
    ['  <a@example.org>', mailbox('a', 'example.org'), { leadingSpace: 'accept' }],
  ];
  for (const [text, path, options] of table) {
    test(text, () => {
      const parsed = parsePath(`FROM:${text} SIZE=1`, 5, options);
      const sourceRoute = text.startsWith('<@');
      assert.deepEqual(parsed, { ok: true, path, end: 5 + text.length, sourceRoute });
    });
  }
});

describe('paths that are refused, with the place', () => {
  const table: [string, AddressFault, number, PathOptions?][] = [
    ['', 'bracket', 0],
    ['a@example.org', 'bracket', 0],
    [' <a@example.org>', 'bracket', 0],
    ['<a@example.org', 'bracket', 14],
    ['<', 'local-part', 1],
    ['<@example.org>', 'route', 13],
    ['<a..b@example.org>', 'local-part', 3],
    ['<.a@example.org>', 'local-part', 1],
    ['<a.@example.org>', 'local-part', 3],
    ['<a b@example.org>', 'no-domain', 2],
    ['<a(b)@example.org>', 'local-part', 2],
    ['<"a@example.org>', 'local-part', 16],
    ['<"a"b@example.org>', 'local-part', 4],
    ['<"a\tb"@example.org>', 'local-part', 3],
    ['<"a\\\tb"@example.org>', 'local-part', 4],
    [`<${'a'.repeat(65)}@example.org>`, 'local-part-length', 1],
    ['<pepe>', 'no-domain', 5],
    ['<a@>', 'domain', 3],
    ['<a@-b.example>', 'domain', 3],
    ['<a@b-.example>', 'domain', 5],
    ['<a@b..example>', 'domain', 5],
    ['<a@example.>', 'domain', 11],
    ['<a@b_c.example>', 'domain', 4],
    ['<a@b@c>', 'domain', 4],
    [`<a@${'b'.repeat(64)}.example>`, 'domain-length', 3],
    [`<a@${'b'.repeat(60)}.${'c'.repeat(64)}>`, 'domain-length', 3],
    // Not punycode; punycode of nothing that needs it; of a character that IDNA disallows.
    ['<a@xn---.example>', 'domain', 8],
    ['<a@xn--zz--zz.example>', 'idna', 3],
    ['<a@xn--abc-.example>', 'domain', 11],
    ['<a@b.xn--a.example>', 'idna', 3],
    ['<a@a\u200Db.example>', 'idna', 3, utf8],
    ['<a@[192.0.2.256]>', 'literal', 3],
    ['<a@[192.0.2]>', 'literal', 3],
    ['<a@[192.0.2.1>', 'literal', 14],
    ['<a@[192.0.2.1]b>', 'domain', 14],
    ['<a@[IPv6:1:2:3:4:5:6:7]>', 'literal', 3],
    ['<a@[IPv6:1::2::3]>', 'literal', 3],
    ['<a@[:x]>', 'literal', 3],
    ['<a@[2001:db8::1]>', 'literal', 3],
    ['<a@[tag:]>', 'literal', 3],
    ['<a@[a b]>', 'literal', 5],
    ['<@a,b:c@d>', 'route', 4],
    ['<@a_:c@d>', 'route', 3],
    ['<@a:Postmaster>', 'no-domain', 14],
    [`<@${'a.'.repeat(120)}a:b@example.org>`, 'path-length', 0],
    [`<${'a'.repeat(60)}@${'b.'.repeat(97)}b>`, 'path-length', 1],
    // 22 UTF-16 units, 66 octets.
    [`<${'用'.repeat(22)}@example.org>`, 'local-part-length', 1, utf8],
    ['<henryⅣ@testserver>', 'utf8', 6],
    ['<"henryⅣ"@testserver>', 'utf8', 7],
    ['<a@bücher.example>', 'utf8', 4],
    ['<\uD800@example.org>', 'utf8', 1, utf8],
    ['<a@example.org>SIZE=1', 'trailing', 15],
    ['<>x', 'trailing', 2],
    ['a@b>', 'trailing', 3, bare],
    ['<a@[192.0.2.1]é>', 'domain', 14, utf8],
    ['', 'local-part', 0, bare],
  ];
  for (const [text, why, at, options] of table) {
    test(`${text.slice(0, 60)} ${why}`, () => {
      assert.deepEqual(parsePath(text, 0, options), { ok: false, why, at });
    });
  }
});

test('the limits are reached exactly (RFC 5321 §4.5.3.1)', () => {
  const localPart = 'a'.repeat(64);
  const label = 'b'.repeat(63);
  const domain = [label, label, 'c'.repeat(61)].join('.');
  const text = `<${localPart}@${domain}>`;
  assert.equal(text.length, 256);
  assert.ok(parsePath(text, 0).ok);
  assert.equal(formatPath({ localPart, domain }), text);
  assert.deepEqual(parsePath(`<${localPart}@${domain}c>`, 0), { ok: false, why: 'path-length', at: 1 });
});

test('a mailbox is the whole of its text', () => {
  assert.deepEqual(parseMailbox('"a b"@example.org'), { ok: true, mailbox: mailbox('a b', 'example.org') });
  assert.deepEqual(parseMailbox('<a@example.org>'), { ok: false, why: 'local-part', at: 0 });
  assert.deepEqual(parseMailbox('a@example.org '), { ok: false, why: 'domain', at: 13 });
  assert.deepEqual(parseMailbox(''), { ok: false, why: 'local-part', at: 0 });
});
