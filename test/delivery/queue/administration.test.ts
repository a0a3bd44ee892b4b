/** What people do to queued messages, and how that gets along with attempts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DeliveryHooks, type Outcome, recipientState } from 'mailwright/delivery';
import type { SpoolId } from 'mailwright/spool';
import { deferred, delivered, failed, hour, minute, plainNotifier, start, World } from './world.ts';

const to = 'b@example.org';

/** An attempt that ends when it is told to. */
function slow() {
  let end = (_: Outcome) => {};
  let began = () => {};
  const beginning = new Promise<void>((resolve) => {
    began = resolve;
  });
  const script = (_: unknown, { signal }: { readonly signal: AbortSignal }) => {
    began();
    return new Promise<Outcome>((resolve) => {
      end = resolve;
      signal.addEventListener('abort', () => resolve({ result: 'limited', until: 0, why: 'cut off' }));
    });
  };
  return { script, beginning, end: (outcome: Outcome) => end(outcome) };
}

test('a message that is held goes when it is released', async () => {
  const world = new World();
  const id = await world.add(to, { queue: { held: true } });
  await world.run(hour);
  assert.equal((await world.queue.view(id))?.standing, 'held');
  assert.deepEqual(world.seen, []);
  assert.equal(await world.queue.unfreeze(id), false, 'it is not frozen');
  assert.equal(await world.queue.release(id), true);
  await world.queue.idle();
  assert.equal(world.seen.length, 1);
  assert.equal(await world.queue.release(id), false, 'it is gone');
});

test('a message that was held for a week does not expire on its release', async () => {
  const world = new World({ script: (_, __, number) => (number < 3 ? deferred : delivered) });
  const id = await world.add(to, { queue: { held: true } });
  await world.run(7 * 24 * hour);
  await world.queue.release(id);
  await world.clock.run();
  assert.deepEqual(
    world.attempts(to).map(([, result]) => result),
    ['deferred', 'deferred', 'delivered'],
  );
});

test('a send that was scheduled waits for its time, and can be put off, or taken back', async () => {
  const world = new World();
  const due = start + 10 * minute;
  const [sent, heldBack, undone] = [
    await world.add('sent@example.org', { queue: { due } }),
    await world.add('held@example.org', { queue: { due } }),
    await world.add('undone@example.org', { queue: { due } }),
  ];
  await world.run(5 * minute);
  assert.equal((await world.queue.view(sent))?.standing, 'waiting');
  assert.equal(await world.queue.hold(heldBack), true);
  assert.equal(await world.queue.hold(heldBack), false, 'it is held already');
  assert.equal(await world.queue.release(heldBack, start + hour), true);
  assert.equal(await world.queue.cancel(undone), true);
  assert.equal(await world.queue.cancel(undone), false, 'it is gone');
  await world.clock.run();
  assert.deepEqual(
    world.seen.map(({ path, at }) => [path, at / minute]),
    [
      ['sent@example.org', 10],
      ['held@example.org', 60],
    ],
  );
});

test('a message that is being sent can be neither held nor taken back', async () => {
  const { script, beginning, end } = slow();
  const world = new World({ script });
  const id = await world.add(to);
  await world.queue.start();
  await beginning;
  assert.equal((await world.queue.view(id))?.standing, 'sending');
  assert.equal(await world.queue.cancel(id), false);
  assert.equal(await world.queue.hold(id), false);
  end(delivered);
  await world.queue.idle();
  assert.equal(world.seen.length, 1);
});

test('a message taken back is never sent, and one that was sent was not taken back, at whatever moment', async () => {
  for (let turns = 0; turns < 20; turns++) {
    const world = new World();
    const id = await world.add(to);
    void world.queue.start();
    for (let turn = 0; turn < turns; turn++) await undefined;
    const cancelled = await world.queue.cancel(id);
    await world.clock.run();
    assert.equal(world.seen.length, cancelled ? 0 : 1, `after ${turns} turns`);
  }
});

test('a message that went out to some of its recipients is not taken back', async () => {
  const world = new World({ script: ({ domain }) => (domain === 'good.example' ? delivered : deferred) });
  const id = await world.add(['a@good.example', to]);
  await world.run(minute);
  assert.equal(await world.queue.cancel(id), false);
  assert.equal(await world.queue.delete(id), true, 'but it can be deleted');
  await world.clock.run();
  assert.equal(world.seen.length, 2);
});

test('freezing waits for the attempt in hand, and survives a restart', async () => {
  const { script, beginning, end } = slow();
  const world = new World({ script });
  const id = await world.add(to);
  await world.queue.start();
  await beginning;
  const frozen = world.queue.freeze(id);
  end(deferred);
  assert.equal(await frozen, true);
  await world.queue.stop();
  const next = new World({ spool: world.spool, clock: world.clock });
  await next.run(hour);
  assert.deepEqual(next.seen, []);
  assert.equal((await next.queue.view(id))?.standing, 'frozen');
  assert.equal(await next.queue.release(id), false, 'it is not held, but frozen');
  assert.equal(await next.queue.unfreeze(id), true);
  await next.queue.idle();
  assert.equal(next.seen.length, 1);
});

test('deleting cuts the attempt off; nobody is notified', async () => {
  const { script, beginning } = slow();
  const world = new World({ script, notifier: plainNotifier });
  const id = await world.add(to);
  await world.queue.start();
  await beginning;
  assert.equal(await world.queue.delete(id), true);
  assert.equal(await world.queue.delete(id), false);
  assert.equal(await world.spool.count(), 0);
  assert.deepEqual(world.problems, []);
});

test('what fails and can be told to nobody is kept as dead, if the host wants that, and requeued', async () => {
  const calls: string[] = [];
  const hooks: DeliveryHooks = {
    requeued: ({ id }) => {
      calls.push(id);
      return { metadata: { host: { again: true } } };
    },
  };
  const world = new World({
    script: ({ path }, _, number) => (path === to && number === 1 ? failed : delivered),
    notifier: plainNotifier,
    hooks,
    keepFailed: (_, told) => !told,
  });
  const told = await world.add(to);
  const untold = await world.add(['a@good.example', to], { envelope: { from: '' } });
  await world.run();
  assert.equal(await world.queue.view(told), undefined);
  const { messages } = await world.queue.list({ standing: 'dead' });
  assert.deepEqual(
    messages.map(({ id, recipients }) => [id, recipients.map(({ status }) => status)]),
    [[untold, ['relayed', 'failed']]],
  );
  await world.clock.run({ until: start + 30 * 24 * hour });
  assert.equal(await world.queue.requeue(untold), true);
  await world.queue.idle();
  assert.deepEqual(calls, [untold]);
  assert.equal(world.attempts('a@good.example').length, 1, 'who had it does not get it again');
  assert.equal(world.attempts(to).filter(([, result]) => result === 'delivered').length, 1);
  assert.equal(await world.spool.count(), 0);
});

test('trying again before it is due: one, those for a domain, all', async () => {
  const world = new World({ script: (_, __, number) => (number === 1 ? deferred : delivered) });
  const one = await world.add('one@a.example');
  await world.add(['two@b.example', 'three@a.example']);
  await world.add('four@sub.b.example');
  const held = await world.add('held@b.example', { queue: { held: true } });
  await world.run(minute);
  const served = () => world.seen.filter(({ result }) => result === 'delivered').map(({ path }) => path);
  assert.deepEqual(await world.queue.retry({ id: one }), { examined: 1, taken: 1 });
  await world.queue.idle();
  assert.deepEqual(served(), ['one@a.example']);
  assert.deepEqual(await world.queue.retry({ destination: 'b.example' }), { examined: 2, taken: 1 });
  await world.queue.idle();
  assert.deepEqual(served(), ['one@a.example', 'two@b.example'], 'not the other recipient of the message');
  assert.deepEqual(await world.queue.retry({ destination: 'b.example', subdomains: true }), {
    examined: 2,
    taken: 1,
  });
  await world.queue.idle();
  assert.deepEqual(await world.queue.retry('all'), { examined: 1, taken: 1 });
  await world.queue.idle();
  assert.deepEqual(served().sort(), [
    'four@sub.b.example',
    'one@a.example',
    'three@a.example',
    'two@b.example',
  ]);
  assert.equal((await world.queue.view(held))?.standing, 'held');
});

test('trying again leaves what is to be sent later, unless it is named', async () => {
  const world = new World();
  const id = await world.add(to, { queue: { due: start + hour } });
  await world.add('c@example.org', { queue: { due: start + hour } });
  await world.run(minute);
  await world.queue.retry('all');
  await world.queue.retry({ destination: 'example.org' });
  await world.queue.idle();
  assert.deepEqual(world.seen, []);
  await world.queue.retry({ id });
  await world.queue.idle();
  assert.equal(world.seen.length, 1);
  await world.clock.run();
  assert.deepEqual(world.attempts('c@example.org'), [[hour, 'delivered']]);
});

test('trying again does not release what FUTURERELEASE holds (RFC 4865 §4)', async () => {
  const world = new World();
  const id = await world.add(to, { envelope: { holdUntil: start + hour } });
  await world.run(minute);
  await world.queue.retry({ id });
  await world.queue.retry('all');
  await world.queue.idle();
  assert.deepEqual(world.seen, []);
  await world.clock.run();
  assert.deepEqual(world.attempts(to), [[hour, 'delivered']]);
});

test('trying all again goes as fast as there is room, each once', async () => {
  let most = 0;
  let present = 0;
  const world = new World({
    limits: { inHand: 5 },
    script: async (_, __, number) => {
      if (number === 1) return deferred;
      most = Math.max(most, ++present);
      await new Promise(setImmediate);
      present--;
      return delivered;
    },
  });
  for (let i = 0; i < 100; i++) await world.add(`r${i}@d${i}.example`);
  await world.run(minute);
  assert.deepEqual(await world.queue.retry('all'), { examined: 100, taken: 100 });
  await world.queue.idle();
  assert.ok(most > 1 && most <= 5, `${most} at once`);
  assert.equal(await world.spool.count(), 0);
  assert.equal(world.seen.length, 200);
});

test('listing goes page by page, filtered', async () => {
  const world = new World({ script: () => deferred });
  const ids: SpoolId[] = [];
  for (let i = 0; i < 25; i++) {
    ids.push(
      await world.add(`r${i}@d${i % 5}.example`, {
        ...(i % 2 && { user: 'user' }),
        envelope: { from: `from${i % 3}@example.com` },
        queue: { ...(i % 10 === 0 && { held: true }), ...(i === 1 && { due: start + 24 * hour }) },
      }),
    );
  }
  await world.run(minute);
  const pages = async (options: Parameters<typeof world.queue.list>[0] = {}) => {
    const found: number[] = [];
    let after: SpoolId | undefined;
    do {
      const page = await world.queue.list({ ...options, ...(after && { after }), limit: 4 });
      assert.ok(page.messages.length <= 4);
      found.push(...page.messages.map(({ id }) => ids.indexOf(id)));
      after = page.next;
    } while (after !== undefined);
    return found;
  };
  assert.deepEqual(await pages(), [...ids.keys()]);
  assert.deepEqual(await pages({ standing: 'held' }), [0, 10, 20]);
  assert.deepEqual(await pages({ domain: 'd1.example', user: 'user' }), [1, 11, 21]);
  assert.deepEqual(
    await pages({ from: 'from0@example.com', standing: 'waiting' }),
    [3, 6, 9, 12, 15, 18, 21, 24],
  );
  assert.deepEqual(await pages({ standing: 'sending' }), []);
  assert.deepEqual(await world.queue.count(), { sending: 0, due: 0, waiting: 22, held: 3 });
  const [view] = (await world.queue.list({ limit: 1, after: ids[1] ?? '' })).messages;
  assert.deepEqual(view, {
    id: ids[2],
    standing: 'waiting',
    size: 25,
    receivedAt: start,
    due: start + 5 * minute,
    priority: 0,
    from: 'from2@example.com',
    recipients: [
      {
        ...recipientState(await world.spool.context(ids[2] ?? ''), 0),
        path: 'r2@d2.example',
        domain: 'd2.example',
      },
    ],
  });
});

test('statistics tell what is going on', async () => {
  const { script, beginning, end } = slow();
  const world = new World({
    script: ({ domain, path }, attempt) =>
      domain === 'slow.example' ? script(path, attempt) : domain === 'bad.example' ? failed : delivered,
  });
  await world.add('a@slow.example');
  await world.add(['b@good.example', 'c@bad.example']);
  await world.queue.start();
  await beginning;
  await world.clock.settle();
  assert.deepEqual(await world.queue.count(), { sending: 1, due: 0, waiting: 0, held: 0 });
  assert.deepEqual(await world.queue.statistics(), {
    attempts: 3,
    delivered: 1,
    deferred: 0,
    failed: 1,
    limited: 0,
    notifications: 0,
    messages: 1,
    inHand: 1,
    aside: 0,
    troubled: false,
    destinations: [{ key: 'test slow.example', destination: 'slow.example', inHand: 1, waiting: 0 }],
  });
  end(delivered);
  await world.queue.idle();
  assert.deepEqual((await world.queue.statistics()).destinations, []);
});

test('stopping waits for what is in hand, then cuts it off', async () => {
  for (const ends of [true, false]) {
    const { script, beginning, end } = slow();
    const world = new World({ script });
    await world.add(to);
    await world.queue.start();
    await beginning;
    const stopped = world.queue.stop({ within: minute });
    assert.equal(world.queue.stop(), stopped, 'it stops once');
    if (ends) end(delivered);
    await world.clock.run();
    assert.deepEqual(await stopped, { unfinished: 0 });
    assert.equal(world.clock.now() - start, ends ? 0 : minute);
    assert.equal(await world.spool.count(), ends ? 0 : 1);
    await world.add(to);
    await world.clock.run();
    assert.equal(world.seen.length, 1, 'nothing is taken any more');
  }
});

test('an attempt that never ends, come what may, does not keep a queue from stopping', async () => {
  const world = new World({ script: () => new Promise(() => undefined) });
  await world.add(to);
  await world.run();
  const stopped = world.queue.stop({ within: minute });
  await world.clock.run();
  assert.deepEqual(await stopped, { unfinished: 1 });
});

test('a time that is none sends nothing: it is told', async () => {
  const world = new World();
  await world.queue.start();
  const held = await world.add('held@example.org', { queue: { held: true } });
  for (const time of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const misuse = { code: 'QUEUE_MISUSE', message: /is (?:NaN|Infinity): give ms since 1970/ };
    await assert.rejects(world.add(to, { queue: { due: time } }), misuse);
    await assert.rejects(world.queue.release(held, time), misuse);
  }
  await world.clock.run();
  assert.deepEqual(world.seen, []);
  assert.equal((await world.queue.view(held))?.standing, 'held');
});

test('misuse is told', async () => {
  assert.throws(() => new World({ limits: { inHand: 0 } }), { name: 'QueueMisuse', code: 'QUEUE_MISUSE' });
  const world = new World();
  await world.queue.stop();
  await assert.rejects(world.queue.start(), { code: 'QUEUE_MISUSE' });
});
