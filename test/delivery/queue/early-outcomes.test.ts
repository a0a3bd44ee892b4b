/** Outcomes that a route reports while others of the same attempt take their time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Attempt, type Outcome, Queue, type Router } from 'mailwright/delivery';
import { MemorySpool } from 'mailwright/spool';
import { VirtualClock } from 'mailwright/testing';
import { deferred, delivered, failed, message, minute } from './world.ts';

/** A route that tells of its first recipient at once and of the others after ten minutes. */
function slowRouter(clock: VirtualClock, seen: string[]): Router {
  const deliver = async ({ recipients, report }: Attempt) => {
    seen.push(...recipients.map(({ path }) => path));
    const outcomes = recipients.map((_, index) => (index === 0 ? delivered : failed));
    const [first] = recipients;
    if (first !== undefined) report?.(first, delivered);
    await new Promise<void>((resolve) => clock.after(10 * minute, resolve));
    // Twice, or too late, is once.
    if (first !== undefined) report?.(first, deferred);
    return outcomes;
  };
  return () => ({ kind: 'test', key: 'test', destination: 'example.org', deliver });
}

test('they are durable at once, so that a crash does not bring them again', async () => {
  const clock = new VirtualClock();
  const storage = new MemorySpool({ now: clock.now });
  const dying = new Queue({ spool: storage, router: slowRouter(clock, []), clock });
  await dying.start();
  const id = await dying.enqueue(
    message(['a@example.org', 'b@example.org']),
    Buffer.from('Subject: x\r\n\r\n'),
  );
  await clock.run({ until: clock.now() + minute });
  const { delivery } = await storage.context(id);
  assert.equal(delivery[0]?.status, 'relayed');
  assert.equal(delivery[1], undefined);

  // The other queue is heard of no more: it stands for a process that died.
  const seen: string[] = [];
  const next = new Queue({ spool: storage, router: slowRouter(clock, seen), clock });
  await next.start();
  await clock.settle();
  assert.deepEqual(seen, ['b@example.org']);
});

test('each counts once, in statistics and for hooks', async () => {
  const clock = new VirtualClock();
  const told: string[] = [];
  const queue = new Queue({
    spool: new MemorySpool({ now: clock.now }),
    router: slowRouter(clock, []),
    clock,
    hooks: {
      delivered: ({ recipient }) => void told.push(`delivered ${recipient.path}`),
      failed: ({ recipient }) => void told.push(`failed ${recipient.path}`),
    },
  });
  await queue.start();
  await queue.enqueue(message(['a@example.org', 'b@example.org']), Buffer.from('Subject: x\r\n\r\n'));
  await clock.run();
  assert.deepEqual(told, ['delivered a@example.org', 'failed b@example.org']);
  const { delivered: deliveries, failed: failures, attempts, messages } = await queue.statistics();
  assert.deepEqual(
    { deliveries, failures, attempts, messages },
    { deliveries: 1, failures: 1, attempts: 1, messages: 0 },
  );
});

test('a report that is no outcome is a problem of its message, and ends no process', async () => {
  const clock = new VirtualClock();
  const problems: string[] = [];
  const router: Router = () => ({
    kind: 'test',
    key: 'test',
    destination: 'example.org',
    async deliver({ recipients, report }) {
      for (const recipient of recipients) report?.(recipient, { result: 'failed' } as Outcome);
      await new Promise<void>((resolve) => clock.after(minute, resolve));
      return recipients.map(() => delivered);
    },
  });
  const queue = new Queue({
    spool: new MemorySpool({ now: clock.now }),
    router,
    clock,
    onProblem: ({ kind }) => problems.push(kind),
  });
  await queue.start();
  await queue.enqueue(message('a@example.org'), Buffer.from('Subject: x\r\n\r\n'));
  await clock.run({ until: clock.now() + 1.5 * minute });
  assert.deepEqual(problems, ['internal']);
});
