import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findLineAnomaly } from 'mailwright/bytes';

/** RFC 5321 §2.3.8, an octet at a time. */
function naive(octets: Uint8Array, from: number): number {
  for (let at = from; at < octets.length; at += 1) {
    const before = at > from ? octets[at - 1] : 0;
    const lone = (octets[at] === 0x0a) !== (before === 0x0d);
    if (lone || (octets[at] === 0x2e && before === 0x0a)) return at;
  }
  return octets.length;
}

for (const [text, index] of [
  ['', 0],
  ['text\r\nmore\r\n', 12],
  ['text\nmore', 4],
  ['text\rmore', 5],
  ['text\r\r\n', 5],
  ['text\r', 5],
  ['\n', 0],
  ['a\r\n.', 3],
  ['.\r\na.b', 6],
  [`${'x'.repeat(1023)}\r\n.`, 1025],
  [`${'x'.repeat(1022)}\r\n.`, 1024],
  [`${'x'.repeat(1023)}\n`, 1023],
  [`${'x'.repeat(1023)}\rx`, 1024],
] as const) {
  test(`the first anomaly of ${JSON.stringify(text.replace(/x{9,}/, 'x...'))} is at ${index}`, () => {
    assert.equal(findLineAnomaly(Buffer.from(text), 0), index);
  });
}

test('finds what an octet-wise reading finds, from any place, across windows', () => {
  const piece = fc.constantFrom(
    '\r\n',
    '\r\n',
    '\r\n',
    '.',
    '\r',
    '\n',
    'a',
    'x'.repeat(15),
    'x'.repeat(700),
  );
  const text = fc.array(
    fc.oneof({ weight: 9, arbitrary: fc.constantFrom('\r\n', 'xyz', 'x'.repeat(500)) }, piece),
  );
  fc.assert(
    fc.property(text, fc.nat(), (pieces, start) => {
      const octets = Buffer.from(pieces.join(''), 'latin1');
      const from = octets.length === 0 ? 0 : start % octets.length;
      assert.equal(findLineAnomaly(octets, from), naive(octets, from));
    }),
    { numRuns: 3000 },
  );
});
