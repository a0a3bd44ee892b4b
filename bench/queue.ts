/**
 * A queue with a million messages in a file spool: what it costs to add one, to find what is due, to record
 * an outcome, and to keep one in memory; beside the aims that the queue has.
 *
 * `npm run bench queue quick` takes 50,000 messages. Everything runs in a new directory under MAILWRIGHT_BENCH_DIR (default: the
 * system's temporary directory), which must be on a real disk for the figures to mean anything.
 */
import { Buffer } from 'node:buffer';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Delivered, Queue, type RecipientState, type Route } from 'mailwright/delivery';
import { FileSpool, type SpoolId } from 'mailwright/spool';
import { benchLine, printComparison } from './measure/lines.ts';
import { receivedContext as context } from './measure/received-context.ts';
import { type Spread, spreadOf } from './measure/rounds.ts';

const count = process.argv.includes('quick') ? 50_000 : 1_000_000;
/** As many as a busy server has sessions and deliveries. */
const atOnce = 200;

const body = Buffer.from(`Subject: queued\r\n\r\n${'A line of text.\r\n'.repeat(10)}`);

const delivered: Delivered = { result: 'delivered', how: 'relayed', status: '2.0.0', text: 'taken' };
const route: Route = {
  kind: 'bench',
  key: 'bench',
  destination: 'example.org',
  deliver: async ({ recipients }) => recipients.map(() => delivered),
};

const directory = await mkdtemp(join(process.env['MAILWRIGHT_BENCH_DIR'] ?? tmpdir(), 'queue-bench-'));
const spool = await FileSpool.open(directory);
const queue = new Queue({ spool, router: () => route });
await queue.start();
// Code is compiled and buffers are made before anything is measured.
await timed(5000, () => queue.enqueue(context, body));
await queue.idle();

const before = resident();
const ids: SpoolId[] = [];
// All of them in an hour or later, so that nothing is taken.
const begin = Date.now() + 3_600_000;
const enqueued = await timed(count, async () => {
  const due = begin + ((ids.length * 7919) % count);
  ids.push(await queue.enqueue({ ...context, queue: { due } }, body));
});
const octets = (resident() - before) / count;
report('queue enqueue', spreadOf([enqueued]));

/** What the queue writes after an attempt that has to be repeated. */
const state: RecipientState = {
  status: 'delayed',
  attempts: 1,
  last: begin,
  due: begin,
  enhanced: '4.2.1',
  text: 'mailbox busy',
  reply: { code: 450, enhanced: '4.2.1', lines: ['mailbox busy'] },
  remote: { host: 'mx.example.org', address: '192.0.2.3' },
};

const due: number[] = [];
const updates: number[] = [];
for (let round = 0; round < 5; round++) {
  globalThis.gc?.();
  due.push(await found(Math.min(count, 50_000)));
  updates.push(
    await timed(20_000, async () => {
      const id = ids[Math.floor(Math.random() * count)] ?? '';
      const next = begin + Math.floor(Math.random() * count);
      await spool.update(id, { delivery: { 0: state }, queue: { due: next } });
    }),
  );
}
report('queue due', spreadOf(due));
report('queue update', spreadOf(updates));
const memory = benchLine(
  { name: 'queue memory', unit: 'bytes/message', lowerIsBetter: true },
  octets,
  'target',
  500,
);
// How many times the aim is kept, as with the others: not ours / peer.
console.log(JSON.stringify({ ...memory, ratio: Number((500 / octets).toPrecision(4)) }));

await queue.stop();
await spool.close();
await rm(directory, { recursive: true });

/** What is due, of which there is more than is asked for: messages per second. */
async function found(wanted: number): Promise<number> {
  let seen = 0;
  const start = performance.now();
  for await (const { due } of spool.list({ dueBy: Number.POSITIVE_INFINITY })) {
    if (due < begin || ++seen === wanted) break;
  }
  return (1000 * seen) / (performance.now() - start);
}

/** Runs `act` so many times, {@link atOnce} at a time; how often in a second. */
async function timed(times: number, act: () => Promise<unknown>): Promise<number> {
  let left = times;
  const start = performance.now();
  const work = async () => {
    while (left-- > 0) await act();
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return (1000 * times) / (performance.now() - start);
}

/** Resident octets of this process, when what is not needed is gone. */
function resident(): number {
  // As far as the collector can go, or its spare room would be counted.
  for (let i = 0; i < 3; i++) globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  return process.memoryUsage.rss();
}

function report(name: string, ours: Spread): void {
  printComparison({ name, unit: 'op/s', ours, peers: { target: spreadOf([20_000]) } });
}
