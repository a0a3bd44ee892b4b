/** Sessions as they are used: messages, what goes wrong on their way, and the end. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { getEventListeners, once } from 'node:events';
import { duplexPair } from 'node:stream';
import { test } from 'node:test';
import type { Body } from 'mailwright/machine';
import { type DrivenSession, driveSmtpClient, SmtpTransport } from 'mailwright/node';
import { mx, SmtpClientMachine, type SmtpClientPatience } from 'mailwright/smtp';
import { VirtualClock, VirtualNetwork } from 'mailwright/testing';
import {
  contentIn,
  contentOf,
  opened,
  receiving,
  type Step,
  scripted,
  summary,
  talk,
  targetOf,
  transactionOf,
} from './sending.ts';

const transport = new SmtpTransport();
const clear = (port: number) => targetOf(port, { tls: { mode: 'none' } });
const small = contentOf('Subject: hello\r\n\r\ntext\r\n');

/** Sends one message, and says what became of it. */
async function outcome(
  session: DrivenSession | Awaited<ReturnType<typeof sessionWith>>,
  content: Body = small,
) {
  return summary((await session.send(transactionOf(content), content)).recipients[0]);
}

async function sessionWith(port: number) {
  return opened(await transport.open(clear(port)));
}

/** A promise of the next call of `onClose`. */
function closing(session: { onClose: (() => void) | null }): Promise<void> {
  return new Promise((done) => {
    session.onClose = done;
  });
}

test('a server that goes: what it may have taken is told apart (RFC 1047)', async () => {
  const rows: readonly (readonly [Record<string, Step>, string])[] = [
    [{ MAIL: 'go' }, 'gone at mail'],
    [{ RCPT: 'go' }, 'gone at rcpt'],
    [{ DATA: 'go' }, 'gone at data'],
    [{ '.': 'go' }, 'gone at end-of-data, ambiguous'],
    [{ MAIL: '421 4.3.2 closing' }, 'refused 421 at mail'],
    [{ '.': '421 4.3.2 closing' }, 'refused 421 at end-of-data'],
    [{ MAIL: 'nonsense' }, 'protocol at mail'],
    [{ '.': 'nonsense' }, 'protocol at end-of-data, ambiguous'],
  ];
  for (const [steps, expected] of rows) {
    const { port } = await scripted('220 mx.test', steps);
    const session = await sessionWith(port);
    const closed = closing(session);
    assert.equal(await outcome(session), expected);
    await closed;
    assert.deepEqual([session.closed, session.idle], [true, false]);
    // What is sent on a session that is over has its result too.
    assert.match(await outcome(session), /^(gone|refused|protocol) at /);
  }
});

test('a refusal is a result, and the session goes on', async () => {
  const steps: { MAIL: Step; RCPT: Step } = { MAIL: '550 5.7.1 not you', RCPT: '250 ok' };
  const { port, heard } = await scripted('220 mx.test', steps);
  const session = await sessionWith(port);
  assert.equal(await outcome(session), 'refused 550 at mail');
  steps.MAIL = '250 ok';
  steps.RCPT = '450 4.7.1 greylisted';
  assert.equal(await outcome(session), 'refused 450 at rcpt');
  steps.RCPT = '250 ok';
  assert.equal(await outcome(session), 'accepted 250');
  await session.quit();
  assert.equal(heard.at(-1), 'QUIT');
});

test('an idle session learns at once that the server is closing', async () => {
  for (const farewell of ['421 4.3.2 closing\r\n', '']) {
    const { port, sockets } = await scripted('220 mx.test');
    const session = await sessionWith(port);
    const closed = closing(session);
    sockets[0]?.end(farewell);
    await closed;
    assert.equal(session.closed, true);
    assert.equal(session.idle, false);
  }
});

test('a server that stalls has its result in time, at whatever stage', async () => {
  const patience: Partial<SmtpClientPatience> = {
    mail: 11_000,
    rcpt: 12_000,
    data: 13_000,
    block: 14_000,
    endOfData: 15_000,
    quit: 16_000,
  };
  const rows: readonly (readonly [Record<string, Step>, number, string])[] = [
    [{ MAIL: null }, 11_000, 'timeout at mail'],
    [{ RCPT: null }, 12_000, 'timeout at rcpt'],
    [{ DATA: null }, 13_000, 'timeout at data'],
    [{ '.': null }, 15_000, 'timeout at end-of-data, ambiguous'],
  ];
  for (const [steps, ms, expected] of rows) {
    const { clock, session } = await virtual((socket) => talk(socket, '220 mx.test', steps), patience);
    const begin = clock.now();
    const sending = outcome(session);
    await clock.run();
    assert.equal(await sending, expected);
    const took = clock.now() - begin;
    assert.ok(took >= ms && took <= ms + 3500, `${expected} after ${took} ms`);
  }
});

/** A session on a virtual network. */
async function virtual(
  serve: Parameters<VirtualNetwork['listen']>[2],
  patience: Partial<SmtpClientPatience> = {},
) {
  const clock = new VirtualClock();
  const network = new VirtualNetwork({ clock, random: () => 0, latency: () => 1 });
  network.listen('192.0.2.25', 25, serve);
  const opening = new SmtpTransport({ clock, connect: network.from('192.0.2.1') }).open(
    targetOf(0, {
      at: { addresses: ['192.0.2.25'], port: 25 },
      tls: { mode: 'none' },
      patience,
    }),
  );
  await clock.run({ until: clock.now() + 1000 });
  return { clock, session: opened(await opening) };
}

test('content that the server does not take is not read ahead, and is given up in time', async () => {
  let read = 0;
  const endless: Body = {
    size: 1e9,
    async *open() {
      const chunk = Buffer.alloc(16_384, `${'x'.repeat(76)}\r\n`);
      for (;;) {
        read += chunk.length;
        yield chunk;
      }
    },
  };
  const { clock, session } = await virtual(
    (socket) => {
      talk(socket, '220 mx.test', {});
      socket.on('data', (chunk) => {
        if (String(chunk).startsWith('DATA')) socket.pause();
      });
    },
    { block: 20_000 },
  );
  const begin = clock.now();
  const sending = outcome(session, endless);
  await clock.run();
  assert.equal(await sending, 'timeout at content');
  assert.ok(read > 65_536 && read < 1_000_000, `${read} octets were read`);
  const took = clock.now() - begin;
  assert.ok(took >= 20_000 && took <= 24_000, `${took} ms`);
});

test('a large message, by DATA and by BDAT, is streamed and comes as it was', async () => {
  const text = Array.from(
    { length: 40_000 },
    (_, line) => `${line}\r\n.${line} ${'x'.repeat(line % 90)}\r\n`,
  ).join('');
  for (const extensions of [mx.extensions, mx.extensions.filter(({ keyword }) => keyword !== 'CHUNKING')]) {
    const { server, received } = await receiving({ extensions });
    const session = await sessionWith(server.port);
    assert.equal(await outcome(session, contentIn(7, text)), 'accepted 250');
    assert.equal(await outcome(session, contentOf(text)), 'accepted 250');
    await session.quit();
    assert.ok(received.length === 2 && received.every((message) => message.text === text));
    await server.destroy();
  }
});

test('content that is larger than it was said to be holds nothing up', async () => {
  const { port, heard } = await scripted('220 mx.test', { EHLO: '250-mx.test\r\n250 PIPELINING' });
  const session = await sessionWith(port);
  const lying = { ...contentIn(30, 'line\r\n'.repeat(50_000)), size: 10 };
  assert.equal(await outcome(session, lying), 'accepted 250');
  await session.quit();
  assert.deepEqual(heard, ['EHLO', 'MAIL', 'RCPT', 'DATA', '.', 'QUIT']);
  const { server } = await receiving();
  assert.match(await outcome(await sessionWith(server.port), lying), /^(accepted|refused) /);
});

test('a source that fails never completes a message', async () => {
  const broken: Body = {
    size: 200_000,
    async *open() {
      yield Buffer.from('Subject: half\r\n\r\n');
      yield Buffer.alloc(100_000, 'line\r\n');
      throw new Error('disk on fire');
    },
  };
  for (const extensions of [mx.extensions, []]) {
    const { server, received } = await receiving({ extensions });
    const session = await sessionWith(server.port);
    const result = await session.send(transactionOf(broken), broken);
    const [first] = result.recipients;
    assert.equal(summary(first), 'content at content');
    assert.equal(first?.result === 'failed' && first.failure.text, 'disk on fire');
    session.destroy();
    await server.close();
    assert.deepEqual(received, []);
  }
});

test('the end of content that was refused does not end the message that comes after it', async () => {
  const [ours, theirs] = duplexPair();
  const heard: string[] = [];
  theirs.on('data', (chunk) => heard.push(String(chunk)));
  const machine = new SmtpClientMachine({ hostname: 'client.test', random: randomBytes });
  const session = driveSmtpClient(ours, machine, { address: '192.0.2.25' });
  const say = async (text: string) => {
    theirs.write(text);
    for (let turn = 0; turn < 5; turn++) await new Promise((next) => setImmediate(next));
  };
  await say('220 mx.test\r\n');
  await say('250-mx.test\r\n250-PIPELINING\r\n250 CHUNKING\r\n');
  assert.equal(await session.opened, null);
  /** Content that takes its time behind the first octets. */
  const slow = (octets: Buffer, rest = Buffer.alloc(0)) => {
    const time = Promise.withResolvers<void>();
    const body: Body = {
      size: octets.length + rest.length,
      async *open() {
        yield octets;
        await time.promise;
        if (rest.length > 0) yield rest;
      },
    };
    return { body, goOn: time.resolve };
  };
  const large = slow(Buffer.alloc(90_000, 'line\r\n'));
  const next = slow(Buffer.from('Subject: whole\r\n'), Buffer.from('\r\ntext\r\n'));
  const first = outcome(session, large.body);
  await say('250 ok\r\n250 ok\r\n');
  await say('552 5.3.4 too large\r\n');
  assert.equal(await first, 'refused 552 at content');
  const second = outcome(session, next.body);
  large.goOn();
  await say('250 reset\r\n250 ok\r\n250 ok\r\n');
  next.goOn();
  await say('');
  await say('250 second\r\n');
  assert.equal(await second, 'accepted 250');
  assert.ok(heard.join('').endsWith(`BDAT ${next.body.size} LAST\r\nSubject: whole\r\n\r\ntext\r\n`));
  session.destroy();
});

test('content that ends before its size is never completed', async () => {
  for (const extensions of [mx.extensions, []]) {
    const { server, received } = await receiving({ extensions });
    const session = await sessionWith(server.port);
    const cut: Body = { ...contentOf('Subject: half\r\n\r\nhal'), size: 1000 };
    assert.equal(await outcome(session, cut), 'content at content');
    session.destroy();
    await server.close();
    assert.deepEqual(received, []);
  }
});

test('an abort ends the session at once, and the transaction with it', async () => {
  const { port } = await scripted('220 mx.test', { RCPT: null });
  const session = await sessionWith(port);
  const controller = new AbortController();
  const sending = session.send(transactionOf(small), small, controller.signal);
  setTimeout(() => controller.abort(), 20);
  assert.equal(summary((await sending).recipients[0]), 'gone at rcpt');
  assert.equal(session.closed, true);
  const second = await sessionWith(port);
  const result = await second.send(transactionOf(small), small, AbortSignal.abort());
  assert.match(summary(result.recipients[0]), /^gone at /);
});

test('an abort ends the second of two messages that share its signal, though the first has its result', async () => {
  const [ours, theirs] = duplexPair();
  const machine = new SmtpClientMachine({ hostname: 'client.test', random: randomBytes });
  const session = driveSmtpClient(ours, machine, { address: '192.0.2.25' });
  const say = async (text: string) => {
    theirs.resume().write(text);
    await new Promise((turn) => setImmediate(turn));
  };
  await say('220 mx.test\r\n');
  await say('250-mx.test\r\n250-PIPELINING\r\n250 CHUNKING\r\n');
  assert.equal(await session.opened, null);
  const controller = new AbortController();
  const send = async () => {
    const { recipients } = await session.send(transactionOf(small), small, controller.signal);
    return summary(recipients[0]);
  };
  let second: Promise<string> | null = null;
  session.onIdle = () => {
    second ??= send();
  };
  const first = send();
  await say('');
  await say('250 ok\r\n250 ok\r\n250 first\r\n');
  assert.equal(await first, 'accepted 250');
  controller.abort();
  assert.match((await second) ?? '', /^gone at /);
  assert.deepEqual(getEventListeners(controller.signal, 'abort'), []);
});

test('small content goes in one write with its envelope, by BDAT (RFC 3030 §4.2), and so may the next', async () => {
  const [ours, theirs] = duplexPair();
  const heard: string[] = [];
  theirs.on('data', (chunk) => heard.push(String(chunk)));
  const write = ours.write.bind(ours) as typeof ours.write;
  let writes = 0;
  ours.write = ((chunk: Buffer) => {
    writes += 1;
    return write(chunk);
  }) as typeof ours.write;
  const machine = new SmtpClientMachine({ hostname: 'client.test', random: randomBytes });
  const session = driveSmtpClient(ours, machine, { address: '192.0.2.25' });
  const say = async (text: string) => {
    theirs.write(text);
    await new Promise((turn) => setImmediate(turn));
  };
  await say('220 mx.test\r\n');
  await say('250-mx.test\r\n250-PIPELINING\r\n250 CHUNKING\r\n');
  assert.equal(await session.opened, null);
  writes = 0;
  heard.length = 0;
  const first = outcome(session);
  let second: Promise<string> | null = null;
  session.onIdle = () => {
    second ??= outcome(session);
  };
  await say('');
  const envelope = 'MAIL FROM:<a@client.test>\r\nRCPT TO:<b@mx.test>\r\n';
  const message = `${envelope}BDAT ${small.size} LAST\r\nSubject: hello\r\n\r\ntext\r\n`;
  // RFC 3030 §2: had the first BDAT failed, nothing but RSET would be understood behind it.
  assert.equal(heard.join(''), `${message}RSET\r\n${message}`);
  assert.equal(writes, 1);
  await say('250 ok\r\n250 ok\r\n250 first\r\n250 ok\r\n250 ok\r\n250 ok\r\n550 second\r\n');
  assert.equal(await first, 'accepted 250');
  assert.equal(await second, 'refused 550 at end-of-data');
  const quitting = session.quit();
  await say('221 bye\r\n');
  theirs.end();
  await quitting;
  assert.ok(ours.destroyed);
});

test('quit says QUIT and waits, though not for long; destroy does not wait', async () => {
  const { clock, session } = await virtual((socket) => talk(socket, '220 mx.test', { QUIT: null }), {
    quit: 16_000,
  });
  const begin = clock.now();
  const quitting = session.quit();
  const again = session.quit();
  await clock.run();
  await Promise.all([quitting, again]);
  const took = clock.now() - begin;
  assert.ok(took >= 16_000 && took <= 20_000, `${took} ms`);
  await session.quit();

  const other = await virtual((socket) => talk(socket, '220 mx.test', {}));
  let closed = 0;
  other.session.onClose = () => {
    closed += 1;
  };
  const sending = outcome(other.session);
  other.session.destroy();
  other.session.destroy();
  assert.match(await sending, /^gone at /);
  await other.session.quit();
  assert.equal(closed, 1);
  await other.clock.run();
  assert.equal(other.clock.pending, 0);
});

test('a stream that is closed already is a session that is over', async () => {
  const [closed] = duplexPair();
  closed.destroy();
  await once(closed, 'close');
  const machine = new SmtpClientMachine({ hostname: 'client.test', random: randomBytes });
  const session = driveSmtpClient(closed, machine, { address: '192.0.2.25' });
  assert.equal((await session.opened)?.why, 'gone');
  assert.equal(session.closed, true);
});

test('a thousand messages leave no listener behind', async () => {
  const { server, received } = await receiving();
  const session = await sessionWith(server.port);
  const { signal } = new AbortController();
  for (let count = 0; count < 1000; count += 1) {
    await session.send(transactionOf(small), small, signal);
  }
  assert.equal(received.length, 1000);
  assert.equal(session.server.transactions, 1000);
  assert.deepEqual(getEventListeners(signal, 'abort'), []);
  await session.quit();
  await server.close();
});
