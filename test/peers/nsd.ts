/** Debian's nsd as name server of some zones, on a port of loopback. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, untilAnswers } from './programs.ts';

export class Nsd implements AsyncDisposable {
  readonly port: number;
  readonly #folder: string;
  readonly #server: ChildProcess;

  private constructor(port: number, folder: string, server: ChildProcess) {
    this.port = port;
    this.#folder = folder;
    this.#server = server;
  }

  /** @param zones - the text of each zone file (RFC 1035 §5) by the zone's name */
  static async start(program: string, zones: Readonly<Record<string, string>>): Promise<Nsd> {
    const folder = await mkdtemp(join(tmpdir(), 'mailwright-nsd-'));
    const port = await freePort();
    const names = Object.keys(zones);
    for (const name of names) await writeFile(join(folder, name), zones[name] ?? '');
    const configuration = join(folder, 'nsd.conf');
    await writeFile(
      configuration,
      `server:
  ip-address: 127.0.0.1
  port: ${port}
  username: ""
  zonesdir: "${folder}"
  database: ""
  pidfile: "${folder}/pid"
  zonelistfile: "${folder}/zone.list"
  xfrdfile: "${folder}/xfrd.state"
  rrl-ratelimit: 0
remote-control:
  control-enable: no
${names.map((name) => `zone:\n  name: ${name}\n  zonefile: ${name}\n`).join('')}`,
    );
    const server = spawn(program, ['-d', '-c', configuration]);
    let log = '';
    server.stderr.on('data', (chunk) => {
      log += chunk;
    });
    await untilAnswers(port, () => log);
    return new Nsd(port, folder, server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.exitCode === null && this.#server.kill()) await once(this.#server, 'close');
    await rm(this.#folder, { recursive: true, force: true });
  }
}
