/** A process that dies at each write of a day's work, and the next one on the same spool. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recipientState } from 'mailwright/delivery';
import type { Spool } from 'mailwright/spool';
import { VirtualClock } from 'mailwright/testing';
import { DyingSpool } from './dying-spool.ts';
import {
  deferred,
  delivered,
  failed,
  memorySpool,
  minute,
  plainNotifier,
  type Script,
  World,
} from './world.ts';

const sender = 'sender@example.com';

/** One of each kind; notifications are greylisted, so that they are in the spool for a while. */
const script: Script = async ({ domain, path }, _, number) => {
  if (path === sender) return number === 1 ? deferred : delivered;
  if (domain === 'bad.example') return failed;
  if (domain === 'busy.example') return number < 3 ? deferred : delivered;
  // This one ends while the others of the same message are recorded.
  if (domain === 'slow.example') for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  return delivered;
};

const messages: readonly (readonly string[])[] = [
  ['a@good.example'],
  ['b@bad.example'],
  ['c@good.example', 'd@slow.example', 'e@bad.example', 'f@busy.example', 'g@bad.example'],
  ['h@busy.example', 'i@good.example'],
];

interface Life {
  readonly world: World;
  readonly spool: DyingSpool;
}

function live(inner: Spool, clock: VirtualClock, dieAt: number, moment: 'before' | 'after'): Life {
  const spool = new DyingSpool(inner, dieAt, moment);
  return { spool, world: new World({ spool, clock, script, notifier: plainNotifier }) };
}

async function lives(dieAt: number, moment: 'before' | 'after') {
  const clock = new VirtualClock();
  const inner = memorySpool(clock);
  const setUp = new World({ spool: inner, clock });
  for (const to of messages) await setUp.add(to);
  const first = live(inner, clock, dieAt, moment);
  await first.world.queue.start();
  await clock.run({ stop: () => first.spool.dead });
  await clock.settle();
  const unrecorded = new Set<string>();
  for (const { id, path, result } of first.world.seen) {
    if (result === 'delivered' && (await isOpen(inner, id, path))) unrecorded.add(`${id} ${path}`);
  }
  const secondClock = new VirtualClock({ start: clock.now() + minute });
  const second = live(inner, secondClock, -1, 'before');
  if (first.spool.dead) {
    await second.world.queue.start();
    await secondClock.run();
  }
  return { first, second, unrecorded, inner };
}

async function isOpen(spool: Spool, id: string, path: string): Promise<boolean> {
  const context = await spool.context(id).catch(() => undefined);
  if (context === undefined) return false;
  const place = context.envelope.recipients.findIndex((each) => each.path === path);
  return ['pending', 'delayed'].includes(recipientState(context, place).status);
}

test('a crash at any write loses nothing, and serves nobody twice whose delivery was recorded', async (t) => {
  const { first: whole } = await lives(-1, 'before');
  const { writes } = whole.spool;
  assert.ok(writes > 15, `only ${writes} writes`);
  let doubled = 0;
  for (let dieAt = 1; dieAt <= writes; dieAt++) {
    for (const moment of ['before', 'after'] as const) {
      const where = `died ${moment} write ${dieAt}`;
      const { first, second, unrecorded, inner } = await lives(dieAt, moment);
      assert.equal(await inner.count(), 0, `${where}: everything comes to its end`);
      const seen = [...first.world.seen, ...second.world.seen];
      for (const path of messages.flat()) {
        const served = seen.filter((each) => each.path === path && each.result === 'delivered');
        if (path.endsWith('bad.example')) continue;
        assert.ok(served.length >= 1, `${where}: ${path} was lost`);
        if (served.length === 1) continue;
        doubled++;
        assert.ok(unrecorded.has(`${served[0]?.id} ${path}`), `${where}: ${path} was served twice`);
      }
      const told = seen.filter((each) => each.path === sender && each.result === 'delivered');
      // One for each message with a failure; like all messages, it may be delivered again.
      const notifications = new Set(told.map(({ id }) => id));
      assert.equal(notifications.size, 2, `${where}: the sender was told ${notifications.size} times`);
      assert.deepEqual([...first.world.problems, ...second.world.problems], [], where);
    }
  }
  t.diagnostic(`${2 * writes} crashes; ${doubled} deliveries were not recorded yet and came twice`);
  assert.ok(doubled > 0, 'the ambiguous window was never hit: this shows nothing');
});

test('one write for a message that is done, two for one that is deferred once', async () => {
  for (const [to, writes] of [
    ['a@good.example', 1],
    // Three attempts.
    ['h@busy.example', 3],
  ] as const) {
    const clock = new VirtualClock();
    const inner = memorySpool(clock);
    await new World({ spool: inner, clock }).add(to);
    const { world, spool } = live(inner, clock, -1, 'before');
    await world.queue.start();
    await clock.run();
    assert.equal(spool.writes, writes, to);
  }
});

test('destinations of one message that end together share a write', async () => {
  const clock = new VirtualClock();
  const inner = memorySpool(clock);
  await new World({ spool: inner, clock }).add(Array.from({ length: 30 }, (_, i) => `a@d${i}.example`));
  const spool = new DyingSpool(inner, -1, 'before');
  const world = new World({ spool, clock });
  await world.run();
  assert.equal(world.seen.length, 30);
  assert.equal(spool.writes, 1);
});

test('a notification of a former life pays no debt that a later one makes', async () => {
  const clock = new VirtualClock();
  const spool = memorySpool(clock);
  const dies: Script = async ({ domain }) => {
    if (domain === 'bad.example') return failed;
    return new Promise(() => {});
  };
  const first = new World({ spool, clock, script: dies, notifier: plainNotifier });
  // It announced a notification about the first recipient, added it, and died.
  const announced = await first.add(sender, { queue: { held: true } });
  await first.add(['a@bad.example', 'b@bad.example', 'c@slow.example'], {
    delivery: { 0: { status: 'failed', owes: 'failure' } },
    queue: { notices: { failure: [announced] } },
  });
  // The next one notes that the second recipient failed, and dies while it tries the third.
  await first.run(minute);
  const stopped = first.queue.stop({ within: 0 });
  await clock.run();
  assert.deepEqual(await stopped, { unfinished: 1 });
  const second = new World({ spool, clock, notifier: plainNotifier });
  await second.queue.start();
  await clock.run();
  assert.equal(second.attempts(sender).length, 1, 'the sender is told of the second recipient');
});
