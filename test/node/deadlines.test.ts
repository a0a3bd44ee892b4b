/** Deadlines of many sessions with one timer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from 'mailwright/testing';
import { Deadlines, steadyClock, type Waiting } from '../../src/node/deadlines.ts';

function waiting(deadline: number): Waiting & { calls: number } {
  return {
    deadline,
    calls: 0,
    expired() {
      this.calls += 1;
    },
  };
}

test('a deadline is never early, at most two ticks late, and told once', async () => {
  const clock = new VirtualClock();
  const deadlines = new Deadlines(clock);
  const first = waiting(Number.POSITIVE_INFINITY);
  deadlines.add(first);
  await clock.run({ until: clock.now() + 400 });
  first.deadline = deadlines.after(1000);
  await clock.run({ until: clock.now() + 1000 });
  assert.equal(first.calls, 0);
  await clock.run({ until: clock.now() + 1000 });
  assert.equal(first.calls, 1);
  await clock.run({ until: clock.now() + 5000 });
  assert.equal(first.calls, 1);

  first.deadline = deadlines.after(100);
  deadlines.remove(first);
  await clock.run({ until: clock.now() + 5000 });
  assert.equal(first.calls, 1);
});

test('there is one timer, and none while nothing waits', async () => {
  const clock = new VirtualClock();
  const deadlines = new Deadlines(clock);
  const [one, other] = [waiting(Infinity), waiting(Infinity)];
  deadlines.add(one);
  deadlines.add(other);
  await clock.run({ until: clock.now() + 5000 });
  deadlines.remove(one);
  assert.equal(clock.pending, 1);
  deadlines.remove(other);
  deadlines.remove(other);
  assert.equal(clock.pending, 0);
});

test('a wait without end does not end at once', async () => {
  let ended = false;
  const cancel = steadyClock.after(Number.POSITIVE_INFINITY, () => {
    ended = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  cancel();
  assert.equal(ended, false);
});
