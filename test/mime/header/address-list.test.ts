import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type AddressDefect, type AddressList, mailboxes, parseAddressList } from 'mailwright/mime';

type Row = [value: string, mailboxes: [name: string, address: string][], ...defects: AddressDefect['kind'][]];

function check(rows: readonly Row[]): void {
  for (const [value, expected, ...kinds] of rows) {
    const list = parseAddressList(value);
    assert.deepEqual(shown(list), expected, value);
    assert.deepEqual(
      list.defects.map(({ kind }) => kind),
      kinds,
      value,
    );
  }
}

function shown(list: AddressList): [string, string][] {
  return mailboxes(list).map(({ name, address }) => [name, address]);
}

test('mailboxes (RFC 5322 §3.4)', () => {
  check([
    ['a@b.example', [['', 'a@b.example']]],
    ['<a@b.example>', [['', 'a@b.example']]],
    [
      'Joe Q. Public <a@b.example>, c@d.example',
      [
        ['Joe Q. Public', 'a@b.example'],
        ['', 'c@d.example'],
      ],
    ],
    ['"Giant; \\"Big\\" Box" <a@b.example>', [['Giant; "Big" Box', 'a@b.example']]],
    ['"john smith"@b.example', [['', '"john smith"@b.example']]],
    [
      'a@[192.0.2.1], b@[IPv6:2001:db8::1]',
      [
        ['', 'a@[192.0.2.1]'],
        ['', 'b@[IPv6:2001:db8::1]'],
      ],
    ],
    ['', []],
    ['søren@exämple.com', [['', 'søren@exämple.com']]], // RFC 6532 §3.2
  ]);
});

test('encoded words in names (RFC 2047 §5), also where they should not be', () => {
  check([
    ['=?utf-8?Q?Zo=C3=AB?= Doe <a@b>', [['Zoë Doe', 'a@b']]],
    ['"=?utf-8?Q?Zo=C3=AB?=" <a@b>', [['Zoë', 'a@b']]],
    ['=?utf-8?Q?Doe,_<Zo=C3=AB>?= <a@b>', [['Doe, <Zoë>', 'a@b']]],
    // A decoded name is a name whatever it looks like.
    ['=?utf-8?Q?c@d,_?= <a@b>', [['c@d, ', 'a@b']]],
  ]);
  assert.equal(mailboxes(parseAddressList('=?utf-8?Q?Zo=C3=AB?= <a@b>'))[0]?.phrase, '=?utf-8?Q?Zo=C3=AB?=');
});

test('groups, also empty and with mailboxes after them (RFC 5322 §3.4)', () => {
  const { addresses, defects } = parseAddressList('Team: a@b, C <c@d>;, e@f, undisclosed-recipients:;');
  assert.deepEqual(
    addresses.map((each) => (each.kind === 'group' ? [each.name, each.mailboxes.length] : each.address)),
    [['Team', 2], 'e@f', ['undisclosed-recipients', 0]],
  );
  assert.deepEqual(defects, []);
});

test('comments and obsolete forms (RFC 5322 §3.2.2, §4.4)', () => {
  check([
    ['a@b (Zoë Doe)', [['Zoë Doe', 'a@b']]],
    ['(x) Joe (the (real)) Doe (y) <a@b> (z)', [['Joe (the (real)) Doe (y)', 'a@b']]],
    ['a . c @ b . example', [['', 'a.c@b.example']]],
    ['Joe <@x.example,@y.example:a@b>', [['Joe', 'a@b']]],
    [
      ',, a@b ,, c@d,',
      [
        ['', 'a@b'],
        ['', 'c@d'],
      ],
    ],
  ]);
  const [mailbox] = mailboxes(parseAddressList('(x) Joe (y) Doe <@x.example:a@b>'));
  assert.equal(mailbox?.phrase, 'Joe Doe');
  assert.equal(mailbox?.route, '@x.example');
});

test('what senders write instead', () => {
  check([
    ['Joe a@b', [['Joe', 'a@b']], 'no-angle'],
    ['a@b c@d', [['a@b', 'c@d']], 'no-angle'],
    [
      '<a@b> <c@d>',
      [
        ['', 'a@b'],
        ['', 'c@d'],
      ],
      'no-comma',
    ],
    [
      '<a@b> Joe, c@d',
      [
        ['', 'a@b'],
        ['', 'c@d'],
      ],
      'no-comma',
    ],
    [
      'a@b; c@d',
      [
        ['', 'a@b'],
        ['', 'c@d'],
      ],
      'stray-semicolon',
    ],
    [
      'Joe <a@b, c@d',
      [
        ['Joe', 'a@b'],
        ['', 'c@d'],
      ],
      'unclosed-angle',
    ],
    ['Joe <a@b', [['Joe', 'a@b']], 'unclosed-angle'],
    ['"Joe <a@b>', [['"Joe', 'a@b']], 'unclosed-quote'],
    ['(Joe <a@b>', [['(Joe', 'a@b']], 'unclosed-comment'],
    ['root', [['', 'root']], 'no-domain'],
    ['Mail Delivery System', [['', 'Mail Delivery System']], 'no-domain'],
    ['<root> (Charlie)', [['', 'root']], 'no-domain'],
    ['root (Charlie)', [['Charlie', 'root']], 'no-domain'],
    ['<>', [['', '']], 'empty-address'],
    ['a@b@c', [['', '"a@b"@c']], 'several-at'],
    [
      'a..b@c, .a@b, a@b..c, a@[b',
      [
        ['', '"a..b"@c'],
        ['', '".a"@b'],
        ['', 'a@b..c'],
        ['', 'a@[b'],
      ],
      'bad-address',
      'bad-address',
      'bad-address',
      'bad-address',
    ],
    ['a: b: c@d;', [['', 'c@d']], 'nested-group'],
    ['a: b@c', [['', 'b@c']], 'unclosed-group'],
    ['a\0b@c', [['', '"a\0b"@c']], 'bad-character', 'bad-address'],
  ]);
});

test('law: no value throws, and an address without defects is whole', () => {
  const piece = fc.constantFrom(
    'a',
    'b.c',
    '@',
    '<',
    '>',
    '"',
    '(',
    ')',
    ',',
    ':',
    ';',
    '[',
    ']',
    '\\',
    ' ',
    '=?utf-8?q?x,?=',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const list = parseAddressList(pieces.join(''));
      for (const { localPart, domain, address } of mailboxes(list)) {
        assert.ok(address.endsWith(domain));
        if (list.defects.length === 0) assert.ok(localPart !== '' && domain !== '', pieces.join(''));
      }
    }),
    { numRuns: 1000 },
  );
});
