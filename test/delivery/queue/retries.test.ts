import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deferred, delivered, hour, minute, World } from './world.ts';

test('the first attempt is at once, the next ones by the schedule', async () => {
  const world = new World({ script: (_, __, number) => (number < 6 ? deferred : delivered) });
  await world.add('b@example.org');
  await world.run();
  assert.deepEqual(
    world.attempts('b@example.org').map(([at]) => at / minute),
    [0, 5, 12.5, 23.75, 40.625, 65.9375],
  );
  assert.equal(await world.spool.count(), 0);
  assert.equal(world.clock.pending, 0);
  void hour;
});
