/** Which TLSA records can be relied on (RFC 7672 §2.1, §2.2, §3.1). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findTlsa } from 'mailwright/dane';
import { type TlsaData, type ZoneRecords, ZoneResolver } from 'mailwright/dns';

const usable: TlsaData = { usage: 3, selector: 1, matching: 1, data: new Uint8Array(32) };

const table: readonly [
  what: string,
  zone: ZoneRecords | 'SERVFAIL',
  authentic: boolean,
  kind: string,
  count: number,
][] = [
  ['records that DNSSEC vouches for', { TLSA: [usable] }, true, 'records', 1],
  ['records that it does not', { TLSA: [usable] }, false, 'none', 0],
  ['no record', {}, true, 'none', 0],
  ['a forged or missing answer', 'SERVFAIL', true, 'failure', 0],
  // RFC 7672 §3.1.3: the server must have TLS all the same.
  [
    'PKIX usages',
    {
      TLSA: [
        { ...usable, usage: 0 },
        { ...usable, usage: 1 },
      ],
    },
    true,
    'records',
    0,
  ],
  ['a selector that nobody knows', { TLSA: [{ ...usable, selector: 2 }] }, true, 'records', 0],
  ['a digest of another length', { TLSA: [{ ...usable, data: new Uint8Array(31) }] }, true, 'records', 0],
  ['many', { TLSA: Array.from({ length: 1000 }, () => usable) }, true, 'records', 100],
];

for (const [what, records, authentic, kind, count] of table) {
  test(`TLSA: ${what}`, async () => {
    const zone = new ZoneResolver({ '_25._tcp.mx.example.com': records }, { authentic });
    const found = await findTlsa('mx.example.com', 25, zone);
    assert.equal(found.kind, kind);
    if (found.kind === 'records') assert.equal(found.records.length, count);
  });
}
