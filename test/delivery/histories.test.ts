/**
 * Seeded histories: two weeks of virtual time each, with servers of all tempers, breaking connections,
 * partitions, operators and crashes, from the queue down to the client machine as they are.
 *
 * A seed that fails is run alone by `MAILWRIGHT_SEED=7 npm test -- --only histories`.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outcome } from 'mailwright/delivery';
import { type HistoryReport, runHistory } from './histories/history.ts';
import type { Tampering } from './histories/process.ts';
import { runHistories } from './histories/thread.ts';

const alone = process.env['MAILWRIGHT_SEED'];
const seeds = alone === undefined ? Array.from({ length: 200 }, (_, index) => index + 1) : [Number(alone)];

const told = ({ seed, faults, plan }: HistoryReport) =>
  `seed ${seed}:\n${faults.join('\n')}${alone === undefined ? '' : `\n${JSON.stringify(plan, null, 1)}`}`;

test(`${seeds.length} histories end as they must`, async () => {
  const bad = (await runHistories(seeds)).filter(({ faults }) => faults.length > 0);
  assert.equal(bad.length, 0, bad.map(told).join('\n\n'));
});

test('the same seed gives the same history', async () => {
  const some = seeds.slice(0, 5);
  const first = await runHistories(some);
  const second = await runHistories([...some].reverse());
  assert.deepEqual(
    second.map(({ hash }) => hash).reverse(),
    first.map(({ hash }) => hash),
  );
  assert.equal(new Set(first.map(({ hash }) => hash)).size, some.length);
});

const gone: Outcome = { result: 'delivered', how: 'relayed', status: '2.0.0', text: 'so it says' };

/** Ways to go wrong, and what the checks make of them. */
const wrongs: readonly (readonly [name: string, tampering: Tampering, fault: RegExp])[] = [
  [
    'a route that claims what it did not do',
    { route: (route) => ({ ...route, deliver: async ({ recipients }) => recipients.map(() => gone) }) },
    /is called delivered, and nobody has it/,
  ],
  [
    'a spool that forgets what it was told',
    {
      spool: (spool) => {
        const update = spool.update.bind(spool);
        const forgotten = new Set<string>();
        spool.update = async (id, patch) => {
          if (patch.delivery === undefined || forgotten.has(id)) return update(id, patch);
          forgotten.add(id);
          return spool.context(id);
        };
        return spool;
      },
    },
    /was delivered \d+ times/,
  ],
  [
    'a spool that loses messages',
    {
      spool: (spool) => {
        spool.update = async (id) => {
          const context = await spool.context(id);
          await spool.delete(id);
          return context;
        };
        return spool;
      },
    },
    /is lost/,
  ],
  [
    'a spool that says that it has what it has not',
    {
      spool: (spool) => {
        const begin = spool.begin.bind(spool);
        spool.begin = (context) => ({ ...begin(context), commit: async () => 'nowhere' });
        return spool;
      },
    },
    /was accepted, and is nowhere/,
  ],
  ['secrets that go in clear', { tls: 'none' }, /got it in clear/],
  [
    'a pool without limits',
    { pool: { perTarget: 100, total: 1000 } },
    /connections of life|connections at once|over connection/,
  ],
  ['haste', { pace: 'none' }, /messages went to d0\.example within/],
  ['nobody who tells senders', { notifier: async () => [] }, /was not told that/],
  [
    'a body that is changed',
    {
      route: (route) => ({
        ...route,
        deliver: (attempt) => {
          const octets = Buffer.alloc(attempt.body.size, 'x');
          const body = {
            size: octets.length,
            open: async function* () {
              yield octets;
            },
          };
          return route.deliver({ ...attempt, body });
        },
      }),
    },
    /got other octets than were sent/,
  ],
  [
    'a connection that nobody closes',
    {
      connect: (connect) => async (at, options) => {
        connect(at, { signal: new AbortController().signal }).then(
          (socket) => socket.on('error', () => {}),
          () => {},
        );
        return connect(at, options);
      },
    },
    /connections are open/,
  ],
];

for (const [name, tampering, fault] of wrongs) {
  test(`the checks find ${name}`, async () => {
    const found: string[] = [];
    for (let seed = 1; seed <= 40 && !found.some((text) => fault.test(text)); seed++) {
      found.push(...(await runHistory(seed, tampering)).faults);
    }
    assert.match(found.join('\n'), fault);
  });
}
