/** Permits: never more than there are, first come first served, and all back in the end, whatever happens. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { VirtualClock } from 'mailwright/testing';
import { Permits, type Unavailable } from '../../src/upstream/permits.ts';

function setUp(limit: number, line = 100) {
  const clock = new VirtualClock();
  const permits = new Permits({ limit, line, clock });
  const log: string[] = [];
  /** Work that lasts until its Promise is settled by the test. */
  const begin = (name: string, count = 1, patience = 1000, signal?: AbortSignal) => {
    const work = Promise.withResolvers<string>();
    const ended = permits.hold(
      () => {
        log.push(`${name} begins`);
        return work.promise;
      },
      (why: Unavailable) => why,
      { count, patience, ...(signal && { signal }) },
    );
    return { ended, finish: () => work.resolve('done'), fail: () => work.reject(new Error(name)) };
  };
  return { clock, permits, log, begin };
}

suite('permits', () => {
  test('what is free is taken at once, before hold returns', () => {
    const { begin, log, permits } = setUp(2);
    begin('a');
    begin('b');
    begin('c');
    assert.deepEqual(log, ['a begins', 'b begins']);
    assert.deepEqual([permits.inUse, permits.waiting], [2, 1]);
  });

  test('work that fails gives back too, and the next in line goes on', async () => {
    const { begin, log, permits } = setUp(1);
    const [a, b] = [begin('a'), begin('b')];
    a.fail();
    await assert.rejects(a.ended, /^Error: a$/);
    assert.deepEqual(log, ['a begins', 'b begins']);
    b.finish();
    assert.equal(await b.ended, 'done');
    assert.equal(permits.inUse, 0);
  });

  test('work that throws before its first await gives back', async () => {
    const { permits } = setUp(1);
    const thrown = permits.hold(
      () => {
        throw new Error('at once');
      },
      () => {},
      { patience: 0 },
    );
    await assert.rejects(thrown, /at once/);
    assert.equal(permits.inUse, 0);
  });

  test('the line is bounded in length and in time, and ends when whoever waits goes', async () => {
    const { begin, clock, permits } = setUp(1, 2);
    const control = new AbortController();
    begin('a');
    const waits = begin('b', 1, 500);
    const goes = begin('c', 1, 500, control.signal);
    assert.ok(permits.full);
    assert.equal(await begin('d').ended, 'full');
    control.abort();
    assert.equal(await goes.ended, 'gone');
    assert.equal(await begin('e', 1, 500, control.signal).ended, 'gone');
    await clock.run();
    assert.equal(await waits.ended, 'timeout');
    assert.equal(clock.now() - Date.UTC(2026, 0), 500);
    assert.deepEqual([permits.inUse, permits.waiting, permits.full], [1, 0, false]);
  });

  test('one that wants many is not overtaken, and holds up nobody once it has left', async () => {
    const { begin, clock, log } = setUp(3);
    begin('a');
    begin('many', 3, 500);
    begin('b');
    assert.deepEqual(log, ['a begins']);
    await clock.run({ until: clock.now() + 600 });
    assert.deepEqual(log, ['a begins', 'b begins']);
  });

  test('more than there are in all: those that there are', async () => {
    const { begin, permits } = setUp(3);
    const all = begin('all', 10);
    assert.equal(permits.inUse, 3);
    all.finish();
    await all.ended;
    assert.equal(permits.inUse, 0);
  });

  test('a grant grows only by what is free and nobody waits for', async () => {
    const { permits, begin } = setUp(4);
    const grown: boolean[] = [];
    const hold = permits.hold(
      async ({ more }) => {
        grown.push(more(3), more(1));
        begin('waits');
        grown.push(more(0));
      },
      () => {},
      { patience: 0 },
    );
    await hold;
    assert.deepEqual(grown, [true, false, false]);
    assert.equal(permits.inUse, 1);
  });

  test('law: whatever is asked for, done, cut off and waited for, the limit holds and all come back', async () => {
    const step = fc.record({
      deed: fc.constantFrom('begin', 'finish', 'fail', 'abort', 'wait', 'grow', 'limit'),
      number: fc.nat(9),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(step, { maxLength: 60 }),
        async (limit, steps) => {
          const clock = new VirtualClock();
          const permits = new Permits({ limit, line: 6, clock });
          let held = 0;
          let greatest = limit;
          const works: {
            resolve: () => void;
            reject: () => void;
            grow: () => void;
            control: AbortController;
          }[] = [];
          const all: Promise<unknown>[] = [];
          for (const { deed, number } of steps) {
            const work = works[number % Math.max(works.length, 1)];
            if (deed === 'begin') {
              const { promise, resolve, reject } = Promise.withResolvers<void>();
              const control = new AbortController();
              const count = 1 + (number % 3);
              let own = Math.min(count, permits.limit);
              // It may be rejected before it is begun.
              promise.catch(() => {});
              const entry = { resolve, reject: () => reject(new Error('work')), grow: () => {}, control };
              works.push(entry);
              const hold = permits.hold(
                async ({ more }) => {
                  held += own;
                  entry.grow = () => {
                    if (!more(1)) return;
                    held += 1;
                    own += 1;
                  };
                  try {
                    await promise;
                  } finally {
                    entry.grow = () => {};
                    held -= own;
                  }
                },
                () => {},
                { count, patience: 100 * number, signal: control.signal },
              );
              all.push(hold.catch(() => {}));
            } else if (deed === 'finish') work?.resolve();
            else if (deed === 'fail') work?.reject();
            else if (deed === 'abort') work?.control.abort();
            else if (deed === 'grow') work?.grow();
            else if (deed === 'wait') await clock.run({ until: clock.now() + 50 * number });
            else {
              permits.limit = Math.max(limit, number);
              greatest = Math.max(greatest, number);
            }
            assert.ok(permits.inUse <= greatest, 'never more than the limit ever was');
            assert.ok(permits.waiting <= 6);
            // All that follows from it has happened by the next turn of the event loop.
            await setImmediate();
            assert.equal(permits.inUse, held, 'each permit belongs to work that is under way');
          }
          for (const { resolve } of works) resolve();
          await clock.run();
          await Promise.all(all);
          assert.deepEqual([permits.inUse, permits.waiting], [0, 0]);
        },
      ),
      { numRuns: 200 },
    );
  });
});
