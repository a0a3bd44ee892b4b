/** A Postfix of the test's own: configuration, queue and log in a temporary folder; it relays to us. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asRoot, freePort, run, untilAnswers } from './programs.ts';

export class Postfix implements AsyncDisposable {
  /** Where it takes mail, on loopback. */
  readonly port: number;
  readonly #postfix: string;
  readonly #folder: string;
  readonly #process: ChildProcess;

  private constructor(postfix: string, port: number, folder: string) {
    this.#postfix = postfix;
    this.port = port;
    this.#folder = folder;
    const [command, ...args] = asRoot(postfix, '-c', join(folder, 'etc'), 'start-fg');
    this.#process = spawn(command, args, { stdio: 'ignore' });
  }

  /**
   * Starts one.
   *
   * @param relay the port on loopback where all mail goes
   * @param settings lines of its main.cf
   */
  static async start(
    postfix: string,
    relay: number,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<Postfix> {
    const folder = await mkdtemp(join(tmpdir(), 'mailwright-postfix-'));
    await chmod(folder, 0o755);
    for (const name of ['etc', 'queue', 'data']) await mkdir(join(folder, name), { mode: 0o755 });
    const [chown, ...args] = asRoot('chown', 'postfix', join(folder, 'data'));
    await run(chown, args);
    const port = await freePort();
    const main = Object.entries({ ...mainCf(folder), relayhost: `[127.0.0.1]:${relay}`, ...settings });
    await writeFile(
      join(folder, 'etc/main.cf'),
      main.map(([name, value]) => `${name} = ${value}\n`).join(''),
    );
    await writeFile(join(folder, 'etc/master.cf'), `127.0.0.1:${port} inet n - n - - smtpd\n${masterCf}`);
    const started = new Postfix(postfix, port, folder);
    try {
      await untilAnswers(port, () => started.log);
    } catch (error) {
      await started[Symbol.asyncDispose]();
      throw error;
    }
    return started;
  }

  /** What it has logged so far, where we may read that. */
  get log(): string {
    try {
      return readFileSync(join(this.#folder, 'log'), 'utf8');
    } catch (error) {
      return String(error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exit = once(this.#process, 'exit');
    const [stop, ...args] = asRoot(this.#postfix, '-c', join(this.#folder, 'etc'), 'stop');
    await run(stop, args);
    await exit;
    const [rm, ...folder] = asRoot('rm', '-rf', this.#folder);
    await run(rm, folder);
  }
}

/** Relays everything as it came; what it would mend in the mails of its own users it lets be. */
function mainCf(folder: string): Readonly<Record<string, string>> {
  return {
    compatibility_level: '3.6',
    queue_directory: join(folder, 'queue'),
    data_directory: join(folder, 'data'),
    maillog_file: join(folder, 'log'),
    maillog_file_prefixes: folder,
    myhostname: 'relay.test',
    mydestination: '',
    alias_maps: '',
    inet_interfaces: '127.0.0.1',
    inet_protocols: 'ipv4',
    smtpd_relay_restrictions: 'permit_mynetworks, reject',
    local_header_rewrite_clients: '',
    message_drop_headers: '',
    disable_mime_output_conversion: 'yes',
    smtp_line_length_limit: '0',
    message_size_limit: '0',
    header_size_limit: '10000000',
    hopcount_limit: '1000',
  };
}

/** The services of a Postfix that only relays. */
const masterCf = `
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
scache unix - - n - 1 scache
anvil unix - - n - 1 anvil
flush unix n - n 1000? 0 flush
postlog unix-dgram n - n - 1 postlogd
`;
