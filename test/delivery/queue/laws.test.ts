/** Whatever outcomes come in whatever order: what holds for each recipient. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { defaultSchedule, type Outcome } from 'mailwright/delivery';
import { VirtualClock } from 'mailwright/testing';
import { Heap } from '../../../src/delivery/queue/heap.ts';
import {
  aboutWhom,
  deferred,
  delivered,
  failed,
  limitedUntil,
  minute,
  plainNotifier,
  World,
} from './world.ts';

/** What a destination answers, attempt by attempt, and then for ever. */
const outcome = fc.oneof(
  fc.constant('delivered' as const),
  fc.constant('deferred' as const),
  fc.constant('failed' as const),
  fc.integer({ min: 1, max: 200 }).map((minutes) => ({ limited: minutes })),
);
const recipient = fc.record({
  domain: fc.integer({ min: 0, max: 3 }),
  /** How many turns of the event loop each attempt takes. */
  turns: fc.integer({ min: 0, max: 3 }),
  outcomes: fc.array(outcome, { minLength: 1, maxLength: 5 }),
});
const message = fc.record({
  recipients: fc.array(recipient, { minLength: 1, maxLength: 5 }),
  priority: fc.integer({ min: -9, max: 9 }),
});

test('every recipient is delivered to once, or the sender is told once of its failure', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(message, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 4 }),
      async (messages, inHand) => {
        const clock = new VirtualClock();
        const scripts = new Map<string, (typeof messages)[number]['recipients'][number]>();
        const told: string[] = [];
        const world = new World({
          clock,
          limits: { inHand, aside: 2 },
          schedule: { ...defaultSchedule, attempts: 4, delayNotice: Number.POSITIVE_INFINITY },
          notifier: plainNotifier,
          hooks: {
            notification({ kind, notification }) {
              if (kind === 'failure') told.push(...aboutWhom(notification).split(', '));
              return undefined;
            },
          },
          script: async ({ path }, _, number): Promise<Outcome> => {
            const script = scripts.get(path);
            if (script === undefined) return delivered;
            for (let turn = 0; turn < script.turns; turn++) await new Promise(setImmediate);
            const answer = script.outcomes[Math.min(number, script.outcomes.length) - 1];
            if (typeof answer === 'object') {
              // A limit does not last for ever.
              return number > 20 ? delivered : limitedUntil(clock.now() + answer.limited * minute);
            }
            return answer === 'deferred' ? deferred : answer === 'failed' ? failed : delivered;
          },
        });
        for (const [m, { recipients, priority }] of messages.entries()) {
          const paths = recipients.map((script, r) => {
            const path = `${m}-${r}@d${script.domain}.example`;
            scripts.set(path, script);
            return path;
          });
          await world.add(paths, { envelope: { mtPriority: priority } });
        }
        await world.run();
        assert.equal(await world.spool.count(), 0, 'everything comes to its end');
        for (const path of scripts.keys()) {
          const served = world.attempts(path).filter(([, result]) => result === 'delivered').length;
          const failures = told.filter((about) => about.startsWith(`${path} `)).length;
          assert.equal(served + failures, 1, `${path}: served ${served} times, told ${failures} times`);
        }
        const statistics = await world.queue.statistics();
        assert.deepEqual(statistics.destinations, [], 'all shares were given back');
        assert.equal(statistics.aside, 0);
        assert.equal(clock.pending, 0);
        assert.deepEqual(world.problems, []);
      },
    ),
    { numRuns: 60 },
  );
});

test('the same messages take the same way each time', async () => {
  const history = async () => {
    const world = new World({
      limits: { inHand: 3 },
      script: (_, __, number) => (number < 4 ? deferred : delivered),
    });
    for (let i = 0; i < 20; i++) await world.add([`a@d${i % 4}.example`, `b@d${i % 3}.example`]);
    await world.run();
    return world.seen;
  };
  assert.deepEqual(await history(), await history());
});

test('a heap gives back in order what it was given', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (numbers) => {
      const heap = new Heap<number>((a, b) => a < b);
      for (const number of numbers) heap.push(number);
      const popped: (number | undefined)[] = [];
      while (heap.size > 0) popped.push(heap.pop());
      assert.deepEqual(
        popped,
        numbers.toSorted((a, b) => a - b),
      );
    }),
  );
});
