/** Assertion records, indicators, and mark certificates. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import {
  type BimiDmarcFacts,
  fetchIndicator,
  findBimi,
  indicatorFault,
  parseBimiRecord,
  parseBimiSelector,
  readMarkCertificate,
} from 'mailwright/bimi';
import { ZoneResolver } from 'mailwright/dns';
import { rootPem } from '../dane/certificates.ts';
import { markPem } from './certificates.ts';

test('records', () => {
  const kinds: readonly [text: string, kind: string][] = [
    ['v=BIMI1; l=https://example.com/a.svg; a=https://example.com/a.pem', 'record'],
    ['v=BIMI1; l=; a=https://example.com/a.pem', 'record'],
    ['v=BIMI1; l=; a=;', 'declined'],
    ['v=BIMI1; l=;', 'declined'],
    ['v=BIMI1; l=http://example.com/a.svg', 'bad'],
    ['v=BIMI1; l=javascript:alert(1)', 'bad'],
    ['v=BIMI1', 'bad'],
    ['v=BIMI1; l=https://a.example/; l=https://b.example/', 'bad'],
    ['v=spf1 -all', 'none'],
  ];
  for (const [text, kind] of kinds) assert.equal(parseBimiRecord(text).kind, kind, text);
});

test('selectors', () => {
  assert.equal(parseBimiSelector('v=BIMI1; s=Winter'), 'winter');
  assert.equal(parseBimiSelector('v=BIMI1; s=a.b'), 'a.b');
  for (const value of ['s=a', 'v=BIMI1', 'v=BIMI1; s=', 'v=BIMI1; s=a b', `v=BIMI1; s=${'a'.repeat(300)}`]) {
    assert.equal(parseBimiSelector(value), null, value);
  }
});

const record = { p: 'reject', pct: 100, testing: false };
const passed: BimiDmarcFacts = {
  result: 'pass',
  authorDomain: 'news.example.com',
  policy: { policy: 'reject', record },
};

test('only mail that passed an enforced policy has an indicator', async () => {
  const zone = new ZoneResolver({
    'default._bimi.example.com': { TXT: ['v=BIMI1; l=https://example.com/a.svg'] },
  });
  const kind = async (facts: Partial<BimiDmarcFacts>) =>
    (await findBimi({ ...passed, ...facts }, zone, { organizationalDomain: 'example.com' })).kind;
  assert.equal(await kind({}), 'record');
  for (const facts of [
    { result: 'fail' },
    { authorDomain: null },
    { policy: null },
    { policy: { policy: 'none', record: { ...record, p: 'none' } } },
    { policy: { policy: 'reject', record: { ...record, sp: 'none' } } },
    { policy: { policy: 'reject', record: { ...record, pct: 50 } } },
    { policy: { policy: 'reject', record: { ...record, testing: true } } },
  ]) {
    assert.equal(await kind(facts), 'skipped', JSON.stringify(facts));
  }
});

test('the author’s own domain comes first, then the organization’s', async () => {
  const zone = new ZoneResolver({
    'default._bimi.example.com': { TXT: ['v=BIMI1; l=https://example.com/a.svg'] },
    'default._bimi.news.example.com': { TXT: ['v=BIMI1; l='] },
    'two._bimi.news.example.com': { TXT: ['v=BIMI1; l=', 'v=BIMI1; l='] },
    'slow._bimi.news.example.com': 'TIMEOUT',
  });
  const options = { organizationalDomain: 'example.com' };
  assert.equal((await findBimi(passed, zone, options)).kind, 'declined');
  assert.equal((await findBimi(passed, zone, { ...options, selector: 'two' })).kind, 'bad');
  assert.equal((await findBimi(passed, zone, { ...options, selector: 'slow' })).kind, 'failure');
  assert.equal((await findBimi(passed, zone, { ...options, selector: 'no' })).kind, 'none');
});

const head = '<svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps">';
const title = '<title>Example</title>';

test('indicators', () => {
  const table: readonly [svg: string, fault: string | null][] = [
    [`<?xml version="1.0"?>${head}${title}<path d="M0 0"/></svg>`, null],
    [`${head}${title}<use xlink:href="#a" fill="url(#b)"/></svg>`, null],
    [`${head}</svg>`, 'no-title'],
    [`${head}<title> </title></svg>`, 'no-title'],
    [`${head}<g>${title}</g></svg>`, 'no-title'],
    [`<svg>${title}</svg>`, 'wrong-profile'],
    [`<html>${title}</html>`, 'not-svg'],
    [`${head}${title}`, 'not-svg'],
    [`<!DOCTYPE svg [<!ENTITY a "b">]>${head}${title}</svg>`, 'not-svg'],
    [`${head}${title}<script>1</script></svg>`, 'active-content'],
    [`${head}${title}<svg:script>1</svg:script></svg>`, 'active-content'],
    [`${head}${title}<animate/></svg>`, 'active-content'],
    [`${head}${title}<g onclick="x"/></svg>`, 'active-content'],
    [`${head}${title}<use xlink:href="https://evil.example/"/></svg>`, 'external-reference'],
    [`${head}${title}<g fill="url( 'https://evil.example/')"/></svg>`, 'external-reference'],
    [`${head}${title}<style>@import "https://evil.example/"</style></svg>`, 'external-reference'],
    [`${head}${title}<path d="${'0'.repeat(40_000)}"/></svg>`, 'too-large'],
  ];
  for (const [svg, fault] of table) assert.equal(indicatorFault(Buffer.from(svg)), fault, svg.slice(70, 160));
});

test('an indicator is looked at before it is handed out', async () => {
  const serve =
    (body: string, status = 200) =>
    async () => ({
      status,
      headers: { get: () => 'image/svg+xml' },
      body: (async function* () {
        yield Buffer.from(body);
      })(),
    });
  const got = await fetchIndicator('https://example.com/a.svg', serve(`${head}${title}</svg>`));
  assert.ok(got.ok);
  assert.deepEqual(await fetchIndicator('https://example.com/', serve('<html/>')), {
    ok: false,
    why: 'not-svg',
  });
  assert.deepEqual(await fetchIndicator('https://example.com/', serve('', 302)), {
    ok: false,
    why: 'status',
  });
  const large = await fetchIndicator('https://example.com/', serve('x'.repeat(40_000)));
  assert.deepEqual(large, { ok: false, why: 'too-large' });
});

const now = Date.UTC(2030, 0, 1);
const both = Buffer.from(`${markPem}\n${rootPem}\n`);

test('a mark certificate with its indicator', () => {
  const read = readMarkCertificate(both, { domain: 'example.com', now, roots: [rootPem] });
  assert.ok(read.ok);
  assert.equal(read.trusted, true);
  assert.deepEqual([read.certificate.names, read.certificate.markType], [['example.com'], 'Registered Mark']);
  assert.equal(indicatorFault(gunzipSync(read.certificate.indicator ?? new Uint8Array())), null);
});

test('mark certificates that do not do', () => {
  const why = (pem: Buffer, more = {}) => {
    const read = readMarkCertificate(pem, { domain: 'example.com', now, ...more });
    return read.ok ? `trusted ${read.trusted}` : read.why;
  };
  assert.equal(why(both), 'trusted false');
  assert.equal(why(Buffer.from(markPem), { roots: [rootPem] }), 'trusted true');
  assert.equal(why(both, { domain: 'example.net' }), 'wrong-domain');
  assert.equal(why(both, { now: Date.UTC(2050, 0, 1) }), 'expired');
  assert.equal(why(Buffer.from(rootPem)), 'not-a-mark-certificate');
  assert.equal(why(Buffer.from(`${markPem}\n${markPem}`)), 'broken-chain');
  assert.equal(why(Buffer.from('')), 'syntax');
  assert.equal(why(Buffer.from('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----')), 'syntax');
  assert.equal(why(Buffer.alloc(300_000)), 'too-large');
});

test('octets changed anywhere in a certificate never make it throw', () => {
  for (let at = 0; at < markPem.length; at += 7) {
    const broken = Buffer.from(markPem);
    broken[at] = broken[at] === 0x41 ? 0x42 : 0x41;
    readMarkCertificate(broken, { domain: 'example.com', now });
  }
});
