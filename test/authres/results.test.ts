/** Authentication-Results fields: examples of RFC 8601, what others write, and what forgers try. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  AuthresMisuse,
  arcResult,
  claimsToBeOurs,
  dkimResult,
  formatAuthenticationResults,
  gatherResults,
  type MethodResult,
  parseAuthenticationResults,
} from 'mailwright/authres';
import { HeaderFields } from 'mailwright/mime';

/** A field, and `method=result (comment) "reason" {properties}` of each result. */
const fields: readonly (readonly [value: string, id: string, results: readonly string[]])[] = [
  // RFC 8601 §B.2 to §B.7
  ['example.org 1; none', 'example.org', []],
  [
    'example.com;\r\n spf=pass smtp.mailfrom=example.net',
    'example.com',
    ['spf=pass smtp.mailfrom=example.net'],
  ],
  [
    'example.com;\r\n auth=pass (cram-md5) smtp.auth=sender@example.net;\r\n spf=pass smtp.mailfrom=example.net',
    'example.com',
    ['auth=pass (cram-md5) smtp.auth=sender@example.net', 'spf=pass smtp.mailfrom=example.net'],
  ],
  [
    'example.com;\r\n dkim=pass reason="good signature"\r\n header.i=@mail-router.example.net;\r\n dkim=fail reason="bad signature"\r\n header.i=@newyork.example.com',
    'example.com',
    [
      'dkim=pass "good signature" header.i=@mail-router.example.net',
      'dkim=fail "bad signature" header.i=@newyork.example.com',
    ],
  ],
  [
    "foo.example.net (foobar) 1 (baz);\r\n dkim (Because I like it) / 1 (One yay) = (wait for it) fail\r\n policy (A dot can go here) . (like that) expired\r\n (this surprised me) = (as I wasn't expecting it) 1362471462",
    'foo.example.net',
    ['dkim=fail policy.expired=1362471462'],
  ],
  // As large providers write them.
  [
    'mx.google.com;\r\n       dkim=pass header.i=@example.com header.s=s1 header.b="abc/d+e=";\r\n       dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=example.com',
    'mx.google.com',
    [
      'dkim=pass header.i=@example.com header.s=s1 header.b=abc/d+e=',
      'dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=example.com',
    ],
  ],
  ['x.example; dkim=pass header.b=abc/d+e=', 'x.example', ['dkim=pass header.b=abc/d+e=']],
  // What is malformed is passed over.
  ['x.example; ; spf; =pass; spf=; a=b', 'x.example', ['a=b']],
  ['x.example; spf=pass "; dkim=pass', 'x.example', ['spf=pass']],
  ['x.example; spf=pass (; dkim=pass', 'x.example', ['spf=pass']],
  ['x.example; spf=pass a.b=1 a.b=2', 'x.example', ['spf=pass a.b=1']],
  [
    '"mx.example"; spf=pass smtp.mailfrom="a b"@example.com',
    'mx.example',
    ['spf=pass smtp.mailfrom=a b@example.com'],
  ],
];

const brief = ({ method, result, comment, reason, properties = {} }: MethodResult) =>
  [
    `${method}=${result}`,
    ...(comment === undefined ? [] : [`(${comment})`]),
    ...(reason === undefined ? [] : [`"${reason}"`]),
    ...Object.entries(properties).map(([name, value]) => `${name}=${value}`),
  ].join(' ');

for (const [value, id, results] of fields) {
  test(`reads ${JSON.stringify(value.slice(0, 60))}`, () => {
    const read = parseAuthenticationResults(value);
    assert.equal(read?.authservId, id);
    assert.deepEqual(read.results.map(brief), results);
  });
}

for (const value of ['', ' ', '; spf=pass', '(only a comment', 'x.example 2; spf=pass']) {
  test(`does not read ${JSON.stringify(value)}`, () => {
    assert.equal(parseAuthenticationResults(value), null);
  });
}

test('what is written is read back, whatever a peer put into it', () => {
  const keyword = fc.stringMatching(/^[a-z][a-z0-9-]{0,6}[a-z0-9]$/);
  const peers = fc.string({ unit: 'binary', maxLength: 30 }).filter((text) => !/\p{Cc}/u.test(text));
  const result = fc.record(
    {
      method: keyword,
      result: keyword,
      comment: peers,
      reason: peers,
      properties: fc.dictionary(
        fc.tuple(keyword, keyword).map((parts) => parts.join('.')),
        peers,
        { maxKeys: 4 },
      ),
    },
    { requiredKeys: ['method', 'result'] },
  );
  fc.assert(
    fc.property(fc.array(result, { maxLength: 4 }), (results) => {
      const value = formatAuthenticationResults({ authservId: 'mx.example.com', results });
      assert.ok(!/\r\n(?!\t)|(?<!\r)\n|\r(?!\n)/.test(value), 'every line end is a fold');
      const unfolded = value.replaceAll('\r\n', '');
      const read = parseAuthenticationResults(unfolded);
      assert.equal(read?.authservId, 'mx.example.com');
      assert.deepEqual(
        read.results.map(({ text, ...rest }) => rest),
        results
          .map((each) => ({ properties: {}, ...each }))
          .map(({ properties, ...each }) => ({ ...each, properties: { ...properties } })),
      );
    }),
  );
});

test('a peer cannot write lines or results of its own', () => {
  const value = formatAuthenticationResults({
    authservId: 'mx.example.com',
    results: [
      {
        method: 'spf',
        result: 'fail',
        comment: 'x); dkim=pass (',
        reason: 'no\r\nX-Evil: yes',
        properties: { 'smtp.mailfrom': 'a"; dkim=pass; x="@evil.example\r\n' },
      },
    ],
  });
  assert.ok(!value.includes('\r\nX'));
  assert.deepEqual(
    parseAuthenticationResults(value)?.results.map(({ method }) => method),
    ['spf'],
  );
});

test('names that no field can hold are misuse', () => {
  for (const bad of [
    { method: 'a b', result: 'pass' },
    { method: 'spf', result: '' },
    { method: 'spf', result: 'pass', properties: { mailfrom: 'x' } },
    { method: 'spf', result: 'pass', properties: { 'a.b.c': 'x' } },
  ]) {
    assert.throws(() => formatAuthenticationResults({ authservId: 'x', results: [bad] }), AuthresMisuse);
  }
});

test('lines of a long result are folded between its words', () => {
  const properties = Object.fromEntries(
    Array.from({ length: 9 }, (_, at) => [`header.x${at}`, 'y'.repeat(20)]),
  );
  const value = formatAuthenticationResults({
    authservId: 'x',
    results: [{ method: 'dkim', result: 'pass', properties }],
  });
  assert.ok(value.split('\r\n').every((line) => line.length <= 72));
});

const claims: readonly (readonly [field: string, ours: boolean])[] = [
  ['Authentication-Results: mx.example.com; dkim=pass', true],
  ['authentication-results: MX.Example.COM; dkim=pass', true],
  ['Authentication-Results: mx.example.com. 1; none', true],
  ['Authentication-Results: (x) "mx.example.com" (y); dkim=pass', true],
  ['Authentication-Results:\r\n mx.example.com\r\n ; dkim=pass', true],
  ['Authentication-Results: xn--mx-bcher-95a.example; dkim=pass', true],
  ['Authentication-Results: ; dkim=pass', true],
  ['Authentication-Results: mx.example.org; dkim=pass', false],
  ['X-Authentication-Results: mx.example.com; dkim=pass', false],
];

for (const [field, ours] of claims) {
  test(`${JSON.stringify(field)} ${ours ? 'goes' : 'stays'} (RFC 8601 §5)`, () => {
    const [only] = HeaderFields.scan(Buffer.from(`${field}\r\n\r\n`));
    assert.equal(claimsToBeOurs(only!, ['mx.example.com', 'mx-bücher.example']), ours);
  });
}

test('results of our own fields are gathered in order, as they are written', () => {
  const section = HeaderFields.scan(
    Buffer.from(
      'Authentication-Results: mx.example.com; arc=none\r\n' +
        'Authentication-Results: mx.example.com; spf=pass (a;b) smtp.mailfrom="x;y"@example.net;\r\n dkim=none\r\n' +
        'Authentication-Results: other.example; dmarc=pass\r\n\r\n',
    ),
  );
  assert.equal(
    gatherResults(section, 'mx.example.com'),
    'mx.example.com;\r\n\tarc=none;\r\n\tspf=pass (a;b) smtp.mailfrom="x;y"@example.net;\r\n\tdkim=none',
  );
  assert.equal(gatherResults(section, 'nobody.example'), 'nobody.example; none');
});

test('verdicts as results', () => {
  assert.deepEqual(dkimResult({ status: 'none' }), { method: 'dkim', result: 'none' });
  assert.deepEqual(arcResult({ status: 'pass', oldestPass: 2 }), {
    method: 'arc',
    result: 'pass',
    properties: { 'header.oldest-pass': '2' },
  });
  assert.deepEqual(arcResult({ status: 'fail' }, 'no key'), {
    method: 'arc',
    result: 'fail',
    reason: 'no key',
  });
  const signature = {
    asciiDomain: 'example.com',
    selector: 's',
    algorithm: 'rsa-sha256',
    identity: '@example.com',
    signature: Buffer.from('sixteen octets!!'),
  };
  assert.equal(
    brief(dkimResult({ status: 'pass', signature, key: { kind: 'rsa', bits: 2048, testing: true } }, 'why')),
    'dkim=pass (2048-bit key, testing) "why" header.d=example.com header.i=@example.com header.s=s header.a=rsa-sha256 header.b=c2l4dGVl',
  );
});

test('deep comments, many results and long fields cost one walk', () => {
  assert.equal(parseAuthenticationResults(`x.example; ${'('.repeat(500_000)}`)?.results.length, 0);
  assert.equal(parseAuthenticationResults(`x.example${'; a=b'.repeat(100_000)}`)?.results.length, 100);
  const properties = parseAuthenticationResults(`x.example; a=b${' c.d=e'.repeat(100_000)}`)?.results[0]
    ?.properties;
  assert.deepEqual(properties, { 'c.d': 'e' });
});
