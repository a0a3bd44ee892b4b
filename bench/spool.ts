/**
 * Durable commits of the file spool, beside one synced file for each message, the usual way.
 *
 * Everything runs in a new directory under MAILWRIGHT_BENCH_DIR (default: the system's temporary directory), which
 * must be on a real disk for the figures to mean anything.
 */
import { Buffer } from 'node:buffer';
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileSpool } from 'mailwright/spool';
import { printComparison } from './measure/lines.ts';
import { receivedContext as context } from './measure/received-context.ts';
import { rounds, spreadOf } from './measure/rounds.ts';

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
