import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  formatSpfRecord,
  isSpfRecord,
  parseSpfRecord,
  type SpfDirective,
  SpfMisuse,
  type SpfRecord,
} from 'mailwright/spf';

test('a record is one of version 1, and nothing but the version is before its first space (RFC 7208 §4.5)', () => {
  for (const text of ['v=spf1', 'V=SPF1 -all', 'v=spf1  ']) assert.equal(isSpfRecord(text), true, text);
  for (const text of ['', 'v=spf', 'v=spf10', 'v=spf1\t-all', ' v=spf1', 'v=spf2.0/pra']) {
    assert.equal(isSpfRecord(text), false, text);
    assert.equal(parseSpfRecord(text).ok, false);
  }
});

const pass = { qualifier: '+' } as const;

describe('what is a term (RFC 7208 §4.6.1, §5, §12)', () => {
  const terms: readonly (readonly [string, SpfDirective])[] = [
    ['all', { ...pass, kind: 'all' }],
    ['-ALL', { qualifier: '-', kind: 'all' }],
    ['~include:_spf.Example.com', { qualifier: '~', kind: 'include', domain: '_spf.Example.com' }],
    ['a', { ...pass, kind: 'a' }],
    ['a/24', { ...pass, kind: 'a', prefix4: 24 }],
    ['a//64', { ...pass, kind: 'a', prefix6: 64 }],
    ['a/0//0', { ...pass, kind: 'a', prefix4: 0, prefix6: 0 }],
    ['a:foo:bar/baz.example.com', { ...pass, kind: 'a', domain: 'foo:bar/baz.example.com' }],
    ['a:%{d}/32//128', { ...pass, kind: 'a', domain: '%{d}', prefix4: 32, prefix6: 128 }],
    ['?mx:example.com.', { qualifier: '?', kind: 'mx', domain: 'example.com.' }],
    ['mx:a%%b.x-y', { ...pass, kind: 'mx', domain: 'a%%b.x-y' }],
    ['a:example.%-', { ...pass, kind: 'a', domain: 'example.%-' }],
    ['ptr', { ...pass, kind: 'ptr' }],
    ['ptr:example.com', { ...pass, kind: 'ptr', domain: 'example.com' }],
    ['ip4:192.0.2.0/24', { ...pass, kind: 'ip4', address: '192.0.2.0', prefix: 24 }],
    ['ip4:0.0.0.0/0', { ...pass, kind: 'ip4', address: '0.0.0.0', prefix: 0 }],
    ['ip6:2001:DB8::/32', { ...pass, kind: 'ip6', address: '2001:DB8::', prefix: 32 }],
    ['ip6:::ffff:192.0.2.1', { ...pass, kind: 'ip6', address: '::ffff:192.0.2.1' }],
    ['exists:%{ir}.%{v}._spf.%{d2}', { ...pass, kind: 'exists', domain: '%{ir}.%{v}._spf.%{d2}' }],
    ['exists:%{l1r+-,/_=.}.example.com', { ...pass, kind: 'exists', domain: '%{l1r+-,/_=.}.example.com' }],
    ['exists:%{D127R}.example.com', { ...pass, kind: 'exists', domain: '%{D127R}.example.com' }],
    ['a:xn--zckzah.xn--zckzah', { ...pass, kind: 'a', domain: 'xn--zckzah.xn--zckzah' }],
    ['a:example.1a', { ...pass, kind: 'a', domain: 'example.1a' }],
    ['a:example.1-1', { ...pass, kind: 'a', domain: 'example.1-1' }],
  ];
  for (const [term, directive] of terms) {
    test(term, () => {
      assert.deepEqual(parseSpfRecord(`v=spf1  ${term} `), { ok: true, record: { directives: [directive] } });
    });
  }

  const faults = [
    ...['all.', 'all:', 'all/24', '+-all', 'al', '-', '=', '+', ':', 'all%', 'ïall', 'a\rall', 'all\t'],
    ...['include', 'include:', 'include:example.com/24', 'include/24', 'include:%{p'],
    ...['a:', 'a/', 'a//', 'a/33', 'a//129', 'a/024', 'a/24/64', 'a/24//', 'a///64', 'a/-1', 'a/1234', 'ax'],
    ...['a:museum', 'a:museum.', 'a:.', 'a:example.com..', 'a:192.0.2.1', 'a:example.-com', 'a:example.com-'],
    ...[
      'a:example.c_m',
      'a:example.com:8080',
      'a:example.com\0',
      'a:%{d}com',
      'a:%{d}.',
      'a:.%{d}x',
      'a:x%%-',
    ],
    ...['ptr:', 'ptr/0', 'ptr:example.com/0', 'mx:', 'mx/33', 'mx//129'],
    ...[
      'ip4',
      'ip4:',
      'ip4:192.0.2',
      'ip4:192.0.2.1.1',
      'ip4:192.0.2.256',
      'ip4:192.0.2.01',
      'ip4:192.0.2.1/33',
    ],
    ...['ip4:192.0.2.1//32', 'ip4:192.0.2.1/', 'ip4:192.0.2.1/032', 'ip4:192.0.2.1:80', 'ip4:2001:db8::1'],
    ...[
      'ip6',
      'ip6:',
      'ip6:192.0.2.1',
      'ip6::CAFE::BABE',
      'ip6:2001:db8::/129',
      'ip6:2001:db8::1%eth0',
      'ip6:::g',
    ],
    ...['exists', 'exists:', 'exists/24', 'exists:%{d0}.example.com', 'exists:%{d00}.example.com'],
    ...['a:%a.example.com', 'a:%.example.com', 'a:%(d).example.com', 'a:%{x}.example.com', 'a:%{d'],
    ...['a:%{d-2}.example.com', 'a:%{dr2}.example.com', 'a:%{}.example.com', 'a:%{d;}.example.com'],
    // RFC 7208 §7.2: these letters have a meaning in explanations alone.
    ...['a:%{c}.example.com', 'a:%{r}.example.com', 'a:%{t}.example.com', 'exp=%{T}.example.com'],
    ...['redirect', 'redirect:example.com', 'redirect=', 'redirect=-all', 'exp=', '-exp=example.com'],
    ...['1up=foo', '=all', 'foo=%abc', 'foo=%', 'fo/o=bar', 'foo=ö'],
  ];
  for (const term of faults) {
    test(`not ${JSON.stringify(term)}`, () => {
      const parsed = parseSpfRecord(`v=spf1 ip4:192.0.2.1 ${term} -all`);
      assert.equal(!parsed.ok && parsed.term, term);
    });
  }
});

test('modifiers: each that is known once, the others as often as one likes (RFC 7208 §6)', () => {
  const parsed = parseSpfRecord('v=spf1 moo.cow-1_2=man:dog/cat%_ Redirect=%{d} x= x=%{c} EXP=e.example.com');
  assert.deepEqual(parsed, {
    ok: true,
    record: {
      directives: [],
      redirect: '%{d}',
      exp: 'e.example.com',
      modifiers: [
        { name: 'moo.cow-1_2', value: 'man:dog/cat%_' },
        { name: 'x', value: '' },
        { name: 'x', value: '%{c}' },
      ],
    },
  });
  for (const twice of ['redirect=a.b redirect=a.b', 'exp=a.b EXP=c.d']) {
    assert.equal(parseSpfRecord(`v=spf1 ${twice}`).ok, false);
  }
});

test('records are built as well as read', () => {
  const record: SpfRecord = {
    directives: [
      { qualifier: '+', kind: 'mx', prefix4: 24, prefix6: 64 },
      { qualifier: '+', kind: 'ip6', address: '2001:db8::', prefix: 32 },
      { qualifier: '?', kind: 'exists', domain: '%{i}._spf.%{d}' },
      { qualifier: '~', kind: 'all' },
    ],
    exp: 'why.example.com',
    modifiers: [{ name: 'ra', value: 'postmaster' }],
  };
  const text =
    'v=spf1 mx/24//64 ip6:2001:db8::/32 ?exists:%{i}._spf.%{d} ~all ra=postmaster exp=why.example.com';
  assert.equal(formatSpfRecord(record), text);
  assert.deepEqual(parseSpfRecord(text), { ok: true, record });
});

const domain = fc.constantFrom('example.com', '%{d}', '_spf.%{d2r}', 'a-b.%{l1r+-}.example.', 'x%%y.example');
const optional = <Value>(name: string, value: fc.Arbitrary<Value>) =>
  fc.option(value, { nil: undefined }).map((given) => (given === undefined ? {} : { [name]: given }));
const mechanisms = fc.oneof(
  fc.constant({ kind: 'all' }),
  fc.record({ kind: fc.constantFrom('include', 'exists'), domain }),
  fc
    .tuple(
      fc.record({ kind: fc.constantFrom('a', 'mx') }),
      optional('domain', domain),
      optional('prefix4', fc.integer({ min: 0, max: 32 })),
      optional('prefix6', fc.integer({ min: 0, max: 128 })),
    )
    .map((parts) => Object.assign({}, ...parts)),
  optional('domain', domain).map((part) => ({ kind: 'ptr', ...part })),
  fc
    .tuple(fc.ipV4(), optional('prefix', fc.integer({ min: 0, max: 32 })))
    .map(([address, prefix]) => ({ kind: 'ip4', address, ...prefix })),
  fc
    .tuple(fc.ipV6(), optional('prefix', fc.integer({ min: 0, max: 128 })))
    .map(([address, prefix]) => ({ kind: 'ip6', address, ...prefix })),
);
const records: fc.Arbitrary<SpfRecord> = fc
  .tuple(
    fc.array(
      fc
        .tuple(fc.constantFrom('+', '-', '~', '?'), mechanisms)
        .map(([qualifier, mechanism]) => ({ qualifier, ...mechanism }) as SpfDirective),
    ),
    optional('redirect', domain),
    optional('exp', domain),
  )
  .map(([directives, redirect, exp]) => ({ directives, ...redirect, ...exp }));

test('what is written is read back the same', () => {
  fc.assert(
    fc.property(records, (record) => {
      const text = formatSpfRecord(record);
      assert.deepEqual(parseSpfRecord(text), { ok: true, record });
      assert.ok(isSpfRecord(text));
    }),
  );
});

test('a record that could not be read back is misuse', () => {
  const wrong: readonly SpfRecord[] = [
    { directives: [{ ...pass, kind: 'include', domain: 'example' }] },
    { directives: [{ ...pass, kind: 'include', domain: 'example.com -all' }] },
    { directives: [{ ...pass, kind: 'ip4', address: '192.0.2.1', prefix: 33 }] },
    { directives: [{ ...pass, kind: 'a', prefix4: 1.5 }] },
    { directives: [], redirect: '' },
    { directives: [], exp: 'a.b redirect=c.d' },
    { directives: [], modifiers: [{ name: 'exp', value: 'a.b' }] },
    { directives: [], modifiers: [{ name: 'a b', value: 'c' }] },
    { directives: [{ qualifier: '' as '+', kind: 'ptr' }], modifiers: [{ name: '-all', value: 'x' }] },
  ];
  for (const record of wrong) assert.throws(() => formatSpfRecord(record), SpfMisuse, JSON.stringify(record));
});
