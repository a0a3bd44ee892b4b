/** Limits of several destinations of one message. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { delivered, limitedUntil, minute, start, World } from './world.ts';

test('a destination that is limited for long is left alone while another one comes and goes', async () => {
  const world: World = new World({
    script: ({ domain }, _, number) => {
      if (domain === 'long.example') return number === 1 ? limitedUntil(start + 30 * minute) : delivered;
      return number < 6 ? limitedUntil(world.clock.now() + 1000) : delivered;
    },
  });
  await world.add(['a@long.example', 'b@short.example']);
  await world.run();
  assert.deepEqual(world.attempts('a@long.example'), [
    [0, 'limited'],
    [30 * minute, 'delivered'],
  ]);
  assert.deepEqual(
    world.attempts('b@short.example').map(([at]) => at),
    [0, 1000, 2000, 3000, 4000, 5000],
  );
});

test('limits of one message that end together are waited for without a write', async () => {
  const world = new World({
    script: (_, __, number) => (number === 1 ? limitedUntil(start + minute) : delivered),
  });
  let updates = 0;
  world.spool.watch(({ kind }) => {
    if (kind === 'updated') updates++;
  }, new AbortController().signal);
  await world.add(['a@one.example', 'b@two.example']);
  await world.run();
  assert.equal(world.seen.length, 4);
  assert.equal(updates, 0);
});
