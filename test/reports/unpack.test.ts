/** Unpacking reports, and bombs (RFC 9990 §8.1). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateRawSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { unpackReport } from 'mailwright/reports';
import { zipOf } from './zip.ts';

const content = Buffer.from('<feedback/>'.repeat(100));

async function outcome(packed: Uint8Array, most = 1_000_000): Promise<string> {
  const unpacked = await unpackReport(packed, most);
  return unpacked.ok ? Buffer.from(unpacked.octets).toString() : unpacked.why;
}

const whole = content.toString();
const zip = zipOf('report.xml', content);
const bomb = gzipSync(Buffer.alloc(50_000_000));

const table: readonly [what: string, packed: Uint8Array, outcome: string][] = [
  ['plain', content, whole],
  ['gzip', gzipSync(content), whole],
  ['zip, deflated', zip, whole],
  ['zip, stored', zipOf('report.xml', content, { method: 0 }), whole],
  [
    'zip with a comment',
    Buffer.concat([zip.subarray(0, -2), Buffer.from([3, 0]), Buffer.from('abc')]),
    whole,
  ],
  ['gzip within zip', zipOf('report.xml.gz', gzipSync(content)), whole],
  ['gzip within gzip within gzip', gzipSync(gzipSync(gzipSync(content))), 'unsupported'],
  ['gzip, cut off', gzipSync(content).subarray(0, -20), 'corrupt'],
  ['zip, cut off', zip.subarray(0, -30), 'corrupt'],
  ['zip, encrypted', zipOf('report.xml', content, { flags: 1 }), 'unsupported'],
  ['zip by another method', zipOf('report.xml', content, { method: 12 }), 'unsupported'],
  ['zip of which a place is wrong', zipOf('report.xml', content, { central: 1 << 30 }), 'corrupt'],
  ['a gzip bomb', bomb, 'too-large'],
  ['a zip bomb', zipOf('a', Buffer.alloc(50_000_000)), 'too-large'],
  ['a bomb within a zip', zipOf('a.gz', bomb), 'too-large'],
  ['a stored giant', zipOf('a', Buffer.alloc(2_000_000), { method: 0 }), 'too-large'],
  ['a plain giant', Buffer.alloc(2_000_000), 'too-large'],
];

for (const [what, packed, expected] of table) {
  test(`unpack: ${what}`, async () => assert.equal(await outcome(packed), expected));
}

test('a bomb costs its bound, not its size', async () => {
  const before = process.memoryUsage().arrayBuffers;
  assert.equal(await outcome(bomb, 100_000), 'too-large');
  assert.ok(process.memoryUsage().arrayBuffers - before < 10_000_000);
});

test('octets changed anywhere never make it throw', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(gzipSync(content), zip, deflateRawSync(content)),
      fc.nat(),
      fc.nat(255),
      async (packed, at, octet) => {
        const broken = Buffer.from(packed);
        broken[at % broken.length] = octet;
        await unpackReport(broken, 1_000_000);
      },
    ),
  );
});
