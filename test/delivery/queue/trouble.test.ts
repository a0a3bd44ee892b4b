/** Spools, notifiers and hooks that fail. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DeliveryHooks, defaultSchedule, notifier, recipientState } from 'mailwright/delivery';
import {
  type ContextPatch,
  MemorySpool,
  SpoolError,
  type SpoolErrorCode,
  type SpoolId,
} from 'mailwright/spool';
import { VirtualClock } from 'mailwright/testing';
import { deferred, delivered, failed, hour, minute, plainNotifier, start, World } from './world.ts';

const to = 'b@example.org';

/** A spool whose writes fail while it is broken. */
class BrokenSpool extends MemorySpool {
  broken: SpoolErrorCode | undefined;
  refused = 0;

  override async update(id: SpoolId, patch: ContextPatch, options?: Parameters<MemorySpool['update']>[2]) {
    this.#check();
    return super.update(id, patch, options);
  }

  override async delete(id: SpoolId, options?: Parameters<MemorySpool['delete']>[1]) {
    this.#check();
    return super.delete(id, options);
  }

  #check(): void {
    if (this.broken === undefined) return;
    this.refused++;
    throw new SpoolError(this.broken, 'broken');
  }
}

function broken(options: ConstructorParameters<typeof World>[0] = {}) {
  const clock = new VirtualClock();
  const spool = new BrokenSpool({ now: clock.now });
  return { spool, world: new World({ ...options, clock, spool }) };
}

for (const code of ['SPOOL_FULL', 'SPOOL_IO', 'SPOOL_READ_ONLY'] as const) {
  test(`${code}: what became of an attempt stays in hand until it is recorded, and nothing new is begun`, async () => {
    const { spool, world } = broken({ limits: { inHand: 1 } });
    await world.add(to);
    await world.add('c@example.org');
    spool.broken = code;
    await world.run(10 * minute);
    assert.equal(world.seen.length, 1);
    assert.equal((await world.queue.statistics()).troubled, true);
    // After 1, 2, 4, ... seconds, then each minute.
    assert.ok(spool.refused >= 14 && spool.refused <= 18, `${spool.refused} writes were tried`);
    assert.ok(world.problems.every(({ kind }) => kind === 'not-recorded'));
    spool.broken = undefined;
    await world.run();
    assert.equal(world.attempts(to).length, 1, 'it was not served twice');
    assert.equal(world.seen.length, 2, 'and then it goes on');
    assert.equal(await spool.count(), 0);
  });
}

test('SPOOL_CONTEXT_TOO_LARGE: a message whose state finds no room says nothing about the storage', async () => {
  const { spool, world } = broken({ script: ({ path }) => (path === to ? deferred : delivered) });
  await world.add(to);
  spool.broken = 'SPOOL_CONTEXT_TOO_LARGE';
  await world.run(minute);
  assert.equal((await world.queue.statistics()).troubled, false);
  await world.add('c@example.org');
  await world.clock.run({ until: start + 2 * minute });
  assert.equal(world.attempts(to).length, 1, 'it was not served twice');
  assert.equal(world.attempts('c@example.org').length, 1);
});

test('SPOOL_FENCED: another owner has taken over, and this queue stops by itself', async () => {
  const world = new World({ fence: () => 1 });
  await world.add(to);
  const other = new World({ spool: world.spool, clock: world.clock, fence: () => 2 });
  await other.add('c@example.org');
  await world.run(minute);
  assert.deepEqual(
    world.problems.map(({ kind }) => kind),
    ['fenced'],
  );
  await world.queue.idle();
  assert.deepEqual(await world.queue.stop(), { unfinished: 0 });
  const before = world.seen.length;
  await other.queue.start();
  await other.clock.run();
  assert.equal(world.seen.length, before);
  assert.equal(await world.spool.count(), 0, 'the other one goes on');
});

test('a message that can not be read is left alone for a while, and the others go on', async () => {
  class Unreadable extends MemorySpool {
    damaged = '';
    override async context(id: SpoolId) {
      if (id === this.damaged) throw new SpoolError('SPOOL_CORRUPT', 'damaged');
      return super.context(id);
    }
  }
  const clock = new VirtualClock();
  const spool = new Unreadable({ now: clock.now });
  const world = new World({ clock, spool });
  spool.damaged = await world.add(to);
  await world.add('c@example.org');
  await world.run(10 * minute);
  assert.deepEqual(
    world.seen.map(({ path }) => path),
    ['c@example.org'],
  );
  assert.ok(world.problems.length <= 11 && world.problems.every(({ kind }) => kind === 'not-read'));
});

test('a notifier that fails is asked again; the message is kept until the sender was told', async () => {
  let faults = 2;
  const world = new World({
    script: ({ path }) => (path === to ? failed : delivered),
    notifier: async (...args) => {
      if (faults-- > 0) throw new Error('a defect');
      return plainNotifier(...args);
    },
  });
  await world.add(to);
  await world.run();
  assert.equal(world.attempts(to).length, 1);
  assert.equal(world.attempts('sender@example.com').length, 1);
  assert.deepEqual(
    world.problems.map(({ kind }) => kind),
    ['not-notified', 'not-notified'],
  );
});

test('hooks see the context, and what they add is there for the next one, days later', async () => {
  const calls: unknown[] = [];
  const hooks: DeliveryHooks = {
    attempt({ context, recipients, kind, destination, number }) {
      calls.push(['attempt', number, kind, destination, recipients.length, context.metadata['host'] ?? null]);
      return { metadata: { host: { attempts: number, gone: null } } };
    },
    delayed({ outcome, number, recipient }) {
      calls.push(['delayed', number, outcome.status, recipient.path]);
      return { metadata: { host: { delayed: number } }, verdicts: { queue: 'late' } };
    },
    delivered({ context, outcome, number }) {
      calls.push(['delivered', number, outcome.how, context.verdicts['queue'] ?? null]);
      return undefined;
    },
  };
  const world = new World({ hooks, script: (_, __, number) => (number === 1 ? deferred : delivered) });
  await world.add(to, { metadata: { host: { from: 'reception', gone: true } } });
  await world.run();
  assert.deepEqual(calls, [
    ['attempt', 1, 'test', 'example.org', 1, { from: 'reception', gone: true }],
    ['delayed', 1, '4.2.1', to],
    ['attempt', 2, 'test', 'example.org', 1, { from: 'reception', attempts: 1, delayed: 1 }],
    ['delivered', 2, 'relayed', 'late'],
  ]);
});

test('a hook may answer in place of the attempt', async () => {
  const world = new World({
    hooks: { attempt: ({ number }) => (number === 1 ? { ...deferred, text: 'not on Sundays' } : undefined) },
  });
  const id = await world.add(to);
  await world.run(minute);
  assert.equal(recipientState(await world.spool.context(id), 0).text, 'not on Sundays');
  await world.run();
  assert.deepEqual(world.attempts(to), [[5 * minute, 'delivered']]);
});

test('a hook that throws is reported, and loses nothing', async () => {
  const reported: string[] = [];
  const fault = () => {
    throw new Error('a defect');
  };
  const world = new World({
    script: (_, __, number) => (number === 1 ? deferred : delivered),
    hooks: {
      attempt: fault,
      delayed: () => Promise.reject(new Error('later')),
      delivered: () => ({ metadata: { huge: 'x'.repeat(10_000) } }),
      error: (error) => reported.push(String(error)),
    },
  });
  await world.add(to);
  await world.run();
  assert.equal(await world.spool.count(), 0);
  assert.deepEqual(
    reported.map((text) => text.split(':')[0]),
    ['Error', 'Error', 'Error', 'SpoolError'],
  );
});

test('after a restart each message is shown to the host before it is tried', async () => {
  const first = new World();
  const ids = [await first.add(to), await first.add('c@example.org', { queue: { due: start + hour } })];
  const order: string[] = [];
  const world = new World({
    spool: first.spool,
    clock: first.clock,
    script: () => {
      order.push('attempt');
      return delivered;
    },
    hooks: {
      restored({ id }) {
        order.push(`restored ${ids.indexOf(id)}`);
        return { metadata: { host: { restored: true } } };
      },
      attempt({ context }) {
        assert.deepEqual(context.metadata['host'], { restored: true });
        return undefined;
      },
    },
  });
  await world.run();
  assert.deepEqual(order, ['restored 0', 'restored 1', 'attempt', 'attempt']);
});

test('where nothing can be read, memory stays bounded, and all comes through in the end', async () => {
  class Unreadable extends MemorySpool {
    down = true;
    override async context(id: SpoolId) {
      if (this.down) throw new SpoolError('SPOOL_IO', 'no such device');
      return super.context(id);
    }
  }
  const clock = new VirtualClock();
  const spool = new Unreadable({ now: clock.now });
  const world = new World({ clock, spool, limits: { inHand: 5, aside: 10 } });
  for (let i = 0; i < 100; i++) await world.add(to);
  await world.run(10 * minute);
  const { aside } = await world.queue.statistics();
  assert.ok(aside <= 25, `${aside} wait in memory`);
  spool.down = false;
  await world.run();
  assert.equal(world.seen.length, 100);
});

test('functions of the host that throw cost no outcome', async () => {
  const world = new World({
    script: (_, __, number) => (number === 1 ? deferred : delivered),
    schedule: () => {
      throw new Error('a defect');
    },
    onProblem: ({ kind }) => {
      assert.equal(kind, 'not-scheduled');
      throw new Error('another one');
    },
  });
  // Their warnings are not for whoever reads the tests' output.
  const emitWarning = process.emitWarning;
  let warnings = 0;
  process.emitWarning = () => {
    warnings++;
  };
  try {
    await world.add(to);
    await world.run();
  } finally {
    process.emitWarning = emitWarning;
  }
  assert.deepEqual(world.attempts(to), [
    [0, 'deferred'],
    [5 * minute, 'delivered'],
  ]);
  assert.ok(warnings > 0);
});

test('a notification hook whose patch no spool takes costs the sender no notification', async () => {
  const world = new World({
    script: ({ path }) => (path === to ? failed : delivered),
    notifier: plainNotifier,
    hooks: { notification: () => ({ metadata: { host: 'x'.repeat(10_000) } }), error: () => {} },
  });
  await world.add(to);
  await world.run(hour);
  assert.equal(world.attempts('sender@example.com').length, 1);
});

test('the delay of a message that is never given up is told of without an end', async () => {
  const clock = new VirtualClock({ start });
  const world = new World({
    clock,
    script: ({ path }) => (path === to ? deferred : delivered),
    schedule: { ...defaultSchedule, expiry: Number.POSITIVE_INFINITY, attempts: 1000 },
    notifier: notifier({ hostname: 'mx.example.org', clock }),
  });
  await world.add(to);
  await world.run(24 * hour);
  assert.deepEqual(world.problems, []);
  assert.equal(world.attempts('sender@example.com').length, 1);
});

test('a hook that gives what is no answer is ignored', async () => {
  const errors: unknown[] = [];
  const answer = null as unknown as undefined;
  const world = new World({
    hooks: { attempt: () => answer, delivered: () => answer, error: (error) => errors.push(error) },
  });
  await world.add(to);
  await world.run(hour);
  assert.equal(world.attempts(to).length, 1);
  assert.deepEqual(world.problems, []);
  assert.ok(errors.length > 0 && errors.every((error) => error instanceof TypeError));
});
