/** SmtpServer on real sockets: listening, serving, limits, leaving. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ServerMisuse, type SessionNotice, SmtpServer, type SmtpServerSettings } from 'mailwright/node';
import type { MessageSink } from 'mailwright/reception';
import { lmtp, mx, submission } from 'mailwright/smtp';
import { memoryUsers } from 'mailwright/users';
import { Client } from './client.ts';

/** A server that keeps the text of each message, on a free port of loopback. */
async function started(settings: Partial<SmtpServerSettings> = {}) {
  const messages: string[] = [];
  const server = new SmtpServer({
    ...mx,
    hostname: 'mx.test',
    data: () => keeping((text) => messages.push(text)),
    ...settings,
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  return { server, messages, connect: () => Client.connect(server.port) };
}

function keeping(take: (text: string) => void): MessageSink {
  let text = '';
  return {
    write: (chunk) => {
      text += Buffer.from(chunk).toString('latin1');
    },
    end: () => {
      take(text);
      return undefined;
    },
    abort: () => {},
  };
}

/** A client that was let in: the place of the one before is free once the server saw it close. */
async function admitted(connect: () => Promise<Client>): Promise<Client> {
  for (;;) {
    const client = await connect();
    const greeting = await client.reply();
    if (greeting.startsWith('220')) return client;
    assert.match(greeting, /^421/);
    client.socket.destroy();
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((turn) => setTimeout(turn, 5));
}

test('five lines make a server, and a message goes through it', async () => {
  const { server, messages, connect } = await started();
  const client = await connect();
  assert.match(await client.reply(), /^220 mx\.test/);
  assert.match(await client.say('EHLO client.test'), /250[ -]SIZE/);
  assert.match(await client.say('MAIL FROM:<a@client.test>'), /^250/);
  assert.match(await client.say('RCPT TO:<b@mx.test>'), /^250/);
  assert.match(await client.say('DATA'), /^354/);
  assert.match(await client.say('Subject: hello\r\n\r\n..dot\r\n.'), /^250 2\.0\.0/);
  assert.match(await client.say('QUIT'), /^221/);
  assert.equal(await client.end(), '');
  assert.deepEqual(messages, ['Subject: hello\r\n\r\n.dot\r\n']);
  await server.close();
});

test('one server listens in many places, and tells where', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mailwright-'));
  const path = join(folder, 'lmtp');
  const server = new SmtpServer({ ...lmtp, hostname: 'mx.test' });
  const bound = await server.listen([{ port: 0, host: '127.0.0.1' }, { port: 0, host: '::1' }, { path }]);
  assert.deepEqual(
    bound.map((address) => [address.family, address.family === 'unix' ? address.path : address.address]),
    [
      ['ipv4', '127.0.0.1'],
      ['ipv6', '::1'],
      ['unix', path],
    ],
  );
  assert.deepEqual(server.addresses, bound);
  for (const address of bound) {
    const client =
      address.family === 'unix'
        ? await Client.connect(address.path)
        : await Client.connect(address.port, address.address);
    assert.match(await client.reply(), /^220/);
    assert.match(await client.say('LHLO client.test'), /^250/);
    client.socket.destroy();
  }
  await server.close();
  assert.equal(existsSync(path), false);
  rmSync(folder, { recursive: true });
});

test('without a host it listens on IPv6 and IPv4, and IPv4 peers have IPv4 addresses', async () => {
  const peers: unknown[] = [];
  const server = new SmtpServer({
    ...mx,
    hostname: 'mx.test',
    connect: ({ session }) => void peers.push({ ...session.connection.remote, port: 0 }),
  });
  await server.listen(0);
  for (const host of ['127.0.0.1', '::1']) {
    const client = await Client.connect(server.port, host);
    await client.reply();
    client.socket.destroy();
  }
  assert.deepEqual(peers, [
    { family: 'ipv4', address: '127.0.0.1', port: 0 },
    { family: 'ipv6', address: '::1', port: 0 },
  ]);
  await server.close();
});

test('a port that is taken is told by the rejected listen, and nothing stays open', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const taken = other.address();
  assert.ok(taken !== null && typeof taken !== 'string');
  const server = new SmtpServer({ ...mx, hostname: 'mx.test' });
  await assert.rejects(
    server.listen([
      { port: 0, host: '127.0.0.1' },
      { port: taken.port, host: '127.0.0.1' },
    ]),
    { code: 'EADDRINUSE' },
  );
  assert.deepEqual(server.addresses, []);
  await server.close();
  await assert.rejects(server.listen(0), (error) => error instanceof ServerMisuse && error.code === 'CLOSED');
  other.close();
});

test('a Unix socket that a dead process left behind is replaced, a living one is not', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mailwright-'));
  const path = join(folder, 'smtp');
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', script]);
  assert.equal(existsSync(path), true);
  const first = new SmtpServer({ ...mx, hostname: 'mx.test' });
  await first.listen({ path });
  await assert.rejects(new SmtpServer({ ...mx, hostname: 'mx.test' }).listen({ path }), {
    code: 'EADDRINUSE',
  });
  const client = await Client.connect(path);
  assert.match(await client.reply(), /^220/);
  await first.destroy();
  rmSync(folder, { recursive: true });
});

test('users add AUTH, which in clear needs the word of the host (RFC 4954 §4)', async () => {
  const credentials = memoryUsers({ tim: 'tanstaaf' }, { memory: 64, passes: 1, iterations: 4096 });
  const plain = `AUTH PLAIN ${Buffer.from('\0tim\0tanstaaf').toString('base64')}`;
  for (const allowCleartext of [false, true]) {
    const { server, connect } = await started({
      ...submission,
      requireTls: false,
      credentials,
      allowCleartext,
    });
    const client = await connect();
    await client.reply();
    const offered = await client.say('EHLO client.test');
    assert.match(offered, /250[ -]AUTH .*SCRAM-SHA-256/);
    assert.equal(offered.includes('PLAIN'), allowCleartext);
    assert.equal(offered.includes('STARTTLS'), false);
    assert.match(await client.say(plain), allowCleartext ? /^235/ : /^538/);
    client.socket.destroy();
    await server.close();
  }
});

test('a full server says 421 and closes, and has room again when a session ends', async () => {
  const { server, connect } = await started({ connections: { total: 2 } });
  const first = await connect();
  const second = await connect();
  await Promise.all([first.reply(), second.reply()]);
  const third = await connect();
  assert.equal(await third.end(), '421 4.3.2 Too many connections, try again later');
  await first.say('QUIT');
  first.socket.destroy();
  await admitted(connect);
  await server.destroy();
});

test('`await using` closes it, and `closed` tells', async () => {
  const closed: string[] = [];
  {
    await using server = new SmtpServer({ ...mx, hostname: 'mx.test' });
    void server.closed.then(() => closed.push('closed'));
    await server.listen({ port: 0, host: '127.0.0.1' });
    assert.notEqual(server.port, 0);
  }
  assert.deepEqual(closed, ['closed']);
});

test('what is no listener is told', async () => {
  const server = new SmtpServer({ ...mx, hostname: 'mx.test' });
  for (const on of [{}, { port: 0, path: '/tmp/x' }]) {
    await assert.rejects(server.listen(on), { code: 'BAD_LISTENER' });
  }
  await server.close();
  assert.equal(server.port, 0);
});

test('an address has its own limit', async () => {
  const { server, connect } = await started({ connections: { perAddress: 1 } });
  const first = await connect();
  await first.reply();
  assert.match(await (await connect()).end(), /^421 4\.7\.0/);
  await server.destroy();
});

test('prior failure: counters not released when the connection dies in DATA', async () => {
  const aborted: string[] = [];
  const sink: MessageSink = { write: () => {}, end: () => undefined, abort: (why) => void aborted.push(why) };
  const { server, connect } = await started({ connections: { total: 1, perAddress: 1 }, data: () => sink });
  for (let round = 1; round <= 3; round += 1) {
    const client = await admitted(connect);
    await client.say('EHLO client.test');
    await client.say('MAIL FROM:<>');
    await client.say('RCPT TO:<b@mx.test>');
    assert.match(await client.say('DATA'), /^354/);
    client.socket.write('half a mess');
    client.socket.resetAndDestroy();
    await until(() => aborted.length === round);
  }
  assert.deepEqual(aborted, ['gone', 'gone', 'gone']);
  await server.close();
});

test('close() lets the transaction in hand finish, then says 421 (RFC 5321 §3.8)', async () => {
  const { server, messages, connect } = await started();
  const [idle, busy] = [await connect(), await connect()];
  await idle.reply();
  await busy.reply();
  await busy.say('EHLO client.test');
  await busy.say('MAIL FROM:<>');
  await busy.say('RCPT TO:<b@mx.test>');
  assert.match(await busy.say('DATA'), /^354/);
  const closed = server.close();
  assert.match(await idle.end(), /^421 4\.3\.2/);
  await assert.rejects(connect(), { code: 'ECONNREFUSED' });
  assert.match(await busy.say('text\r\n.'), /^250/);
  assert.match(await busy.end(), /^421/);
  await closed;
  assert.deepEqual(messages, ['text\r\n']);
});

test('close() destroys at its deadline what has not finished', async () => {
  const { server, connect } = await started();
  const client = await connect();
  await client.reply();
  await client.say('EHLO client.test');
  await client.say('MAIL FROM:<>');
  const before = performance.now();
  await server.close({ deadline: 50 });
  assert.ok(performance.now() - before < 1000);
  assert.equal(await client.end(), '');
});

test('a client that closes its side early gets all its replies', async () => {
  const { server, messages, connect } = await started();
  const client = await connect();
  await client.reply();
  client.socket.end(
    'EHLO client.test\r\nMAIL FROM:<>\r\nRCPT TO:<b@mx.test>\r\nDATA\r\ntext\r\n.\r\nQUIT\r\n',
  );
  assert.match(await client.end(), /\n354 [^\n]*\n250 [^\n]*\n221 /);
  assert.deepEqual(messages, ['text\r\n']);
  await server.close();
});

test('sessions are published while somebody listens', async () => {
  const notices: SessionNotice[] = [];
  const listener = (message: unknown) => void notices.push(message as SessionNotice);
  subscribe('mailwright:node.session', listener);
  try {
    const { server, connect } = await started({ connections: { total: 1 } });
    const client = await connect();
    await client.reply();
    await (await connect()).end();
    await client.say('QUIT');
    await client.end();
    await server.close();
    await until(() => notices.length === 3);
  } finally {
    unsubscribe('mailwright:node.session', listener);
  }
  const [opened, refused, closed] = notices;
  assert.ok(opened?.type === 'open' && refused?.type === 'refused' && closed?.type === 'close');
  assert.equal(opened.tls, false);
  assert.equal(opened.remote.family, 'ipv4');
  assert.equal(refused.why, 'total');
  assert.deepEqual([closed.id, closed.outcome], [opened.id, 'quit']);
});
