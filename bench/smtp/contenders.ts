/** The servers of the SMTP benches, each in a process of its own, and the load that is put on them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { benchChild, cpuMicroseconds, systemProgram } from '../measure/process.ts';

/** A server under load. */
export interface Server {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

const source = systemProgram('smtp-source');

/** A server that is a Node process, and answers any message with the memory that it uses, in octets. */
export interface NodeServer extends Server {
  readonly process: ChildProcess;
}

/** A Node server of this folder; with `needsFolder` it is given a new one, removed when it stops. */
export async function nodeServer(
  name: string,
  module: string,
  mode: string,
  needsFolder = false,
): Promise<NodeServer> {
  const folder = needsFolder ? mkdtempSync(join(tmpdir(), 'mailwright-bench-')) : '';
  const child = await benchChild<number>(resolve(import.meta.dirname, `${module}.ts`), [mode, folder], {
    execArgv: [
      '--conditions=mailwright-source',
      '--expose-gc',
      `--import=${resolve(import.meta.dirname, 'memory-report.ts')}`,
    ],
  });
  return {
    name,
    port: child.ready,
    pid: child.pid,
    process: child.process,
    async stop() {
      await child.stop();
      if (needsFolder) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Postfix's own sink, or `undefined` where it is not installed. */
export async function smtpSink(): Promise<Server | undefined> {
  const program = systemProgram('smtp-sink');
  if (program === undefined) return undefined;
  const port = 20_000 + (process.pid % 10_000);
  // As root it insists on a user to become.
  const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const child = spawn(program, [...user, `127.0.0.1:${port}`, '4096'], { stdio: 'ignore' });
  const gone = new Promise<void>((done) => {
    child.once('close', () => done());
  });
  await new Promise((done) => setTimeout(done, 300));
  if (child.pid === undefined) return undefined;
  return {
    name: 'smtp-sink',
    port,
    pid: child.pid,
    async stop() {
      child.kill();
      await gone;
    },
  };
}

/** One load of messages. */
export interface Load {
  readonly octets: number;
  readonly sessions: number;
  readonly messages: number;
}

/** What a load came to. */
export interface Outcome {
  readonly messagesPerSecond: number;
  /** The server's CPU time for each message, in microseconds. */
  readonly cpuPerMessage: number;
}

/** Has `smtp-source` send the load to a server, many messages to a session. */
export async function send(server: Server, { octets, sessions, messages }: Load): Promise<Outcome> {
  if (source === undefined) throw new Error('smtp-source is needed: it comes with Postfix');
  const cpu = cpuMicroseconds(server.pid);
  const begin = performance.now();
  const options = [
    '-d',
    '-s',
    sessions,
    '-m',
    messages,
    '-l',
    octets,
    '-f',
    'a@example.org',
    '-t',
    'b@example.org',
  ];
  const child = spawn(source, [...options.map(String), `127.0.0.1:${server.port}`], {
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: 120_000,
  });
  const code = await new Promise<number | null>((done) => {
    child.once('close', done);
  });
  if (code !== 0) throw new Error(`smtp-source to ${server.name} ended with ${code}`);
  const seconds = (performance.now() - begin) / 1000;
  return {
    messagesPerSecond: messages / seconds,
    cpuPerMessage: (cpuMicroseconds(server.pid) - cpu) / messages,
  };
}
