/**
 * A Haraka of the bench's own: it queues in its outbound queue, and relays to one port. It is installed from
 * npm into a folder for temporary files the first time, because nothing else here needs it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Server } from './contenders.ts';

/** What is installed. The overrides are versions that the registry has whole. */
const wanted = {
  private: true,
  dependencies: { Haraka: '3.1.7' },
  overrides: { mailparser: '3.9.31', libmime: '5.4.6', 'encoding-japanese': '2.2.0' },
};

const plugin = (relay: number) => `
exports.hook_mail = (next, connection) => { connection.relaying = true; next(OK); };
exports.hook_rcpt = (next) => next(OK);
exports.hook_get_mx = (next) => next(OK, { priority: 0, exchange: '127.0.0.1', port: ${relay} });
`;

const settings = (port: number, folder: string): Readonly<Record<string, string>> => ({
  'smtp.ini': `listen=127.0.0.1:${port}\nnodes=cpus\n`,
  'outbound.ini': 'enable_tls=false\nlocal_mx_ok=true\nconcurrency_max=100\n',
  'log.ini': '[main]\nlevel=CRIT\n',
  plugins: 'bench_onward\n',
  me: 'haraka.example.org\n',
  host_list: '',
  queue_dir: join(folder, 'queue'),
});

/** Starts it; `undefined`, with a word about it, where it can't be had. */
export async function haraka(relay: number): Promise<Server | undefined> {
  const program = installed();
  if (program === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'mailwright-haraka-'));
  const port = 40_000 + (process.pid % 10_000);
  for (const name of ['plugins', 'queue']) mkdirSync(join(folder, name));
  // It wants all of its settings in one place, the usual ones too.
  cpSync(join(program, '../../config'), join(folder, 'config'), { recursive: true });
  for (const [name, text] of Object.entries(settings(port, folder))) {
    writeFileSync(join(folder, 'config', name), text);
  }
  writeFileSync(join(folder, 'plugins', 'bench_onward.js'), plugin(relay));
  const child = spawn(process.execPath, [program, '-c', folder], { stdio: 'ignore' });
  const gone = once(child, 'close');
  const stop = async () => {
    child.kill('SIGKILL');
    await gone;
    rmSync(folder, { recursive: true, force: true });
  };
  if (child.pid === undefined || !(await answers(port))) {
    console.log('Haraka did not start: the bench goes on without it');
    await stop();
    return undefined;
  }
  return { name: 'haraka', port, pid: child.pid, stop };
}

/** The path of its main file. */
function installed(): string | undefined {
  const folder = join(tmpdir(), 'mailwright-bench-haraka');
  const program = join(folder, 'node_modules/Haraka/bin/haraka');
  if (!existsSync(program)) {
    console.log('installing Haraka for comparison');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), JSON.stringify(wanted));
    const npm = ['install', '--no-audit', '--no-fund', '--omit=optional', '--ignore-scripts'];
    spawnSync('npm', npm, { cwd: folder, stdio: 'ignore', timeout: 120_000 });
  }
  if (existsSync(program)) return program;
  console.log('Haraka can not be installed: the bench goes on without it');
  return undefined;
}

async function answers(port: number): Promise<boolean> {
  for (let tries = 0; tries < 100; tries++) {
    await new Promise((done) => setTimeout(done, 100));
    const socket = connect(port, '127.0.0.1');
    const open = await new Promise((done) => {
      socket.once('connect', () => done(true)).once('error', () => done(false));
    });
    socket.destroy();
    if (open) return true;
  }
  return false;
}
