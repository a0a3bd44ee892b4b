/**
 * An OpenSMTPD of the test's own: it relays to us. Its queue and its control socket stand where it was built
 * to have them, so that there is one to a machine at a time.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asRoot, freePort, run, untilAnswers } from './programs.ts';

export class OpenSmtpd implements AsyncDisposable {
  /** Where it takes mail, on loopback. */
  readonly port: number;
  readonly #folder: string;
  readonly #process: ChildProcess;
  #log = '';

  private constructor(program: string, port: number, folder: string) {
    this.port = port;
    this.#folder = folder;
    const [command, ...args] = asRoot(program, '-d', '-f', join(folder, 'smtpd.conf'));
    this.#process = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#log += chunk.toString('latin1');
      });
    }
  }

  /**
   * Starts one.
   *
   * @param relay the port on loopback where all mail goes
   */
  static async start(program: string, relay: number): Promise<OpenSmtpd> {
    const folder = await mkdtemp(join(tmpdir(), 'mailwright-opensmtpd-'));
    await chmod(folder, 0o755);
    const port = await freePort();
    const lines = [
      `listen on 127.0.0.1 port ${port} hostname relay.test`,
      `action "onward" relay host smtp://127.0.0.1:${relay}`,
      'match from any for any action "onward"',
    ];
    await writeFile(join(folder, 'smtpd.conf'), lines.map((line) => `${line}\n`).join(''));
    const started = new OpenSmtpd(program, port, folder);
    try {
      await untilAnswers(port, () => started.log);
    } catch (error) {
      await started[Symbol.asyncDispose]();
      throw error;
    }
    return started;
  }

  /** What it has logged so far. */
  get log(): string {
    return this.#log;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exit = once(this.#process, 'exit');
    const [kill, ...args] = asRoot('kill', String(this.#process.pid));
    if (this.#process.exitCode === null) {
      await run(kill, args);
      await exit;
    }
    const [rm, ...folders] = asRoot('rm', '-rf', this.#folder);
    await run(rm, folders);
  }
}
