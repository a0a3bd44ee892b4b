import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { VirtualClock } from 'mailwright/testing';

const week = 7 * 86_400_000;

test('timers fire in the order of their times, and each finds its own time', async () => {
  const clock = new VirtualClock({ start: 1000 });
  const fired: [number, string][] = [];
  const note = (name: string) => () => fired.push([clock.now(), name]);
  clock.after(week, note('late'));
  clock.after(5, note('soon'));
  clock.after(5, note('soon, set second'));
  clock.after(0, note('at once'));
  await clock.run();
  assert.deepEqual(fired, [
    [1000, 'at once'],
    [1005, 'soon'],
    [1005, 'soon, set second'],
    [1000 + week, 'late'],
  ]);
  assert.equal(clock.pending, 0);
});

test('what a timer sets off is over before the next one fires', async () => {
  const clock = new VirtualClock({ start: 0 });
  const steps: string[] = [];
  clock.after(1, async () => {
    for (let round = 0; round < 5; round++) {
      await new Promise((resolve) => process.nextTick(resolve));
      await new Promise((resolve) => setImmediate(resolve));
    }
    steps.push('work');
    clock.after(0, () => steps.push('timer of its own'));
  });
  clock.after(2, () => steps.push('next'));
  await clock.run();
  assert.deepEqual(steps, ['work', 'timer of its own', 'next']);
});

test('a run ends at its time or at a word, and can go on', async () => {
  const clock = new VirtualClock({ start: 0 });
  let fired = 0;
  const again = () => {
    fired += 1;
    clock.after(10, again);
  };
  clock.after(10, again);
  await clock.run({ until: 35 });
  assert.deepEqual([fired, clock.now()], [3, 35]);
  await clock.run({ stop: () => fired === 5 });
  assert.deepEqual([fired, clock.now()], [5, 50]);
});

test('a cancelled timer does not fire, however often it is cancelled', async () => {
  const clock = new VirtualClock();
  let fired = 0;
  const cancels = Array.from({ length: 1000 }, () => clock.after(5, () => (fired += 1)));
  for (const cancel of cancels.slice(1)) {
    cancel();
    cancel();
  }
  assert.equal(clock.pending, 1);
  await clock.run();
  cancels[0]?.();
  assert.deepEqual([fired, clock.pending], [1, 0]);
});

test('a wait without end is none', async () => {
  const clock = new VirtualClock({ start: 0 });
  clock.after(Number.POSITIVE_INFINITY, () => assert.fail());
  await clock.run();
  assert.equal(clock.now(), 0);
});

test('what never comes to rest is an error and no hanging test', async () => {
  const ticking = new VirtualClock({ maxSteps: 100 });
  const tick = () => void ticking.after(1, tick);
  tick();
  await assert.rejects(ticking.run(), { name: 'VirtualClockError', code: 'CLOCK_RUNAWAY' });

  const busy = new VirtualClock();
  let over = false;
  const spin = () => {
    busy.after(1, () => {})();
    if (!over) setImmediate(spin);
  };
  spin();
  await assert.rejects(busy.run(), { code: 'CLOCK_RUNAWAY' });
  over = true;
});

test('a clock is run by one at a time; what a timer throws comes out of the run', async () => {
  const clock = new VirtualClock();
  clock.after(1, () => {
    throw new Error('of the timer');
  });
  const running = clock.run();
  await assert.rejects(clock.run(), { code: 'CLOCK_BUSY' });
  await assert.rejects(running, /of the timer/);
});

test('whatever is set and cancelled, what is left fires in order', async () => {
  const plans = fc.array(fc.record({ ms: fc.nat(50), cancel: fc.boolean() }), { maxLength: 300 });
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => {
      const clock = new VirtualClock({ start: 0 });
      const fired: number[] = [];
      const cancels = plan.map(({ ms }, index) => clock.after(ms, () => fired.push(index)));
      plan.forEach(({ cancel }, index) => {
        if (cancel) cancels[index]?.();
      });
      await clock.run();
      const expected = plan
        .map((entry, index) => ({ ...entry, index }))
        .filter(({ cancel }) => !cancel)
        .sort((a, b) => a.ms - b.ms || a.index - b.index)
        .map(({ index }) => index);
      assert.deepEqual(fired, expected);
    }),
    { numRuns: 50 },
  );
});
