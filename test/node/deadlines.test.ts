/** Deadlines of many sessions with one timer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Deadlines, type Waiting } from '../../src/node/deadlines.ts';

function waiting(deadline: number): Waiting & { calls: number } {
  return {
    deadline,
    calls: 0,
    expired() {
      this.calls += 1;
    },
  };
}

test('a deadline is never early, at most two ticks late, and told once', (t) => {
  let now = performance.now();
  t.mock.method(performance, 'now', () => now);
  t.mock.timers.enable({ apis: ['setInterval'] });
  const deadlines = new Deadlines();
  const pass = (ms: number) => {
    for (let left = ms; left > 0; left -= 100) {
      now += 100;
      t.mock.timers.tick(100);
    }
  };
  const first = waiting(Number.POSITIVE_INFINITY);
  deadlines.add(first);
  pass(400);
  first.deadline = deadlines.after(1000);
  pass(1000);
  assert.equal(first.calls, 0);
  pass(1000);
  assert.equal(first.calls, 1);
  pass(5000);
  assert.equal(first.calls, 1);

  first.deadline = deadlines.after(100);
  deadlines.remove(first);
  pass(5000);
  assert.equal(first.calls, 1);
});

test('the timer stands still while nothing waits', (t) => {
  const set = t.mock.method(globalThis, 'setInterval');
  const clear = t.mock.method(globalThis, 'clearInterval');
  const deadlines = new Deadlines();
  const [one, other] = [waiting(Infinity), waiting(Infinity)];
  deadlines.add(one);
  deadlines.add(other);
  deadlines.remove(one);
  assert.deepEqual([set.mock.callCount(), clear.mock.callCount()], [1, 0]);
  deadlines.remove(other);
  deadlines.remove(other);
  assert.deepEqual([set.mock.callCount(), clear.mock.callCount()], [1, 1]);
});
