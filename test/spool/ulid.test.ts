import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ulids } from 'mailwright/spool';

const zeros = (octets: number) => new Uint8Array(octets);
const ones = (octets: number) => new Uint8Array(octets).fill(0xff);

test('the time and the random part stand in the text', () => {
  const table: readonly [now: number, random: (octets: number) => Uint8Array, expected: string][] = [
    [0, zeros, '00000000000000000000000000'],
    // The time of the example in the specification.
    [1469918176385, zeros, '01ARYZ6S410000000000000000'],
    [2 ** 48 - 1, zeros, '7ZZZZZZZZZ0000000000000000'],
    // The top bit stays clear, so that counting on never overflows.
    [0, ones, '0000000000FZZZZZZZZZZZZZZZ'],
  ];
  for (const [now, random, expected] of table) {
    assert.equal(ulids({ now: () => now, random })(), expected);
  }
});

test('ids rise while the clock stands still, and when it goes back', () => {
  const clock = [5, 5, 5, 4, 1, 5, 6];
  const next = ulids({ now: () => clock.shift() ?? 0, random: ones });
  const ids = Array.from({ length: 7 }, next);
  assert.deepEqual(ids, [...new Set(ids)].sort());
  assert.equal(ids[1], '0000000005G000000000000000');
});

test('ids of one millisecond differ from those of another source', () => {
  const sources = [ulids({ now: () => 1 }), ulids({ now: () => 1 })];
  const ids = sources.flatMap((next) => Array.from({ length: 1000 }, next));
  assert.equal(new Set(ids).size, 2000);
});
