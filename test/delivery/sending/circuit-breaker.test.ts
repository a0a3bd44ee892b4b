import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CircuitBreaker } from '../../../src/delivery/sending/circuit-breaker.ts';

/** A breaker, and a clock that stands where it is told. */
function setUp(options: ConstructorParameters<typeof CircuitBreaker>[1] = {}) {
  const clock = { time: 0, now: () => clock.time, after: () => () => {} };
  const breaker = new CircuitBreaker(clock, { failures: 3, pause: 1000, longestPause: 5000, ...options });
  const fail = (times: number, server = 'a') => {
    for (let i = 0; i < times; i++) breaker.failed(server);
  };
  return { clock, breaker, fail };
}

test('closed until so many failures came in a row', () => {
  const { breaker, fail } = setUp();
  fail(2);
  assert.equal(breaker.ask('a'), null);
  breaker.succeeded('a');
  fail(2);
  assert.equal(breaker.ask('a'), null);
  fail(1);
  assert.equal(breaker.ask('a'), 1000);
  assert.equal(breaker.ask('b'), null, 'others are not concerned');
});

test('half open: one after a pause, the others after another one', () => {
  const { clock, breaker, fail } = setUp();
  fail(3);
  clock.time = 999;
  assert.equal(breaker.ask('a'), 1000);
  clock.time = 1000;
  assert.deepEqual([breaker.ask('a'), breaker.ask('a')], [null, 2000]);
  clock.time = 2000;
  assert.equal(breaker.ask('a'), null, 'nothing was ever heard of the first');
  breaker.succeeded('a');
  assert.deepEqual([breaker.ask('a'), breaker.size], [null, 0]);
});

test('pauses double up to a ceiling, and begin anew after a success', () => {
  const { clock, breaker, fail } = setUp();
  fail(3);
  const pauses: number[] = [];
  for (let i = 0; i < 5; i++) {
    const until = breaker.ask('a') as number;
    pauses.push(until - clock.time);
    clock.time = until;
    assert.equal(breaker.ask('a'), null);
    fail(1);
  }
  assert.deepEqual(pauses, [1000, 2000, 4000, 5000, 5000]);
  breaker.succeeded('a');
  fail(3);
  assert.equal(breaker.ask('a'), clock.time + 1000);
});

test('connections that fail together are one failure of the server, not as many trials', () => {
  const { clock, breaker, fail } = setUp();
  fail(20);
  assert.equal(breaker.ask('a'), 1000);
  clock.time = 1000;
  assert.equal(breaker.ask('a'), null);
  fail(5);
  assert.equal(breaker.ask('a'), 3000);
});

test('a clock that is set back keeps a server waiting for no longer than its pause', () => {
  const { clock, breaker, fail } = setUp();
  clock.time = 1_000_000;
  fail(3);
  clock.time = 0;
  assert.equal(breaker.ask('a'), null);
  assert.equal(breaker.ask('a'), 1000);
});

test('only so many servers are kept in mind', () => {
  const { breaker, fail } = setUp({ servers: 10 });
  for (let i = 0; i < 100; i++) fail(3, `${i}`);
  assert.equal(breaker.size, 10);
  assert.equal(breaker.ask('0'), null);
  assert.equal(breaker.ask('99'), 1000);
});
