/** Postfix's own sink, which tells how many messages it has got. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemProgram } from '../measure/process.ts';

/** A sink that counts. */
export interface CountingSink {
  readonly port: number;
  readonly pid: number;
  /** Messages so far. */
  readonly messages: number;
  stop(): Promise<void>;
}

/** Starts one on a port of loopback. */
export async function countingSink(port: number): Promise<CountingSink> {
  const program = systemProgram('smtp-sink');
  if (program === undefined) throw new Error('smtp-sink is needed: it comes with Postfix');
  // A file costs the sink less than a reader that it would wake for each message.
  const folder = mkdtempSync(join(tmpdir(), 'mailwright-sink-'));
  const counters = openSync(join(folder, 'counters'), 'w+');
  // As root it insists on a user to become.
  const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const child = spawn(program, ['-c', ...user, `127.0.0.1:${port}`, '4096'], {
    stdio: ['ignore', counters, 'inherit'],
  });
  const tail = Buffer.alloc(100);
  const gone = once(child, 'close');
  await new Promise((done) => setTimeout(done, 300));
  if (child.pid === undefined || child.exitCode !== null) throw new Error('smtp-sink did not start');
  return {
    port,
    pid: child.pid,
    get messages() {
      const end = fstatSync(counters).size;
      const length = readSync(counters, tail, 0, tail.length, Math.max(0, end - tail.length));
      const text = tail.toString('latin1', 0, length);
      // The latest figure that is written to its end.
      const figures = [...text.matchAll(/mesg=(\d+)\s/g)];
      return Number(figures.at(-1)?.[1] ?? 0);
    },
    async stop() {
      child.kill();
      await gone;
      closeSync(counters);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
