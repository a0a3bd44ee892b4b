/**
 * A Postfix of the bench's own: configuration, queue and data in a temporary folder, on one loopback
 * port. It queues durably, as always, and then relays what it queued, or discards it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemProgram } from '../measure/process.ts';
import type { Server } from './contenders.ts';

const services = (port: number) => `
127.0.0.1:${port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
retry unix - - n - - error
discard unix - - n - - discard
smtp unix - - n - - smtp
relay unix - - n - - smtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`;

/**
 * Starts it; `undefined`, with a word about it, where Postfix is not installed or we may not.
 *
 * @param relay a port on loopback where all mail goes; without one it is discarded
 */
export async function postfix(relay?: number): Promise<Server | undefined> {
  const program = systemProgram('postfix');
  if (program === undefined) return undefined;
  if (process.getuid?.() !== 0) {
    console.log('postfix starts as root only: the bench goes on without it');
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), 'mailwright-postfix-'));
  const port = 30_000 + (process.pid % 10_000);
  chmodSync(folder, 0o755);
  for (const name of ['etc', 'queue', 'data']) mkdirSync(join(folder, name));
  const settings = {
    compatibility_level: 3.6,
    queue_directory: join(folder, 'queue'),
    data_directory: join(folder, 'data'),
    maillog_file: join(folder, 'queue', 'log'),
    maillog_file_prefixes: folder,
    inet_interfaces: '127.0.0.1',
    inet_protocols: 'ipv4',
    myhostname: 'postfix.example.org',
    mydestination: '',
    mynetworks: '127.0.0.0/8',
    ...(relay === undefined
      ? { default_transport: 'discard', relay_transport: 'discard' }
      : { relayhost: `[127.0.0.1]:${relay}` }),
    alias_maps: '',
    default_process_limit: 200,
    smtpd_client_connection_count_limit: 0,
    smtpd_recipient_restrictions: 'permit_mynetworks,reject',
    smtp_tls_security_level: 'none',
    smtpd_tls_security_level: 'none',
  };
  writeFileSync(
    join(folder, 'etc', 'main.cf'),
    Object.entries(settings)
      .map(([name, value]) => `${name} = ${value}\n`)
      .join(''),
  );
  writeFileSync(join(folder, 'etc', 'master.cf'), services(port));
  spawnSync('chown', ['postfix', join(folder, 'data')]);
  const child = spawn(program, ['-c', join(folder, 'etc'), 'start-fg'], { stdio: 'ignore' });
  const gone = new Promise<void>((done) => {
    child.once('close', () => done());
  });
  await new Promise((done) => setTimeout(done, 3000));
  if (child.exitCode !== null || child.pid === undefined) {
    console.log('postfix did not start: the bench goes on without it');
    return undefined;
  }
  return {
    name: 'postfix',
    port,
    pid: child.pid,
    async stop() {
      spawnSync(program, ['-c', join(folder, 'etc'), 'stop'], { stdio: 'ignore' });
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
