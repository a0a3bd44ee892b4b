/** A machine served on a stream: one write a turn, holding back, time, handlers that fail, handing over. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type Duplex, duplexPair } from 'node:stream';
import { test } from 'node:test';
import { type ServeOptions, serveSmtp } from 'mailwright/node';
import type { SmtpHandlers } from 'mailwright/reception';
import { accepted } from 'mailwright/sasl';
import {
  atrn,
  auth,
  mx,
  replies,
  type SmtpPatience,
  SmtpServerMachine,
  type SmtpServerOptions,
} from 'mailwright/smtp';
import { VirtualClock } from 'mailwright/testing';

const end = { family: 'ipv4', address: '192.0.2.1', port: 25 } as const;
const envelope = 'EHLO client.test\r\nMAIL FROM:<>\r\nRCPT TO:<b@mx.test>\r\nDATA\r\n';

/** A session on a pair of streams, with what it said so far. */
function served(
  handlers: SmtpHandlers = {},
  settings: Partial<SmtpServerOptions> = {},
  options: ServeOptions = {},
) {
  const [near, far] = duplexPair();
  const machine = new SmtpServerMachine(
    { ...mx, hostname: 'mx.test', ...settings },
    { id: 'one', remote: end, local: end },
  );
  const session = serveSmtp(near, machine, handlers, options);
  const chunks: string[] = [];
  far.on('data', (chunk) => chunks.push(chunk.toString()));
  far.on('error', () => {});
  return { near, far, session, chunks };
}

async function turn(ms = 5): Promise<void> {
  await new Promise((passed) => setTimeout(passed, ms));
}

function patience(change: Partial<SmtpPatience>): Partial<SmtpServerOptions> {
  return { patience: change };
}

test('the replies to commands that came together leave in one write', async () => {
  const { far, chunks, session } = served();
  await turn();
  far.write('EHLO client.test\r\nMAIL FROM:<>\r\nRCPT TO:<b@mx.test>\r\nNOOP\r\n');
  await turn();
  assert.equal(chunks.length, 2);
  assert.match(chunks[1] ?? '', /250 2\.0\.0[^\n]*\n$/);
  session.destroy();
});

test('a handler that takes its time holds the reading, not the order', async () => {
  const answers: (() => void)[] = [];
  const later = () => new Promise<undefined>((answer) => answers.push(() => answer(undefined)));
  const { far, near, chunks, session } = served({ mail: later, rcpt: later });
  await turn();
  far.write('EHLO client.test\r\nMAIL FROM:<>\r\n');
  await turn();
  assert.equal(near.isPaused(), false);
  far.write('RCPT TO:<b@mx.test>\r\n');
  await turn();
  assert.equal(near.isPaused(), true);
  answers.shift()?.();
  await turn();
  assert.match(chunks.at(-1) ?? '', /^250 2\.1\.0 [^\n]*\n$/);
  answers.shift()?.();
  await turn();
  assert.match(chunks.at(-1) ?? '', /^250 2\.1\.5 [^\n]*\n$/);
  assert.equal(near.isPaused(), false);
  session.destroy();
});

test('a sink that takes its time gets no further piece', async () => {
  let writing = 0;
  let most = 0;
  let pieces = 0;
  const { far, chunks } = served({
    data: () => ({
      async write() {
        writing += 1;
        pieces += 1;
        most = Math.max(most, writing);
        await turn(1);
        writing -= 1;
      },
      end: () => undefined,
      abort: () => {},
    }),
  });
  await turn();
  far.write(envelope);
  for (let line = 0; line < 20; line += 1) far.write('..dot\r\nline\r\n');
  far.write('.\r\nQUIT\r\n');
  await once(far, 'end');
  assert.match(chunks.join(''), /\n354 [\s\S]*\n250 2\.0\.0[\s\S]*\n221 /);
  assert.ok(pieces > 1);
  assert.equal(most, 1);
});

test('a peer that does not read its replies is not read from', async () => {
  const { near, far, session } = served({}, { limits: { idleCommands: 100_000 } });
  far.pause();
  for (let round = 0; round < 400 && !near.isPaused(); round += 1) {
    far.write(`EHLO client.test\r\n`.repeat(50));
    await new Promise((turned) => setImmediate(turned));
  }
  assert.equal(near.isPaused(), true);
  assert.ok(near.writableLength < 200_000);
  session.destroy();
});

test('the signal fires when the peer goes, and what a handler says then is too late', async () => {
  let signal: AbortSignal | undefined;
  const { near, far, session } = served({
    mail: async (_event, visit) => {
      signal = visit.signal;
      await once(visit.signal, 'abort');
      return undefined;
    },
  });
  await turn();
  far.write('EHLO client.test\r\nMAIL FROM:<>\r\n');
  await turn();
  assert.equal(signal?.aborted, false);
  near.destroy();
  assert.equal(await session.closed, 'gone');
  assert.equal(signal?.aborted, true);
  assert.equal(session.signal.aborted, true);
});

test('a handler that fails is answered for, told of, and harms nobody else', async () => {
  const failures: string[] = [];
  const handlers: SmtpHandlers = {
    mail: () => {
      throw new Error('mail');
    },
    rcpt: async () => {
      throw new Error('rcpt');
    },
    helo: () => undefined,
    violation: () => {
      throw new Error('violation');
    },
    error: (error) => void failures.push((error as Error).message),
  };
  const { far, chunks, session } = served(handlers);
  await turn();
  far.write('EHLO client.test\r\nMAIL FROM:<>\r\nNONSENSE\r\n');
  await turn();
  assert.match(chunks.at(-1) ?? '', /\n451 4\.3\.0 [^\n]*\n500 /);
  assert.deepEqual(failures, ['mail', 'violation']);
  session.destroy();
});

test('a sink that fails refuses the message after its end, with 451', async () => {
  for (const write of [() => Promise.reject(new Error('disk')), () => assert.fail('disk')]) {
    const told: string[] = [];
    const aborted: string[] = [];
    const { far, chunks, session } = served({
      data: () => ({ write, end: () => undefined, abort: (why) => void aborted.push(why) }),
      error: (error) => void told.push((error as Error).message),
    });
    await turn();
    far.write(`${envelope}text\r\n`);
    await turn();
    assert.deepEqual([told, aborted], [['disk'], ['refused']]);
    far.write('more\r\n.\r\nNOOP\r\n');
    await turn();
    assert.match(chunks.join(''), /\n354 [^\n]*\n451 [^\n]*\n250 /);
    session.destroy();
  }
});

test('time: a silent peer gets 421 (RFC 5321 §4.5.3.2), a silent host is answered for', async () => {
  const idle = served({}, patience({ command: 0 }));
  await once(idle.far, 'end');
  assert.match(idle.chunks.join(''), /^220 [^\n]*\n421 4\.4\.2 /);
  idle.far.end();
  assert.equal(await idle.session.closed, 'timeout');

  const slow = served({ mail: () => new Promise(() => {}) }, patience({ verdict: 0 }));
  await turn();
  slow.far.write('EHLO client.test\r\nMAIL FROM:<>\r\nNOOP\r\n');
  while (!/\n451 4\.3\.0 [^\n]*\n250 /.test(slow.chunks.join(''))) await turn();
  slow.session.destroy();
});

test('time: a session that is too long ends once its transaction is over', async () => {
  const { far, chunks, session } = served({}, patience({ session: 0 }));
  await turn();
  far.write('EHLO client.test\r\nMAIL FROM:<>\r\n');
  await turn(1100);
  assert.doesNotMatch(chunks.join(''), /421/);
  far.write('RSET\r\n');
  await once(far, 'end');
  assert.match(chunks.join(''), /421 4\.4\.2 Session time limit reached\r\n$/);
  far.end();
  assert.equal(await session.closed, 'shutdown');
});

test('time can be another, and pass at once', async () => {
  const clock = new VirtualClock();
  const { chunks, session } = served({}, {}, { clock });
  await clock.run({ until: clock.now() + 299_000 });
  assert.equal(chunks.length, 1);
  await clock.run();
  assert.match(chunks[1] ?? '', /^421 4\.4\.2/);
  assert.equal(await session.closed, 'timeout');
  assert.equal(clock.pending, 0);
});

test('shutdown() takes a farewell of the host', async () => {
  const { far, chunks, session } = served();
  await turn();
  session.shutdown({ ...replies.shuttingDown, text: 'Back in an hour' });
  await once(far, 'end');
  assert.match(chunks.join(''), /\n421 4\.3\.2 Back in an hour\r\n$/);
  far.end();
  assert.equal(await session.closed, 'shutdown');
});

test('STARTTLS without an upgrade is the fault of the host, who is told', async () => {
  const told: string[] = [];
  const { far, session } = served({ error: (error) => void told.push((error as Error).message) });
  await turn();
  far.write('EHLO client.test\r\nSTARTTLS\r\n');
  assert.equal(await session.closed, 'gone');
  assert.match(told.join(), /was given no upgrade/);
});

test('an upgrade that fails, or comes when the session is over, leaves nothing open', async () => {
  const failing = served({}, {}, { upgrade: () => Promise.reject(new Error('no TLS')) });
  await turn();
  failing.far.write('EHLO client.test\r\nSTARTTLS\r\n');
  assert.equal(await failing.session.closed, 'gone');
  assert.equal(failing.near.destroyed, true);

  const upgraded = Promise.withResolvers<{ socket: Duplex; tls: { version: string; cipher: string } }>();
  const late = served({}, {}, { upgrade: () => upgraded.promise });
  await turn();
  late.far.write('EHLO client.test\r\nSTARTTLS\r\n');
  await turn();
  late.session.destroy();
  const [socket] = duplexPair();
  upgraded.resolve({ socket, tls: { version: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256' } });
  await turn();
  assert.equal(socket.destroyed, true);
});

test('ATRN hands the connection over (RFC 2645 §5.2)', async () => {
  const handed: (readonly string[])[] = [];
  const { far, chunks, session } = served(
    {
      credentials: { verifyPassword: () => accepted('tim') },
      atrn: () => replies.ok,
    },
    { extensions: [auth({ mechanisms: ['PLAIN'], allowCleartext: true }), atrn()] },
    {
      turnaround: (socket, domains, visit) => {
        handed.push([...domains, visit.session.id]);
        socket.write('EHLO mx.test\r\n');
      },
    },
  );
  await turn();
  const plain = Buffer.from('\0tim\0secret').toString('base64');
  far.write(`EHLO client.test\r\nAUTH PLAIN ${plain}\r\nATRN example.org,example.net\r\n`);
  assert.equal(await session.closed, 'turnaround');
  await turn();
  assert.match(
    chunks.join(''),
    /\n235 [^\n]*\n250 2\.0\.0 OK now reversing the connection\r\nEHLO mx\.test\r\n$/,
  );
  assert.deepEqual(handed, [['example.org', 'example.net', 'one']]);
  far.destroy();
});
