/** When a message is tried, and how it ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Deferred,
  type Delivered,
  defaultSchedule,
  type Failed,
  type Outcome,
  type OutcomeNotice,
  type RoutedRecipient,
  recipientState,
  schedulesByDomain,
} from 'mailwright/delivery';
import { waitAfter } from '../../../src/delivery/queue/schedule.ts';
import {
  aboutWhom,
  day,
  deferred,
  delivered,
  failed,
  hour,
  limitedUntil,
  type message,
  minute,
  plainNotifier,
  type Script,
  start,
  World,
} from './world.ts';

const to = 'b@example.org';
/** Not before so many attempts. */
const after =
  (attempts: number): Script =>
  (_, __, number) =>
    number > attempts ? delivered : deferred;

test('the first attempt is at once, the next ones by the schedule', async () => {
  const world = new World({ script: after(5) });
  await world.add(to);
  await world.run();
  assert.deepEqual(
    world.attempts(to).map(([at]) => at / minute),
    [0, 5, 12.5, 23.75, 40.625, 65.9375],
  );
  assert.equal(await world.spool.count(), 0);
  assert.equal(world.clock.pending, 0, 'no timer is left when nothing is queued');
});

test('RFC 5321 §4.5.4.1: it goes on for 4 to 5 days, with at least half an hour between attempts before long', async () => {
  const world = new World({ script: () => deferred });
  await world.add(to);
  await world.run();
  const times = world.attempts(to).map(([at]) => at);
  assert.equal(times.length, 25);
  assert.ok((times.at(-1) ?? 0) > 4 * day && (times.at(-1) ?? 0) <= 5 * day);
  const waits = times.slice(1).map((time, i) => time - (times[i] ?? 0));
  assert.ok(waits.slice(6).every((wait) => wait >= 30 * minute || wait === 4 * hour - (times[9] ?? 0)));
  assert.ok(waits.every((wait) => wait <= 8 * hour));
});

test('waits are spread by chance, by a tenth to either side', () => {
  assert.equal(
    waitAfter(defaultSchedule, 1, () => 0),
    270_000,
  );
  assert.equal(
    waitAfter(defaultSchedule, 1, () => 0.999999),
    330_000,
  );
  assert.equal(
    waitAfter(defaultSchedule, 1000, () => 0.5),
    8 * hour,
  );
});

test('schedules differ by domain: the domain itself, then those above it, then the base', () => {
  const schedule = schedulesByDomain({
    'slow.example': { attempts: 60 },
    '.internal.example': { expiry: day },
  });
  const attempts = (domain: string) => schedule({ domain } as RoutedRecipient, {} as never);
  assert.equal(attempts('slow.example').attempts, 60);
  assert.equal(attempts('very.slow.example').attempts, 25);
  assert.equal(attempts('a.b.internal.example').expiry, day);
  assert.equal(attempts('internal.example').expiry, 5 * day);
});

test('a schedule may tell in what it differs from the default one; numbers that make none are told', async () => {
  const world = new World({
    script: () => deferred,
    schedule: { first: minute, factor: 1, jitter: 0, attempts: 3 },
  });
  await world.queue.start();
  await world.add(to);
  await world.clock.run();
  assert.deepEqual(
    world.seen.map(({ at }) => at / minute),
    [0, 1, 2],
  );
  for (const part of [
    { first: Number.NaN },
    { factor: 0 },
    { ceiling: -1 },
    { jitter: Number.NaN },
    { attempts: 0 },
    { expiry: Number.NaN },
    { delayNotice: -1 },
  ]) {
    const misuse = { name: 'LimitMisuse', code: 'BAD_LIMIT' };
    assert.throws(() => new World({ schedule: part }), misuse, Object.keys(part)[0]);
    assert.throws(() => schedulesByDomain({ 'slow.example': part }), misuse);
  }
});

interface Ending {
  readonly name: string;
  readonly script: Script;
  readonly envelope?: Parameters<typeof message>[1] & object;
  /** The times of the attempts in minutes. */
  readonly attempts?: readonly number[];
  /** What the sender was told, and when. */
  readonly told: readonly (readonly [minutes: number, kind: string, about: string])[];
}

const short = { attempts: 4, expiry: 2 * hour, delayNotice: 8 * minute };

const endings: readonly Ending[] = [
  { name: 'delivered: nobody is told', script: () => delivered, attempts: [0], told: [] },
  {
    name: 'refused: the sender is told at once',
    script: () => failed,
    attempts: [0],
    told: [[0, 'failure', `${to} 5.1.1`]],
  },
  {
    name: 'refused, from the null sender: nobody is told (RFC 5321 §4.5.5)',
    script: () => failed,
    envelope: { envelope: { from: '' } },
    attempts: [0],
    told: [],
  },
  {
    name: 'too many attempts: given up as expired (RFC 3463 §3.5), after a delay notice',
    script: () => deferred,
    // At 8 minutes the delay notice is due, and an attempt with it.
    attempts: [0, 5, 8, 19.25],
    told: [
      [8, 'delay', `${to} 4.2.1`],
      [19.25, 'failure', `${to} 5.4.7`],
    ],
  },
  {
    name: 'limits count for nothing, but age goes on',
    script: (_, { context }) => limitedUntil(context.receivedAt + 3 * hour),
    told: [
      [8, 'delay', `${to} 4.4.7`],
      [120, 'failure', `${to} 5.4.7`],
    ],
  },
  {
    name: 'DELIVERBY with return: not tried any more at its time (RFC 2852 §4)',
    script: () => deferred,
    envelope: { envelope: { deliverBy: { at: start + 2 * minute, mode: 'return' } } },
    attempts: [0],
    told: [[2, 'failure', `${to} 5.4.7`]],
  },
  {
    name: 'DELIVERBY with notify: told at its time, and tried on (RFC 2852 §4)',
    script: after(2),
    envelope: { envelope: { deliverBy: { at: start + 5 * minute, mode: 'notify' } } },
    attempts: [0, 5, 8],
    told: [[5, 'delay', `${to} 4.2.1`]],
  },
  {
    name: 'success is told of where that was asked for (RFC 3461 §4.1)',
    script: () => delivered,
    envelope: { envelope: { recipients: [{ path: to, notify: ['success'] }] } },
    attempts: [0],
    told: [[0, 'success', `${to} 2.0.0`]],
  },
  {
    name: 'success is left to a server that took it over (RFC 3461 §5.2.1)',
    script: () => ({ ...delivered, how: 'passed' }),
    envelope: { envelope: { recipients: [{ path: to, notify: ['success'] }] } },
    attempts: [0],
    told: [],
  },
  {
    name: 'DELIVERBY with a trace: each hop is told of, whoever took over NOTIFY (RFC 2852 §4.1.4)',
    script: () => ({ ...delivered, how: 'passed' }),
    envelope: { envelope: { deliverBy: { at: start + hour, mode: 'notify', trace: true } } },
    attempts: [0],
    told: [[0, 'success', `${to} 2.0.0`]],
  },
  {
    name: 'DELIVERBY with notify: told of where nobody else will tell of the deadline (RFC 2852 §4.1.4.2)',
    script: () => delivered,
    envelope: { envelope: { deliverBy: { at: start + hour, mode: 'notify' } } },
    attempts: [0],
    told: [[0, 'success', `${to} 2.0.0`]],
  },
  {
    name: 'DELIVERBY with notify: left to a server that took over NOTIFY (RFC 3461 §5.2.1)',
    script: () => ({ ...delivered, how: 'passed' }),
    envelope: { envelope: { deliverBy: { at: start + hour, mode: 'notify' } } },
    attempts: [0],
    told: [],
  },
  {
    name: 'FUTURERELEASE: not before its time (RFC 4865 §4), from which its age counts',
    script: () => deferred,
    envelope: { envelope: { holdUntil: start + day } },
    attempts: [1440, 1445, 1448, 1459.25],
    told: [
      [1448, 'delay', `${to} 4.2.1`],
      [1459.25, 'failure', `${to} 5.4.7`],
    ],
  },
];

test('how messages end', async (t) => {
  for (const { name, script, envelope = {}, attempts, told } of endings) {
    await t.test(name, async () => {
      const about: [number, string, string][] = [];
      const world = new World({
        script: (recipient, attempt, number) =>
          recipient.path === 'sender@example.com' ? delivered : script(recipient, attempt, number),
        schedule: { ...defaultSchedule, ...short },
        notifier: plainNotifier,
        hooks: {
          notification({ kind, notification }) {
            about.push([(world.clock.now() - start) / minute, kind, aboutWhom(notification)]);
            return undefined;
          },
        },
      });
      await world.add(to, envelope);
      await world.run();
      assert.deepEqual(about, told);
      if (attempts !== undefined) {
        assert.deepEqual(
          world.attempts(to).map(([at]) => at / minute),
          attempts,
        );
      }
      assert.equal(await world.spool.count(), 0, 'nothing is left');
      assert.equal(
        world.attempts('sender@example.com').length,
        told.length,
        'and what was told was delivered',
      );
      assert.deepEqual(world.problems, []);
    });
  }
});

test('a notice of delay says until when it is tried (RFC 3464 §2.3.9): at most to its deadline (RFC 2852 §4)', async () => {
  for (const [deliverBy, minutes] of [
    [undefined, 120],
    [{ at: start + 10 * minute, mode: 'return' }, 10],
    [{ at: start + 10 * minute, mode: 'notify' }, 120],
  ] as const) {
    const told: (number | undefined)[] = [];
    const world = new World({
      script: () => deferred,
      schedule: { ...defaultSchedule, ...short },
      notifier: async (_, recipients) => {
        for (const { outcome, willRetryUntil } of recipients)
          if (outcome.result === 'deferred') told.push(willRetryUntil);
        return [];
      },
    });
    await world.add(to, { envelope: { ...(deliverBy && { deliverBy }) } });
    await world.run(9 * minute);
    assert.deepEqual(told, [start + minutes * minute]);
  }
});

test('a deadline that passes is no attempt, and what the remote said last is told', async () => {
  const world = new World({ script: () => deferred, keepFailed: () => true });
  const id = await world.add(to, { envelope: { deliverBy: { at: start + 2 * minute, mode: 'return' } } });
  await world.run();
  const state = recipientState(await world.spool.context(id), 0);
  assert.equal(state.attempts, 1);
  assert.match(state.text ?? '', /^not delivered by the time .*: come back later$/);
  assert.equal(state.reply?.code, 450);
});

test('what a remote asks for is kept: not before', async () => {
  const later: Outcome = { ...deferred, notBefore: start + 90 * minute };
  const world = new World({ script: (_, __, number) => (number === 1 ? later : delivered) });
  await world.add(to);
  await world.run();
  assert.deepEqual(
    world.attempts(to).map(([at]) => at / minute),
    [0, 90],
  );
});

test('the state of each recipient is in the spool while others wait', async () => {
  const world = new World({
    script: ({ domain }) =>
      domain === 'good.example' ? delivered : domain === 'bad.example' ? failed : deferred,
  });
  const id = await world.add(['a@good.example', 'b@bad.example', 'c@busy.example']);
  await world.run(minute);
  const context = await world.spool.context(id);
  assert.deepEqual(
    [0, 1, 2].map((place) => recipientState(context, place)),
    [
      {
        status: 'relayed',
        attempts: 1,
        last: start,
        enhanced: '2.0.0',
        text: 'taken',
        remote: { host: 'mx.example.org', address: '192.0.2.1' },
      },
      { status: 'failed', attempts: 1, last: start, enhanced: '5.1.1', text: 'nobody of that name' },
      {
        status: 'delayed',
        attempts: 1,
        last: start,
        due: start + 5 * minute,
        enhanced: '4.2.1',
        text: 'come back later',
        reply: { code: 450, enhanced: '4.2.1', lines: ['come back later'] },
      },
    ],
  );
  assert.equal(context.queue.due, start + 5 * minute);
  await world.run(6 * minute);
  assert.equal(recipientState(await world.spool.context(id), 2).attempts, 2);
  assert.equal(world.attempts('a@good.example').length, 1);
});

test('a router that has no route, or throws, or says no', async () => {
  const world = new World({
    router: ({ domain }) => {
      if (domain === 'never.example') return { kind: 'none', outcome: failed };
      if (domain === 'broken.example') throw new Error('a defect');
      return undefined;
    },
  });
  const id = await world.add(['a@never.example', 'b@broken.example', 'c@nowhere.example']);
  await world.run(minute);
  const context = await world.spool.context(id);
  const states = [0, 1, 2].map((place) => recipientState(context, place));
  assert.deepEqual(
    states.map(({ status, enhanced }) => [status, enhanced]),
    [
      ['failed', '5.1.1'],
      ['delayed', '4.4.4'],
      ['delayed', '4.4.4'],
    ],
  );
  assert.deepEqual(
    world.problems.map(({ kind }) => kind),
    ['not-routed'],
  );
});

test('a route that breaks its promise costs an attempt and is reported', async () => {
  const answers = [() => Promise.reject(new Error('a defect')), async () => [], async () => [delivered]];
  const world = new World({
    router: () => ({
      kind: 'odd',
      key: 'odd',
      destination: 'odd',
      deliver: () => answers.shift()?.() ?? Promise.resolve([]),
    }),
  });
  await world.add(to);
  await world.run();
  assert.deepEqual(
    world.problems.map(({ kind }) => kind),
    ['route-failed', 'route-failed'],
  );
  assert.equal(await world.spool.count(), 0);
});

test('texts of remotes are cut: a thousand long ones fit into a context', async () => {
  const long = 'x'.repeat(100_000);
  const world = new World({
    script: () => ({ ...deferred, text: long, reply: { code: 450, lines: Array(1000).fill(long) } }),
  });
  const id = await world.add(Array.from({ length: 700 }, (_, i) => `r${i}@example.org`));
  await world.run(minute);
  assert.deepEqual(world.problems, []);
  assert.equal(recipientState(await world.spool.context(id), 699).attempts, 1);
});

test('where even that does not fit, the states are kept and the texts go', async () => {
  const world = new World({ script: () => ({ ...deferred, text: 'x'.repeat(500) }) });
  const id = await world.add(Array.from({ length: 4000 }, (_, i) => `recipient-${i}@example.org`));
  await world.run(minute);
  assert.deepEqual(world.problems, []);
  const state = recipientState(await world.spool.context(id), 3999);
  assert.equal(state.attempts, 1);
  assert.equal(state.text, undefined);
});

test('hooks get the outcome of the attempt itself, and of a recipient that is given up what is noted', async () => {
  const passed: Delivered = { ...delivered, how: 'passed', text: 'x'.repeat(900) };
  const told: (Delivered | Deferred | Failed)[] = [];
  const note = ({ outcome }: OutcomeNotice<Delivered | Deferred | Failed>) => {
    told.push(outcome);
    return undefined;
  };
  const world = new World({
    script: ({ path }) => (path === to ? passed : deferred),
    schedule: { ...defaultSchedule, attempts: 2 },
    hooks: { delivered: note, delayed: note, failed: note },
  });
  await world.add(to);
  await world.add('late@example.net');
  await world.run();
  assert.deepEqual(told.slice(0, 2), [passed, deferred]);
  assert.deepEqual(
    told.slice(2).map(({ result, status }) => [result, status]),
    [['failed', '5.4.7']],
  );
});
