/** The examples run as they are. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { FileSpool } from 'mailwright/spool';
import { Client } from './node/client.ts';

const root = resolve(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'mailwright-examples-'));
after(() => rmSync(folder, { recursive: true, force: true }));

class Program {
  readonly process: ChildProcess;
  output = '';
  readonly #closed: Promise<unknown[]>;

  constructor(example: string, ...args: readonly string[]) {
    const file = join(root, 'examples', example);
    this.process = spawn(process.execPath, ['--conditions=mailwright-source', file, ...args], {
      cwd: folder,
    });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.on('data', (chunk) => {
        this.output += chunk;
      });
    }
    this.#closed = once(this.process, 'close');
    after(() => this.process.kill('SIGKILL'));
  }

  /** Waits until the output matches. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.output);
      if (match !== null) return match;
      assert.equal(this.process.exitCode, null, `it ended, having said:\n${this.output}`);
      await new Promise((turn) => setTimeout(turn, 10));
    }
  }

  async ended(): Promise<unknown> {
    const [code] = await this.#closed;
    return code;
  }
}

async function sendTo(client: Client, hello: string, ...recipients: readonly string[]): Promise<string> {
  await client.say(hello);
  await client.say('MAIL FROM:<me@client.example>');
  for (const recipient of recipients) await client.say(`RCPT TO:<${recipient}>`);
  await client.say('DATA');
  return await client.say('Subject: hello\r\n\r\ntext\r\n.');
}

test('receive.ts: takes mail in clear, by STARTTLS and by TLS, into a spool; SIGTERM ends it in order', async () => {
  const program = new Program('receive.ts', '0', '0');
  const [, port, tlsPort] = await program.says(/listening on 127\.0\.0\.1:(\d+), .*127\.0\.0\.1:(\d+);/);
  const clear = await Client.connect(Number(port));
  await clear.reply();
  const offered = await clear.say('EHLO client.example');
  for (const keyword of ['SIZE', 'STARTTLS', 'CHUNKING', 'SMTPUTF8'])
    assert.match(offered, new RegExp(keyword));
  const [, id = ''] =
    /^250 2\.0\.0 Queued as (\S+)/.exec(await sendTo(clear, 'RSET', 'you@example.org')) ?? [];
  await program.says(new RegExp(`${id} <me@client.example> -> <you@example.org>, 24 octets by ESMTP\n`));
  assert.match(await clear.say('STARTTLS'), /^220/);
  await clear.startTls();
  assert.match(await sendTo(clear, 'EHLO client.example', 'you@example.org', 'bob@example.org'), /^250/);
  await program.says(/ -> <you@example.org>, <bob@example.org>, 24 octets by ESMTPS\n/);
  const tls = await Client.connectTls(Number(tlsPort));
  await tls.reply();
  assert.match(await sendTo(tls, 'EHLO client.example', 'you@example.org'), /^250/);

  // The transaction in hand is finished, though it was told to end.
  await tls.say('MAIL FROM:<>');
  program.process.kill('SIGTERM');
  await program.says(/finishing/);
  assert.match(await clear.end(), /^421/);
  assert.match(await tls.say('RSET'), /^250/);
  assert.match(await tls.end(), /^421/);
  assert.equal(await program.ended(), 0);
  assert.match(program.output, /closed\n$/);

  const spool = await FileSpool.open(join(folder, 'spool'));
  assert.equal(await spool.count(), 3);
  const chunks = await Array.fromAsync((await spool.open(id)).open());
  assert.equal(Buffer.concat(chunks).toString(), 'Subject: hello\r\n\r\ntext\r\n');
  await spool.close();
});

test('receive.ts: a port that is taken is explained', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const taken = other.address();
  assert.ok(taken !== null && typeof taken !== 'string');
  const program = new Program('receive.ts', `${taken.port}`, '0', './other');
  assert.equal(await program.ended(), 1);
  assert.match(
    program.output,
    new RegExp(`^A port is taken .*127.0.0.1:${taken.port}.*examples/receive.ts 2526 2466\n$`),
  );
  other.close();
});

test('relay.ts: mail of strangers and of its user is queued, stamped or signed, and delivered', async () => {
  const args = ['--port', '0', '--submission', '0', '--folder', './relay', '--password', 'secret'];
  const program = new Program('relay.ts', ...args);
  const [, port] = await program.says(/mail to example\.org is taken on 127\.0\.0\.1:(\d+)\n/);
  const [, submission] = await program.says(/password secret, is taken on 127\.0\.0\.1:(\d+)\n/);
  await program.says(/delivering everything to relay\/delivered\n/);

  const stranger = await Client.connect(Number(port));
  await stranger.reply();
  const [, id] =
    /Queued as (\S+)/.exec(await sendTo(stranger, 'EHLO client.example', 'you@example.org')) ?? [];
  await program.says(new RegExp(`${id}: delivered <you@example.org>: 127.0.0.1 said: 250 `));
  const [, file = ''] = await program.says(/sink: (\S+)\n/);
  const stamped = readFileSync(join(folder, file), 'latin1');
  assert.match(
    stamped,
    new RegExp(`^Received: from client.example .*\r\n\tby localhost with ESMTP id ${id}\r\n`),
  );
  assert.match(
    stamped,
    /\r\nAuthentication-Results: localhost;\r\n[\s\S]*\r\nSubject: hello\r\n\r\ntext\r\n$/,
  );
  await stranger.say('MAIL FROM:<me@client.example>');
  // RFC 5321 §2.4
  assert.match(await stranger.say('RCPT TO:<you@EXAMPLE.org>'), /^250 /);
  assert.match(await stranger.say('RCPT TO:<you@example.com>'), /^550 5\.7\.1 Relaying denied/);
  await stranger.say('RSET');

  const user = await Client.connect(Number(submission));
  await user.reply();
  await user.say('EHLO client.example');
  assert.match(await user.say('MAIL FROM:<me@example.org>'), /^530/);
  await user.say('STARTTLS');
  await user.startTls();
  await user.say('EHLO client.example');
  const plain = Buffer.from('\0me@example.org\0secret').toString('base64');
  assert.match(await user.say(`AUTH PLAIN ${plain}`), /^235/);
  assert.match(await user.say('MAIL FROM:<you@example.org>'), /^550 5\.7\.1/);
  await user.say('MAIL FROM:<me@example.org>');
  await user.say('RCPT TO:<you@example.com>');
  await user.say('DATA');
  assert.match(await user.say('From: me@example.org\r\nSubject: out\r\n\r\ntext\r\n.'), /^250/);
  const [, second = ''] = await program.says(/sink: \S+\n[\s\S]*sink: (\S+)\n/);
  assert.match(
    readFileSync(join(folder, second), 'latin1'),
    /\r\nDKIM-Signature: v=1; a=ed25519-sha256; [\s\S]*\r\nMessage-ID: [\s\S]*\r\nSubject: out\r\n/,
  );
  program.process.kill('SIGTERM');
  assert.equal(await program.ended(), 0);
  assert.match(program.output, /closed\n$/);
  const spool = await FileSpool.open(join(folder, 'relay/spool'));
  assert.equal(await spool.count(), 0);
  await spool.close();
});

test('own-socket.ts: a session on a pair of streams', async () => {
  const program = new Program('own-socket.ts');
  assert.equal(await program.ended(), 0);
  assert.match(
    program.output,
    /550 5\.7\.1[\s\S]*message from <me@client\.example\.org>:\nSubject: hello\r\n/,
  );
  assert.match(program.output, /the session ended: quit\n$/);
});

test('pure-machine.ts: events and bytes, by hand', async () => {
  const program = new Program('pure-machine.ts');
  assert.equal(await program.ended(), 0);
  assert.match(program.output, /body: "\.a dot is stuffed\\r\\n"/);
  assert.match(
    program.output,
    /250 2\.0\.0 Queued as 1\n[\s\S]*close: quit\nS: 500 [^\n]*\nS: 221 [^\n]*\n$/,
  );
});

test('send.ts: STARTTLS with a checked certificate, SCRAM bound to it, a result for each recipient', async () => {
  const program = new Program('send.ts');
  assert.equal(await program.ended(), 0);
  assert.match(program.output, /ann came in by SCRAM-SHA-256-PLUS\ntalking to 127\.0\.0\.1 under TLSv1\.3\n/);
  assert.match(program.output, /from one line to the other\r\n(accepted: 250 [^\n]*\n){2}$/);
});

test('lmtp.ts: a verdict for each recipient (RFC 2033 §4.2)', async () => {
  const path = join(folder, 'lmtp.socket');
  const program = new Program('lmtp.ts');
  await program.says(/listening on /);
  const client = await Client.connect(path);
  await client.reply();
  const both = ['ann@store.example.org', 'bob@store.example.org'];
  assert.match(await sendTo(client, 'LHLO queue.example', 'ann@store.example.org'), /^250/);
  assert.match(await sendTo(client, 'RSET', ...both), /^250/);
  assert.match(await client.reply(), /^250/);
  assert.match(await sendTo(client, 'RSET', 'eve@store.example.org', ...both), /^552 5\.2\.2/);
  assert.match(await client.reply(), /^250/);
  program.process.kill('SIGINT');
  assert.match(await client.end(), /^421/);
  assert.equal(await program.ended(), 0);
});

test('oauth-proxy.ts: a password in front, access tokens behind', async () => {
  const program = new Program('oauth-proxy.ts', '--demo', '0');
  assert.equal(await program.ended(), 0);
  assert.match(
    program.output,
    /the provider took \d+ octets from <ann@example\.com> as sales@example\.com\n/,
  );
  assert.match(program.output, /<bob@example\.com>: 250 [^\n]*\n<eve@example\.org>: 550 [^\n]*\n/);
  assert.match(program.output, /\{"accepted":2,"deferred":0,"refused":0,"abandoned":0\}\n$/);
});
