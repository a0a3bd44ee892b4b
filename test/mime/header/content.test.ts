import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type ParameterDefect,
  parseAuthservId,
  parseContentDisposition,
  parseContentType,
  parseMimeVersion,
  parseToken,
} from 'mailwright/mime';

type Row = [value: string, parameters: Record<string, string>, ...defects: ParameterDefect['kind'][]];

function check(rows: readonly Row[]): void {
  for (const [value, parameters, ...kinds] of rows) {
    const parsed = parseContentType(value);
    assert.deepEqual(Object.fromEntries(parsed.parameters), parameters, value);
    assert.deepEqual(
      parsed.defects.map(({ kind }) => kind),
      kinds,
      value,
    );
  }
}

test('a media type is two tokens, in any case, with comments (RFC 2045 §5.1)', () => {
  const cases: [string, string, string][] = [
    ['text/plain', 'text', 'plain'],
    ['TEXT / (why not) HTML', 'text', 'html'],
    ['application/vnd.ms-excel;name=x', 'application', 'vnd.ms-excel'],
    ['text', 'text', ''],
    ['text/', 'text', ''],
    ['/plain', '', ''],
    ['', '', ''],
    ['"text/plain"', '', ''],
  ];
  for (const [value, type, subtype] of cases) {
    const parsed = parseContentType(value);
    assert.deepEqual([parsed.type, parsed.subtype], [type, subtype], value);
  }
});

test('parameters as the grammar has them (RFC 2045 §5.1)', () => {
  check([
    ['text/plain', {}],
    ['text/plain;', {}],
    ['text/plain; charset=us-ascii (Plain text)', { charset: 'us-ascii' }],
    ['text/plain; Charset = "UTF-8" ; FORMAT=flowed', { charset: 'UTF-8', format: 'flowed' }],
    ['a/b; c="d;e=\\"f\\" (g)"', { c: 'd;e="f" (g)' }],
    ['a/b; c=""', { c: '' }],
  ]);
});

test('continuations and charsets (RFC 2231 §3, §4)', () => {
  check([
    ["a/b; c*=utf-8'en'caf%C3%A9", { c: 'café' }],
    ['a/b; c*0="one "; c*1=two', { c: 'one two' }],
    ["a/b; c*0*=utf-8''%E2%82; c*1*=%AC; c*2=%41", { c: '€%41' }], // a character cut in two
    ["a/b; c*1*=b; c*0*=iso-8859-1''%E9", { c: 'éb' }],
    ["a/b; c*0*=us-ascii''a; c=old", { c: 'a' }],
    ["a/b; c*='en'x", { c: 'x' }, 'bad-charset'],
    ["a/b; c*=nonesuch''%E9", { c: 'é' }, 'bad-charset'],
    ['a/b; c*=%E9', { c: 'é' }, 'bad-charset'],
    ["a/b; c*=utf-8''100%", { c: '100%' }, 'bad-charset'],
    ['a/b; c*1=b', {}, 'bad-section'],
    ['a/b; c*0=a; c*2=c', { c: 'a' }, 'bad-section'],
    ['a/b; c*0=a; c*00=b; c*x=d', { c: 'a' }, 'bad-section', 'bad-section'],
    ['a/b; c*0=a; c*0=b', { c: 'a' }, 'duplicate'],
    ['a/b; c*999=x', {}, 'bad-section', 'bad-section'],
  ]);
});

test('the usual broken forms', () => {
  check([
    ['a/b; name="=?utf-8?Q?caf=C3=A9?="', { name: 'café' }], // RFC 2047 §5 forbids it
    ['a/b; name==?utf-8?Q?caf=C3=A9?=', { name: 'café' }, 'bad-value'],
    ['a/b; boundary=----=_Part_1', { boundary: '----=_Part_1' }, 'bad-value'],
    ['a/b; name=my file (1).txt; c=d', { name: 'my file (1).txt', c: 'd' }, 'bad-value'],
    ['a/b; name=café.txt', { name: 'café.txt' }, 'bad-value'],
    ['a/b; c=d e=f', { c: 'd', e: 'f' }, 'no-semicolon'],
    ['a/b c=d', { c: 'd' }, 'no-semicolon'],
    ['a/b; c="d" junk; e=f', { c: 'd', e: 'f' }, 'no-semicolon', 'no-value'],
    ['a/b;; c=d', { c: 'd' }, 'empty-parameter'],
    ['a/b; c="d; e=f', { c: 'd; e=f' }, 'unclosed-quote'],
    ['a/b; c; d=e', { d: 'e' }, 'no-value'],
    ['a/b; =c; d=e', { d: 'e' }, 'bad-name'],
    ['a/b; c=d; C=e', { c: 'd' }, 'duplicate'],
    ['a/b; c="C:\\temp\\new.txt"', { c: 'C:\\temp\\new.txt' }],
    ['a/b; __proto__=x', { ['__proto__']: 'x' }],
  ]);
});

test('what is written stays beside what is meant', () => {
  const { written } = parseContentType('a/b; Name*0*=utf-8\'\'%C3%A9; name*1="b c"');
  assert.deepEqual(written, [
    { name: 'name*0*', value: "utf-8''%C3%A9" },
    { name: 'name*1', value: 'b c' },
  ]);
});

test('dispositions (RFC 2183)', () => {
  const { disposition, parameters } = parseContentDisposition('ATTACHMENT; filename=a.txt; size=3');
  assert.equal(disposition, 'attachment');
  assert.deepEqual(
    [...parameters],
    [
      ['filename', 'a.txt'],
      ['size', '3'],
    ],
  );
  assert.equal(parseContentDisposition('"inline"').disposition, '');
});

test('one token, and a version with comments anywhere (RFC 2045 §4, §6.1)', () => {
  assert.equal(parseToken(' (x) Base64 (y)').token, 'base64');
  assert.equal(parseToken('').token, '');
  for (const value of ['1.0', '1.0 (produced by MetaSend Vx.x)', '(x)1.0', '1.(x)0']) {
    assert.deepEqual(parseMimeVersion(value), { major: 1, minor: 0 }, value);
  }
  for (const value of ['', '1', '1.0.0', 'one', '1.', `1.${'0'.repeat(50)}`])
    assert.equal(parseMimeVersion(value), null);
});

test('whose verdicts a field bears (RFC 8601 §2.2)', () => {
  const cases: [string, string][] = [
    ['mx.example.com; none', 'mx.example.com'],
    ['(x) MX.example.com 1; spf=pass', 'mx.example.com'],
    ['"mx example"; none', 'mx example'],
    ['"mx', ''],
    ['; none', ''],
    ['', ''],
  ];
  for (const [value, id] of cases) assert.equal(parseAuthservId(value), id, value);
});

test('law: no value throws, and a value without defects has no surprises', () => {
  const piece = fc.constantFrom(
    'a',
    '/',
    ';',
    '=',
    '"',
    '\\',
    '(',
    ')',
    '*',
    '0',
    "'",
    '%41',
    ' ',
    'é',
    '=?utf-8?q?x?=',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const { written, parameters } = parseContentType(pieces.join(''));
      assert.ok(parameters.size <= written.length);
      for (const { name } of written) assert.match(name, /^[!-~]+$/);
    }),
    { numRuns: 500 },
  );
});
