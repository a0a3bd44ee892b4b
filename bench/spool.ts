/**
 * Durable commits of the file spool, beside one synced file for each message, the usual way; and what a queue
 * asks of a spool (updates, what is due), beside the aims that the queue has.
 *
 * Everything runs in a new directory under MAILWRIGHT_BENCH_DIR (default: the system's temporary directory), which
 * must be on a real disk for the figures to mean anything.
 */
import { Buffer } from 'node:buffer';
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileSpool, type NewContext } from 'mailwright/spool';
import { printComparison } from './measure/lines.ts';
import { rounds, spreadOf } from './measure/rounds.ts';

/** About 600 octets of JSON, as a message from an authenticated MX gets it. */
const context: NewContext = {
  protocol: 'ESMTPS',
  peer: {
    remote: { family: 'ipv4', address: '192.0.2.1', port: 41234 },
    local: { family: 'ipv4', address: '192.0.2.2', port: 25 },
  },
  tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', servername: 'mx.example.org' },
  helo: 'mail.example.com',
  envelope: {
    from: 'bounces+1234@example.com',
    recipients: [{ path: 'someone@example.org', notify: ['failure'] }],
    body: '8bitmime',
  },
  verdicts: { spf: { result: 'pass' }, dkim: [{ result: 'pass', domain: 'example.com' }] },
};

const root = await mkdtemp(join(process.env['MAILWRIGHT_BENCH_DIR'] ?? tmpdir(), 'spool-bench-'));
const files = join(root, 'files');
await mkdir(files);
const spool = await FileSpool.open(join(root, 'spool'));
let name = 0;

async function commit(body: Buffer): Promise<void> {
  const writer = spool.begin(context);
  const pending = writer.write(body);
  if (pending !== undefined) await pending;
  await writer.commit();
}

async function syncedFile(body: Buffer): Promise<void> {
  const file = await open(join(files, `${++name}.eml`), 'wx');
  await file.writev([Buffer.from(JSON.stringify(context)), body]);
  await file.sync();
  await file.close();
}

/** Runs `act` so many times, `atOnce` at a time; operations per second, and microseconds of this thread for each. */
async function timed(count: number, atOnce: number, act: () => Promise<unknown>) {
  let left = count;
  const cpu = process.threadCpuUsage();
  const begin = performance.now();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (left-- > 0) await act();
    }),
  );
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.threadCpuUsage(cpu);
  return { perSecond: count / seconds, microseconds: (user + system) / count };
}

for (const [size, count] of [
  [1024, 10_000],
  [102_400, 1000],
] as const) {
  const body = Buffer.alloc(size, 'Durable mail. ');
  for (const sessions of [10, 100]) {
    const cpu = { ours: [] as number[], peer: [] as number[] };
    const figures = await rounds({
      ours: async () => {
        const { perSecond, microseconds } = await timed(count, sessions, () => commit(body));
        cpu.ours.push(microseconds);
        return perSecond;
      },
      peer: async () => {
        const { perSecond, microseconds } = await timed(count / 5, sessions, () => syncedFile(body));
        cpu.peer.push(microseconds);
        return perSecond;
      },
    });
    const setting = `spool commit ${size / 1024}k ${sessions} sessions`;
    printComparison({
      name: setting,
      unit: 'msg/s',
      ours: figures.ours,
      peers: { 'synced-file': figures.peer },
    });
    printComparison({
      name: `${setting}, main thread`,
      unit: 'us/msg',
      ours: spreadOf(cpu.ours),
      peers: { 'synced-file': spreadOf(cpu.peer) },
      lowerIsBetter: true,
    });
  }
}
await spool.close();
await rm(root, { recursive: true });
await queueFigures();

/** What a queue does, with many messages in the spool. */
async function queueFigures(): Promise<void> {
  const directory = await mkdtemp(join(process.env['MAILWRIGHT_BENCH_DIR'] ?? tmpdir(), 'spool-bench-'));
  const count = Number(process.env['SPOOL_BENCH_MESSAGES'] ?? 200_000);
  let queue = await FileSpool.open(directory);
  const ids: string[] = [];
  const body = Buffer.alloc(200, 'x');
  let due = 0;
  const enqueue = async () => {
    const writer = queue.begin({ ...context, queue: { due: ++due } });
    void writer.write(body);
    ids.push(await writer.commit());
  };
  const target = spreadOf([20_000]);
  const enqueued = spreadOf([(await timed(count, 100, enqueue)).perSecond]);
  printComparison({ name: `spool enqueue ${count}`, unit: 'msg/s', ours: enqueued, peers: { target } });

  await queue.close();
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const begin = performance.now();
  queue = await FileSpool.open(directory);
  const seconds = (performance.now() - begin) / 1000;
  globalThis.gc?.();
  const octets = (process.memoryUsage().heapUsed - before) / count;
  console.log(`\nopened in ${seconds.toFixed(2)} s: ${Math.round(count / seconds)} messages/s`);
  printComparison({
    name: `spool memory ${count}`,
    unit: 'octets/msg',
    ours: spreadOf([octets]),
    peers: { target: spreadOf([300]) },
    lowerIsBetter: true,
  });

  const random = () => ids[Math.floor(Math.random() * ids.length)] ?? '';
  const figures = await rounds(
    {
      update: async () => {
        const act = () =>
          queue.update(random(), { queue: { due: ++due }, delivery: { 0: { status: 'delayed' } } });
        return (await timed(20_000, 100, act)).perSecond;
      },
      due: async () => {
        let seen = 0;
        const begin = performance.now();
        for await (const entry of queue.list({ dueBy: Number.POSITIVE_INFINITY })) {
          seen += entry.size > 0 ? 1 : 0;
          if (seen === 20_000) break;
        }
        return (1000 * seen) / (performance.now() - begin);
      },
    },
    { count: 3 },
  );
  printComparison({ name: `spool update ${count}`, unit: 'op/s', ours: figures.update, peers: { target } });
  printComparison({ name: `spool due ${count}`, unit: 'msg/s', ours: figures.due, peers: { target } });
  await queue.close();
  await rm(directory, { recursive: true });
}
