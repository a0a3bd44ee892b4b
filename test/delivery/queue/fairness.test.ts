/** Who goes first, and that one slow destination does not hold up the others; at what cost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outcome } from 'mailwright/delivery';
import { type ListOptions, MemorySpool, type SpoolEntry, type SpoolId } from 'mailwright/spool';
import { VirtualClock } from 'mailwright/testing';
import { Shares } from '../../../src/delivery/queue/shares.ts';
import { deferred, delivered, hour, limitedUntil, minute, World } from './world.ts';

/** A spool that counts what is asked of it. */
class CountingSpool extends MemorySpool {
  listed = 0;
  reads = 0;
  updates = 0;

  override async *list(options?: ListOptions): AsyncGenerator<SpoolEntry> {
    for await (const entry of super.list(options)) {
      this.listed++;
      yield entry;
    }
  }

  override context(id: SpoolId) {
    this.reads++;
    return super.context(id);
  }

  override update(...args: Parameters<MemorySpool['update']>) {
    this.updates++;
    return super.update(...args);
  }
}

test('a destination gets as many as are free for others; there is always room for one more', () => {
  const shares = new Shares(100);
  const fill = (key: string) => {
    let taken = 0;
    for (; shares.has(key); taken++) shares.take(key, key);
    return taken;
  };
  assert.equal(fill('a'), 50, 'half for one alone');
  assert.equal(fill('b'), 25);
  assert.equal(fill('c'), 13);
  for (let i = 0; i < 200; i++) assert.ok(fill(`d${i}`) >= 1, 'and at least one for each');
  for (let i = 0; i < 50; i++) shares.give('a', 1000);
  assert.equal(
    shares.inHand,
    [...shares].reduce((sum, { inHand }) => sum + inHand, 0),
  );
});

test('a slow destination with thousands of messages leaves the others their way, within bounds', async () => {
  const clock = new VirtualClock();
  const spool = new CountingSpool({ now: clock.now });
  let slow = 0;
  let most = 0;
  const world = new World({
    clock,
    spool,
    limits: { inHand: 100, aside: 300 },
    script: ({ domain }) => {
      if (domain !== 'slow.example') return delivered;
      most = Math.max(most, ++slow);
      return new Promise<Outcome>((resolve) => {
        clock.after(1000, () => {
          slow--;
          resolve(delivered);
        });
      });
    },
  });
  const messages = 3000;
  for (let i = 0; i < messages; i++) await world.add(`r${i}@slow.example`);
  for (let i = 0; i < 500; i++) await world.add(`r${i}@d${i % 7}.example`);
  await world.queue.start();
  const begin = clock.now();
  await clock.run();
  assert.equal(await spool.count(), 0);
  assert.ok(most >= 50 && most <= 100, `${most} at once with the slow one`);
  const fast = world.seen.filter(({ path }) => !path.endsWith('@slow.example')).map(({ at }) => at);
  // Those behind 3000 others are found while these are put off; the slow ones take a minute at best.
  assert.ok(Math.max(...fast) <= 40_000, `the last of the others went after ${Math.max(...fast)} ms`);
  const last = world.seen.at(-1)?.at ?? 0;
  assert.ok(last < 2 * minute, `the slow ones took ${last} ms`);
  const per = (count: number) => count / (messages + 500);
  assert.ok(per(spool.updates) < 2, `${per(spool.updates)} writes to put a message off`);
  assert.ok(per(spool.reads) < 5, `${per(spool.reads)} contexts read`);
  // Passing over those that are known is paid for by time, or by what is found.
  const ms = clock.now() - begin;
  assert.ok(spool.listed < ms + 10 * messages, `${spool.listed} entries listed in ${ms} ms`);
});

test('a message for a slow and a fast destination reaches the fast one at once', async () => {
  const clock = new VirtualClock();
  const world = new World({
    clock,
    limits: { inHand: 4 },
    script: ({ domain }) => {
      if (domain !== 'slow.example') return delivered;
      return new Promise<Outcome>((resolve) => clock.after(hour, () => resolve(delivered)));
    },
  });
  for (let i = 0; i < 2; i++) await world.add('first@slow.example');
  await world.add(['second@slow.example', 'fast@fast.example']);
  await world.run();
  assert.deepEqual(world.attempts('fast@fast.example'), [[0, 'delivered']]);
  assert.deepEqual(
    world.attempts('second@slow.example').map(([, result]) => result),
    ['delivered'],
  );
});

test('what is due is found without looking at what is not', async () => {
  const clock = new VirtualClock();
  const spool = new CountingSpool({ now: clock.now });
  const world = new World({ clock, spool });
  for (let i = 0; i < 5000; i++)
    await world.add('later@example.org', { queue: { due: clock.now() + hour + i } });
  await world.run(minute);
  for (let i = 0; i < 100; i++) await world.add(`now@d${i}.example`);
  await world.run(2 * minute);
  assert.equal(world.seen.length, 100);
  assert.ok(spool.listed <= 10, `${spool.listed} entries were looked at`);
  assert.equal(clock.pending, 1, 'one timer waits for all of them');
});

test('a backlog costs a few steps for each message, however long it is', async () => {
  const cost = async (messages: number) => {
    const clock = new VirtualClock();
    const spool = new CountingSpool({ now: clock.now });
    const world = new World({ clock, spool, limits: { inHand: 50 } });
    for (let i = 0; i < messages; i++) await world.add(`r@d${i % 50}.example`);
    await world.run();
    assert.equal(await spool.count(), 0);
    assert.equal(spool.updates, 0);
    return spool.listed + spool.reads;
  };
  const [one, two] = [await cost(1500), await cost(3000)];
  assert.ok(two < 2.5 * one, `${one} steps for 1500, ${two} for 3000`);
  assert.ok(two < 8 * 3000, `${two / 3000} steps for each`);
});

test('among those that are due, a higher priority goes first (RFC 6710 §4)', async () => {
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const world = new World({
    limits: { inHand: 4 },
    script: async ({ domain }) => {
      if (domain.endsWith('gate.example')) await gate;
      return delivered;
    },
  });
  await world.queue.start();
  for (let i = 0; i < 4; i++) await world.add(`a@${i}.gate.example`);
  for (const [i, priority] of [0, -3, 0, 5, -9, 2].entries()) {
    await world.add(`p${priority}@d${i}.example`, { envelope: { mtPriority: priority } });
  }
  await world.clock.settle();
  release();
  await world.clock.run();
  assert.deepEqual(
    world.seen.filter(({ path }) => path.startsWith('p')).map(({ path }) => path.split('@')[0]),
    ['p5', 'p2', 'p0', 'p0', 'p-3', 'p-9'],
  );
});

test('an urgent message that is tried again does not wait behind a backlog', async () => {
  const clock = new VirtualClock();
  const urgent = 'urgent@urgent.example';
  const world = new World({
    clock,
    limits: { inHand: 4 },
    script: async ({ path }, _, number) => {
      if (path === urgent) return number === 1 ? deferred : delivered;
      await new Promise<void>((resolve) => clock.after(10_000, resolve));
      return delivered;
    },
  });
  await world.queue.start();
  await world.add(urgent, { envelope: { mtPriority: 5 } });
  await clock.settle();
  for (let i = 0; i < 400; i++) await world.add(`r@d${i}.example`);
  await clock.run();
  assert.deepEqual(world.attempts(urgent), [
    [0, 'deferred'],
    [5 * minute, 'delivered'],
  ]);
  assert.ok((world.seen.at(-1)?.at ?? 0) > 10 * minute, 'there was a backlog all the time');
});

test('a limit that ends soon is waited for without a write; one that ends later is written', async () => {
  for (const [wait, updates] of [
    [minute, 0],
    [2 * minute, 1],
  ] as const) {
    const clock = new VirtualClock();
    const spool = new CountingSpool({ now: clock.now });
    const until = clock.now() + wait;
    const world = new World({
      clock,
      spool,
      script: (_, __, number) => (number === 1 ? limitedUntil(until) : delivered),
    });
    await world.add('a@example.org');
    await world.run();
    assert.deepEqual(world.attempts('a@example.org'), [
      [0, 'limited'],
      [wait, 'delivered'],
    ]);
    assert.equal(spool.updates, updates);
  }
});

test('where many are limited, those beyond the room for waiting are written', async () => {
  const clock = new VirtualClock();
  const spool = new CountingSpool({ now: clock.now });
  const until = clock.now() + minute;
  const world = new World({
    clock,
    spool,
    limits: { inHand: 5, aside: 10 },
    script: (_, __, number) => (number === 1 ? limitedUntil(until) : delivered),
  });
  for (let i = 0; i < 100; i++) await world.add(`r${i}@d${i}.example`);
  await world.run(minute / 2);
  const { aside } = await world.queue.statistics();
  // Those that were in hand when the room was full may still come.
  assert.ok(aside >= 10 && aside <= 15, `${aside} wait in memory`);
  assert.equal(spool.updates, 100 - aside);
  await world.run();
  assert.equal(world.seen.length, 200);
});

test('a route that is always limited until now does not make the queue spin', async () => {
  const world = new World({ script: () => limitedUntil(0) });
  await world.add('a@example.org');
  await world.run(10_000);
  assert.ok(world.seen.length <= 101, `${world.seen.length} attempts in 10 s`);
});

test('messages with many recipients take the room of several', async () => {
  let most = 0;
  const inHand = new Set<SpoolId>();
  const clock = new VirtualClock();
  const world = new World({
    clock,
    limits: { inHand: 40 },
    script: async (_, { context }) => {
      inHand.add(context.id);
      most = Math.max(most, inHand.size);
      await new Promise<void>((resolve) => clock.after(1000, resolve));
      inHand.delete(context.id);
      return delivered;
    },
  });
  await world.queue.start();
  for (let i = 0; i < 20; i++) {
    await world.add(Array.from({ length: 500 }, (_, r) => `r${r}@d${i}.example`));
  }
  await clock.run();
  assert.equal(await world.spool.count(), 0);
  assert.ok(most >= 3 && most <= 4, `${most} of them at once`);
});
