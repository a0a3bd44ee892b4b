/** Other processes of a bench: starting, finding, and what they cost (Linux: read from /proc). */
import { type ChildProcess, type ForkOptions, fork } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The path of a program of the system, or `undefined` after saying that it is missing. */
export function systemProgram(name: string): string | undefined {
  for (const folder of [
    ...(process.env['PATH'] ?? '').split(delimiter),
    '/usr/sbin',
    '/usr/lib/postfix/sbin',
  ]) {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return join(folder, name);
    } catch {}
  }
  console.log(`${name} is not installed: the bench goes on without it`);
  return undefined;
}

/** CPU time of a process, user and system, all threads, in microseconds; steps of 10 ms. */
export function cpuMicroseconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The second field is the command in parentheses and may hold blanks; utime and stime are 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

/** Resident memory of a process in octets: now, and the highest so far. */
export function residentOctets(pid: number): { readonly now: number; readonly peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const kilobytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  return { now: kilobytes('VmRSS') * 1024, peak: kilobytes('VmHWM') * 1024 };
}

/** A Node process that a bench started. */
export interface BenchChild<Ready> {
  readonly pid: number;
  readonly process: ChildProcess;
  /** The first message that it sent: a port, say. */
  readonly ready: Ready;
  /** Ends it and waits until it is gone. */
  stop(): Promise<void>;
}

/** Forks a module on this Node with these conditions and waits for its first `process.send()`. */
export async function benchChild<Ready>(
  module: string,
  args: readonly string[] = [],
  options: ForkOptions = {},
): Promise<BenchChild<Ready>> {
  const child = fork(module, args, options);
  const gone = new Promise<void>((done) => {
    child.once('close', () => done());
  });
  const ready = await new Promise<Ready>((done, fail) => {
    child.once('message', (message) => done(message as Ready));
    child.once('error', fail);
    child.once('exit', (code) => fail(new Error(`${module} ended with ${code} before it was ready`)));
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${module} did not start`);
  return {
    pid,
    process: child,
    ready,
    async stop() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}
