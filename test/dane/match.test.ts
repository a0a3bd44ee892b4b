/** TLSA records against certificates (RFC 7672 §3, RFC 7671 §5, §9). */
import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { matchTlsa } from 'mailwright/dane';
import type { TlsaData } from 'mailwright/dns';
import { rootPem, serverPem } from './certificates.ts';

const server = new X509Certificate(serverPem);
const root = new X509Certificate(rootPem);
const now = Date.UTC(2030, 0, 1);

function record(usage: number, selector: number, matching: number, of: X509Certificate): TlsaData {
  const whole = selector === 0 ? of.raw : of.publicKey.export({ type: 'spki', format: 'der' });
  const hash = matching === 2 ? 'sha512' : 'sha256';
  return {
    usage,
    selector,
    matching,
    data: matching === 0 ? whole : createHash(hash).update(whole).digest(),
  };
}

const chain = [server.raw, root.raw];
const names = ['mx.example.com'];

test('usage 3: the server’s own certificate or key, whatever its names and dates (RFC 7672 §3.1.1)', () => {
  const facts = { certificates: [server.raw], names: ['other.example'], now: Date.UTC(2099, 0, 1) };
  for (const selector of [0, 1]) {
    for (const matching of [0, 1, 2]) {
      const own = record(3, selector, matching, server);
      assert.deepEqual(matchTlsa([own], facts), { matched: true, record: own });
      assert.equal(matchTlsa([record(3, selector, matching, root)], facts).matched, false);
    }
  }
});

const anchored: readonly [
  what: string,
  record: TlsaData,
  facts: Partial<Parameters<typeof matchTlsa>[1]>,
  outcome: string,
][] = [
  ['the root by its key', record(2, 1, 1, root), {}, 'matched'],
  ['the root as a whole certificate', record(2, 0, 2, root), {}, 'matched'],
  ['a certificate that is its own anchor', record(2, 0, 1, server), {}, 'matched'],
  [
    'a root that is not sent and in DNS whole (RFC 7671 §5.2.2)',
    record(2, 0, 0, root),
    { certificates: [server.raw] },
    'matched',
  ],
  [
    'a key that is not sent and in DNS whole',
    record(2, 1, 0, root),
    { certificates: [server.raw] },
    'matched',
  ],
  [
    'a root that is not sent, by a digest',
    record(2, 0, 1, root),
    { certificates: [server.raw] },
    'validation-failure',
  ],
  ['a wildcard in the certificate', record(2, 1, 1, root), { names: ['a.mail.example.com'] }, 'matched'],
  [
    'another name (RFC 7672 §3.1.2)',
    record(2, 1, 1, root),
    { names: ['mx.example.net'] },
    'certificate-host-mismatch',
  ],
  ['too late', record(2, 1, 1, root), { now: Date.UTC(2099, 0, 1) }, 'certificate-expired'],
  ['too early', record(2, 1, 1, root), { now: 0 }, 'certificate-expired'],
  [
    'another root',
    { usage: 2, selector: 0, matching: 0, data: server.raw },
    { certificates: [root.raw] },
    'validation-failure',
  ],
  ['no certificate', record(2, 1, 1, root), { certificates: [] }, 'validation-failure'],
  [
    'octets that are none',
    record(2, 1, 1, root),
    { certificates: [new Uint8Array(50)] },
    'validation-failure',
  ],
  [
    'an anchor in DNS that is none',
    { usage: 2, selector: 0, matching: 0, data: new Uint8Array(9) },
    {},
    'validation-failure',
  ],
  [
    'a key in DNS that is none',
    { usage: 2, selector: 1, matching: 0, data: new Uint8Array(9) },
    {},
    'validation-failure',
  ],
];

for (const [what, tlsa, facts, outcome] of anchored) {
  test(`usage 2: ${what}`, () => {
    const match = matchTlsa([tlsa], { certificates: chain, names, now, ...facts });
    assert.equal(match.matched ? 'matched' : match.why, outcome);
  });
}

test('of digests for one usage and selector only the strongest counts (RFC 7671 §9)', () => {
  const weak = record(3, 1, 1, server);
  const strong = record(3, 1, 2, root);
  const facts = { certificates: chain, names, now };
  assert.equal(matchTlsa([weak, strong], facts).matched, false);
  assert.equal(matchTlsa([weak, record(3, 0, 2, root)], facts).matched, true);
});

test('a certificate whose key nobody can read matches nothing, and makes nobody throw', () => {
  const octets = Buffer.from(root.raw);
  // The algorithm of the key becomes one that there is not: id-ecPublicKey, or rsaEncryption.
  const [algorithm = Buffer.of()] = ['06072a8648ce3d0201', '06092a864886f70d010101']
    .map((hex) => Buffer.from(hex, 'hex'))
    .filter((oid) => octets.includes(oid));
  octets[octets.indexOf(algorithm) + algorithm.length - 1] = 0x7f;
  assert.throws(() => new X509Certificate(octets).publicKey);
  const unread = { names, now };
  for (const selector of [0, 1]) {
    const records = [record(2, selector, 1, root), record(3, selector, 1, root)];
    assert.equal(matchTlsa(records, { ...unread, certificates: [server.raw, octets] }).matched, false);
    assert.equal(matchTlsa(records, { ...unread, certificates: [octets, root.raw] }).matched, false);
  }
  const whole = { ...record(2, 0, 0, root), data: octets };
  assert.equal(matchTlsa([whole], { ...unread, certificates: [server.raw] }).matched, false);
});
