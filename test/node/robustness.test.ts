/** No event of any socket ends the process, and none of them takes a place for ever. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { SmtpServer, selfSignedCertificate } from 'mailwright/node';
import { mx } from 'mailwright/smtp';
import { Client } from './client.ts';

/** What a peer sends before it goes, at every step of a session. */
const beginnings: readonly string[] = [
  '',
  'EHLO client.test\r\n',
  'EHLO client.test\r\nMAIL FROM:<>\r\nRCPT TO:<b@mx.test>\r\n',
  'EHLO client.test\r\nMAIL FROM:<>\r\nRCPT TO:<b@mx.test>\r\nDATA\r\nhalf',
  'EHLO client.test\r\nMAIL FROM:<>\r\nRCPT TO:<b@mx.test>\r\nBDAT 100\r\nhalf',
  'EHLO client.test\r\nSTARTTLS\r\n',
  'EHLO client.test\r\nQUIT\r\n',
  'QUIT\r\n',
  'NOOP\r\n'.repeat(2000),
  '\0\xff'.repeat(5000),
];

test('a peer may go at any time, in any way', async () => {
  let closed = 0;
  let opened = 0;
  const server = new SmtpServer({
    ...mx,
    hostname: 'mx.test',
    tls: selfSignedCertificate({ names: ['mx.test'] }),
    // The answer comes when the peer may be gone already.
    connect: () => {
      opened += 1;
      return new Promise((turn) => setImmediate(turn, undefined));
    },
    data: () => ({ write: () => {}, end: () => undefined, abort: () => {} }),
    close: () => {
      closed += 1;
    },
    error: (error) => assert.fail(String(error)),
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  const goings: readonly ((client: Client) => void)[] = [
    ({ socket }) => socket.resetAndDestroy(),
    ({ socket }) => socket.destroy(),
    ({ socket }) => socket.end(),
    // It sends, but doesn't read.
    ({ socket }) => socket.pause().resetAndDestroy(),
  ];
  for (const beginning of beginnings) {
    for (const waits of [false, true]) {
      for (const go of goings) {
        const client = await Client.connect(server.port);
        client.socket.write(beginning, 'latin1');
        if (waits) await new Promise((turn) => setTimeout(turn, 2));
        go(client);
      }
    }
  }
  await server.close();
  assert.equal(closed, opened);
});

test('without file descriptors it goes on, and serves again when there are some', {
  timeout: 20_000,
}, async (t) => {
  const script = `
    import { SmtpServer } from 'mailwright/node';
    import { mx } from 'mailwright/smtp';
    const server = new SmtpServer({ ...mx, hostname: 'mx.test' });
    await server.listen({ port: 0, host: '127.0.0.1' });
    console.log(server.port);`;
  const node = [process.execPath, '--conditions=mailwright-source', '--input-type=module', '-e', script];
  const child = spawn('sh', ['-c', 'ulimit -n 40 && exec "$@"', 'sh', ...node], {
    cwd: join(import.meta.dirname, '../..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill());
  const [line] = await once(child.stdout, 'data');
  const port = Number(line);
  const crowd = Array.from({ length: 80 }, () => connect(port, '127.0.0.1').on('error', () => {}));
  await Promise.all(crowd.map((socket) => once(socket, 'connect').catch(() => [])));
  await new Promise((turn) => setTimeout(turn, 50));
  for (const socket of crowd) socket.destroy();
  for (;;) {
    const client = await Client.connect(port);
    if ((await client.reply()).startsWith('220')) break;
  }
  assert.equal(child.exitCode, null);
});
