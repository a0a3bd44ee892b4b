/** An Exim of the test's own: configuration, spool and log in a temporary folder; it relays to us. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asRoot, freePort, run, untilAnswers } from './programs.ts';

export class Exim implements AsyncDisposable {
  /** Where it takes mail, on loopback. */
  readonly port: number;
  readonly #folder: string;

  private constructor(port: number, folder: string) {
    this.port = port;
    this.#folder = folder;
  }

  /**
   * Starts one.
   *
   * @param relay the port on loopback where all mail goes
   * @param transport options of the transport that takes it there
   * @param server lines of its main configuration, and sections behind those of the relay
   */
  static async start(
    exim: string,
    relay: number,
    transport: readonly string[] = [],
    server: { readonly main?: readonly string[]; readonly sections?: readonly string[] } = {},
  ): Promise<Exim> {
    const folder = await mkdtemp(join(tmpdir(), 'mailwright-exim-'));
    await chmod(folder, 0o755);
    for (const name of ['spool', 'log']) await mkdir(join(folder, name));
    const port = await freePort();
    const file = join(folder, 'configuration');
    await writeFile(file, configuration(exim, folder, port, relay, transport, server));
    await root('chown', 'Debian-exim', join(folder, 'spool'), join(folder, 'log'));
    const started = new Exim(port, folder);
    const [command, ...args] = asRoot(exim, '-C', file, '-bdf', '-oP', join(folder, 'pid'));
    spawn(command, args, { stdio: 'ignore' });
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
      return readFileSync(join(this.#folder, 'log/main'), 'utf8');
    } catch (error) {
      return String(error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await root('pkill', '--pidfile', join(this.#folder, 'pid'));
    await root('rm', '-rf', this.#folder);
  }
}

async function root(...command: [string, ...string[]]): Promise<void> {
  const [program, ...args] = asRoot(...command);
  await run(program, args);
}

/** Relays everything as it came; fields that a last hop would take out it leaves in. */
function configuration(
  exim: string,
  folder: string,
  port: number,
  relay: number,
  transport: readonly string[],
  {
    main = ['tls_advertise_hosts =', 'acl_smtp_rcpt = accept'],
    sections = [],
  }: NonNullable<Parameters<typeof Exim.start>[3]>,
): string {
  return `
exim_path = ${exim}
spool_directory = ${folder}/spool
log_file_path = ${folder}/log/%s
primary_hostname = relay.test
local_interfaces = 127.0.0.1
daemon_smtp_ports = ${port}
keep_environment =
smtputf8_advertise_hosts = *
dsn_advertise_hosts = *
return_path_remove = false
envelope_to_remove = false
delivery_date_remove = false
smtp_accept_queue_per_connection = 0
received_headers_max = 1000
deliver_drop_privilege
${main.join('\n')}

begin routers
all:
  driver = manualroute
  route_list = * 127.0.0.1
  self = send
  transport = onward

begin transports
onward:
  driver = smtp
  port = ${relay}
  tls_verify_hosts =
  message_linelength_limit = 1000000
${transport.map((line) => `  ${line}\n`).join('')}
${sections.join('\n')}
`;
}
