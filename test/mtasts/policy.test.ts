/** MTA-STS records and policies as text (RFC 8461 §3.1, §3.2, §4.1). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ZoneResolver } from 'mailwright/dns';
import {
  findMtaStsRecord,
  formatMtaStsPolicy,
  type MtaStsPolicy,
  mtaStsAllows,
  parseMtaStsPolicy,
  parseMtaStsRecord,
  serveMtaSts,
} from 'mailwright/mtasts';

test('records', () => {
  const table: readonly [text: string, id: string | null][] = [
    ['v=STSv1; id=20160831085700Z;', '20160831085700Z'],
    ['v=STSv1;id=1', '1'],
    ['v=STSv1; ext=x; id=a', 'a'],
    ['v=STSv1;', null],
    ['v=STSv1; id=', null],
    ['v=STSv1; id=a-b', null],
    [`v=STSv1; id=${'a'.repeat(33)}`, null],
    ['v=STSv2; id=1', null],
    ['id=1; v=STSv1', null],
  ];
  for (const [text, id] of table) assert.equal(parseMtaStsRecord(text), id, text);
});

test('two records are none (RFC 8461 §3.1)', async () => {
  const zone = new ZoneResolver({
    '_mta-sts.one.example': { TXT: ['other', 'v=STSv1; id=1'] },
    '_mta-sts.two.example': { TXT: ['v=STSv1; id=1', 'v=STSv1; id=2'] },
    '_mta-sts.slow.example': 'TIMEOUT',
  });
  const kinds = ['one.example', 'two.example', 'no.example', 'slow.example'].map(
    async (domain) => (await findMtaStsRecord(domain, zone)).kind,
  );
  assert.deepEqual(await Promise.all(kinds), ['record', 'none', 'none', 'failure']);
});

const enforce = { mode: 'enforce', maxAge: 604_800, mx: ['mail.example.com', '*.example.net'] } as const;

const policies: readonly [text: string, policy: MtaStsPolicy | null][] = [
  // RFC 8461 §3.2's example.
  [
    'version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.example.net\r\nmax_age: 604800\r\n',
    enforce,
  ],
  ['version:STSv1\nmode:enforce\nmx:MAIL.example.com\nmx:*.example.net\nmax_age:604800', enforce],
  ['version: STSv1\nmode: none\nmax_age: 1\n', { mode: 'none', maxAge: 1, mx: [] }],
  [
    'version: STSv1\nmode: testing\nmode: none\nmx: a.example\nmax_age: 1\nnew: x\n',
    { mode: 'testing', maxAge: 1, mx: ['a.example'] },
  ],
  ['version: STSv1\nmode: none\nmax_age: 9999999999\n', { mode: 'none', maxAge: 31_557_600, mx: [] }],
  ['version: STSv1\nmode: enforce\nmax_age: 1\n', null],
  ['version: STSv1\nmode: strict\nmx: a.example\nmax_age: 1\n', null],
  ['version: STSv2\nmode: none\nmax_age: 1\n', null],
  ['mode: none\nmax_age: 1\n', null],
  ['version: STSv1\nmode: none\nmax_age: -1\n', null],
  ['version: STSv1\nmode: enforce\nmx: *.*.example\nmax_age: 1\n', null],
  ['version: STSv1\nmode: none\nmax_age: 1\n<html>', null],
  [`version: STSv1\nmode: none\nmax_age: 1\n${'\n'.repeat(70_000)}`, null],
];

test('policies', () => {
  for (const [text, policy] of policies) assert.deepEqual(parseMtaStsPolicy(text), policy, text.slice(0, 80));
});

test('what is written is read again', () => {
  const name = fc.constantFrom('mx.example.com', '*.example.com', 'a-b.example');
  const policy = fc.record(
    {
      mode: fc.constantFrom('enforce', 'testing', 'none'),
      maxAge: fc.integer({ min: 0, max: 31_557_600 }),
      mx: fc.array(name, { minLength: 1, maxLength: 5 }),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(policy, (each) => assert.deepEqual(parseMtaStsPolicy(formatMtaStsPolicy(each)), each)),
  );
});

test('a wildcard stands for one label (RFC 8461 §4.1)', () => {
  const table: readonly [host: string, allowed: boolean][] = [
    ['mail.example.com', true],
    ['MAIL.Example.com.', true],
    ['mx1.example.net', true],
    ['a.mx1.example.net', false],
    ['example.net', false],
    ['other.example.com', false],
  ];
  for (const [host, allowed] of table) assert.equal(mtaStsAllows(enforce, host), allowed, host);
});

test('serving', () => {
  const request = { method: 'GET', host: 'mta-sts.Example.com:443', path: '/.well-known/mta-sts.txt' };
  const policyOf = (domain: string) => (domain === 'example.com' ? enforce : undefined);
  const served = serveMtaSts(request, policyOf);
  assert.deepEqual([served.status, served.headers['content-type']], [200, 'text/plain']);
  assert.deepEqual(parseMtaStsPolicy(served.body), enforce);
  assert.equal(serveMtaSts({ ...request, method: 'HEAD' }, policyOf).body, '');
  assert.equal(serveMtaSts({ ...request, method: 'POST' }, policyOf).status, 405);
  for (const other of [{ host: 'example.com' }, { host: 'mta-sts.example.net' }, { path: '/' }]) {
    assert.equal(serveMtaSts({ ...request, ...other }, policyOf).status, 404);
  }
});
