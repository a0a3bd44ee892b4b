/**
 * The programs that the peer tests talk to. `.ci/peers` installs them; one that is missing fails its
 * tests, or, where `PEERS_OPTIONAL=1` says so, has them skipped.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

/** Every program that is asked for, and the Debian package that has it. */
const packages = {
  curl: 'curl',
  doveconf: 'dovecot-imapd',
  exim4: 'exim4-daemon-light',
  msmtp: 'msmtp',
  nsd: 'nsd',
  opendkim: 'opendkim',
  postfix: 'postfix',
  python3: 'python3',
  'smtp-sink': 'postfix',
  'smtp-source': 'postfix',
  smtpd: 'opensmtpd',
  swaks: 'swaks',
} as const;

/** A program that peer tests need. */
type Program = keyof typeof packages;

const { PATH = '', MAILWRIGHT_PEERS, PEERS_OPTIONAL } = process.env;
const folders = [
  ...PATH.split(delimiter),
  '/usr/sbin',
  join(MAILWRIGHT_PEERS ?? join(tmpdir(), 'mailwright-peers'), 'bin'),
];

/** The path of a program, or `undefined` where it is not installed. */
export function pathOf(program: string): string | undefined {
  return folders
    .map((folder) => join(folder, program))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Name, options and body of a test that needs a program, which is told its path: `test(...needing(...))`. */
export function needing(
  program: Program,
  name: string,
  body: (path: string) => Promise<void>,
): [name: string, options: { readonly timeout: number }, body: (t: TestContext) => Promise<void>] {
  const whole = async (t: TestContext) => {
    const path = pathOf(program);
    const missing = `${program} is missing: the Debian package ${packages[program]} gives it, .ci/peers installs it`;
    if (path !== undefined) await body(path);
    else if (PEERS_OPTIONAL === '1') t.skip(missing);
    else assert.fail(missing);
  };
  return [`${program}: ${name}`, { timeout: 120_000 }, whole];
}

/** What came of a program that ran to its end. */
interface Outcome {
  readonly code: number | null;
  /** What it wrote to its standard output and standard error, as it came. */
  readonly output: string;
}

/** Runs a program with some input to its end. */
export async function outcomeOf(
  path: string,
  args: readonly string[],
  { input = '' }: { readonly input?: string | Uint8Array } = {},
): Promise<Outcome> {
  const child = spawn(path, args);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString('latin1');
    });
  }
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const code = await new Promise<number | null>((closed, failed) => {
    child.on('error', failed);
    child.on('close', closed);
  });
  return { code, output };
}

/** Runs a program that is to succeed, and returns its output. */
export async function run(
  path: string,
  args: readonly string[],
  options: Parameters<typeof outcomeOf>[2] = {},
): Promise<string> {
  const { code, output } = await outcomeOf(path, args, options);
  assert.equal(code, 0, `${path} ${args.join(' ')}\n${output}`);
  return output;
}

/** A command as root runs it: mail servers change users by themselves. */
export function asRoot(...command: [string, ...string[]]): [string, ...string[]] {
  return process.getuid?.() === 0 ? command : ['sudo', '-n', ...command];
}

/** A port of loopback that nobody listens on, for a program that can't choose one by itself. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}

/** Waits until somebody listens on a port of loopback; `log` tells why nobody does. */
export async function untilAnswers(port: number, log: () => string): Promise<void> {
  for (const deadline = Date.now() + 20_000; ; ) {
    const socket = connect(port, '127.0.0.1');
    const answers = await new Promise((settled) => {
      socket.once('connect', () => settled(true));
      socket.once('error', () => settled(false));
    });
    socket.destroy();
    if (answers) return;
    assert.ok(Date.now() < deadline, `nobody listens on port ${port}: ${log()}`);
    await sleep(50);
  }
}
