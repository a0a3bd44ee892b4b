import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { RateWindows, type Window } from '../../src/upstream/rate-windows.ts';

suite('rate windows', () => {
  test('the moments of a burst, by hand', () => {
    const windows = new RateWindows([
      { count: 2, ms: 100 },
      { count: 3, ms: 1000 },
    ]);
    const moments = Array.from({ length: 5 }, () => windows.reserve(0, Infinity));
    assert.deepEqual(moments, [0, 0, 100, 1000, 1000]);
  });

  test('what would be too late is not given out', () => {
    const windows = new RateWindows([{ count: 1, ms: 100 }]);
    assert.deepEqual(
      [windows.reserve(0, 50), windows.reserve(0, 50), windows.reserve(60, 100)],
      [0, null, 100],
    );
  });

  test('without windows, everything is at once', () => {
    assert.equal(new RateWindows([]).reserve(7, 7), 7);
  });

  test('a clock that is set back takes along what was given out', () => {
    const windows = new RateWindows([{ count: 2, ms: 100 }]);
    assert.deepEqual([windows.reserve(5000, 5000), windows.reserve(5000, 5000)], [5000, 5000]);
    assert.deepEqual([windows.reserve(1000, 1050), windows.reserve(1010, 1100)], [null, 1100]);
    const unlimited = new RateWindows([]);
    assert.deepEqual([unlimited.reserve(5000, 5000), unlimited.reserve(1000, 1000)], [5000, 1000]);
  });

  test('law: no stretch of any window has more moments than it may, and none is later than it must be', () => {
    const window = fc.record({ count: fc.integer({ min: 1, max: 5 }), ms: fc.integer({ min: 1, max: 50 }) });
    const pauses = fc.array(fc.nat(20), { maxLength: 60 });
    fc.assert(
      fc.property(fc.array(window, { maxLength: 3 }), pauses, (limits, waits) => {
        const windows = new RateWindows(limits);
        const given: number[] = [];
        let now = 0;
        for (const wait of waits) {
          now += wait;
          const moment = windows.reserve(now, Infinity) ?? Number.NaN;
          assert.equal(moment, soonest(given, limits, now));
          given.push(moment);
        }
      }),
    );
  });
});

/** By looking at all that was given so far. */
function soonest(given: readonly number[], limits: readonly Window[], now: number): number {
  let moment = Math.max(now, given.at(-1) ?? 0);
  const fits = ({ count, ms }: Window) => given.filter((each) => each > moment - ms).length < count;
  while (!limits.every(fits)) moment += 1;
  return moment;
}
