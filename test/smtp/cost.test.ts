/** What sessions cost: twice the input is less than 2.5 times the work, for every shape that a peer can choose. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { auth, mx, type SmtpServerEvent, SmtpServerMachine, type SmtpServerOptions } from 'mailwright/smtp';
import { connection, counting } from './scripted-host.ts';

const limits = {
  errors: Number.POSITIVE_INFINITY,
  idleCommands: Number.POSITIVE_INFINITY,
  transactions: Number.POSITIVE_INFINITY,
  message: Number.POSITIVE_INFINITY,
  recipients: Number.POSITIVE_INFINITY,
  recipientDomains: 1_000_000,
};
const strict: SmtpServerOptions = {
  ...mx,
  hostname: 'mx.example.org',
  extensions: [...mx.extensions, auth({ mechanisms: ['PLAIN'], random: counting })],
  limits,
};
const lenient: SmtpServerOptions = { ...strict, bareNewlines: 'normalise' };

const hello = 'EHLO client.example\r\n';
const opened = `${hello}MAIL FROM:<>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n`;
const message =
  'MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\nDATA\r\nSubject: x\r\n\r\ny\r\n.\r\n';
const chunked = `${hello}MAIL FROM:<>\r\nRCPT TO:<b@example.net>\r\n`;

interface Shape {
  readonly name: string;
  readonly options?: SmtpServerOptions;
  /** Comes first, in a chunk of its own. */
  readonly opening?: string;
  /** Comes in one chunk. */
  readonly make: (size: number) => string;
  readonly size: number;
  /** Octets of each chunk; all of it by default. */
  readonly piece?: number;
}

const shapes: readonly Shape[] = [
  { name: 'commands in one chunk', make: (size) => 'NOOP\r\n'.repeat(size), size: 20_000 },
  { name: 'commands in chunks of one octet', make: (size) => 'NOOP\r\n'.repeat(size), size: 5000, piece: 1 },
  { name: 'one line without an end', make: (size) => 'x'.repeat(size), size: 4_000_000 },
  {
    name: 'one line without an end, octet by octet',
    make: (size) => 'x'.repeat(size),
    size: 40_000,
    piece: 1,
  },
  { name: 'commands that are none', make: (size) => 'XYZZY\r\n'.repeat(size), size: 20_000 },
  { name: 'messages in one chunk', opening: hello, make: (size) => message.repeat(size), size: 3000 },
  {
    name: 'messages in one chunk, lenient',
    options: lenient,
    opening: hello,
    make: (size) => message.repeat(size),
    size: 2000,
  },
  {
    name: 'messages by BDAT in one chunk',
    opening: hello,
    make: (size) => 'MAIL FROM:<>\r\nRCPT TO:<b@x>\r\nBDAT 2 LAST\r\n\r\n'.repeat(size),
    size: 5000,
  },
  { name: 'lines of one dot', opening: opened, make: (size) => '..\r\n'.repeat(size), size: 100_000 },
  {
    name: 'lines of one dot, octet by octet',
    opening: opened,
    make: (size) => '..\r\n'.repeat(size),
    size: 10_000,
    piece: 1,
  },
  {
    name: 'content',
    opening: opened,
    make: (size) => 'some text in a line of usual length, so to say\r\n'.repeat(size),
    size: 400_000,
  },
  { name: 'lone CRs', opening: opened, make: (size) => '\r'.repeat(size), size: 400_000 },
  { name: 'lone LFs', opening: opened, make: (size) => '\n'.repeat(size), size: 400_000 },
  { name: 'lone CRs between dots', opening: opened, make: (size) => '\r.'.repeat(size), size: 200_000 },
  {
    name: 'lone CRs, lenient',
    options: lenient,
    opening: opened,
    make: (size) => '\r'.repeat(size),
    size: 400_000,
  },
  {
    name: 'lone LFs and dots, lenient',
    options: lenient,
    opening: opened,
    make: (size) => '\n.'.repeat(size),
    size: 200_000,
  },
  { name: 'chunks of one octet', opening: chunked, make: (size) => 'BDAT 1\r\nx'.repeat(size), size: 20_000 },
  {
    name: 'lone CRs by BDAT',
    opening: chunked,
    make: (size) => `BDAT ${size}\r\n${'\r'.repeat(size)}`,
    size: 2_000_000,
  },
  {
    name: 'recipients in as many domains',
    opening: `${hello}MAIL FROM:<>\r\n`,
    make: (size) => Array.from({ length: size }, (_, index) => `RCPT TO:<a@d${index}.example>\r\n`).join(''),
    size: 5000,
  },
  // Lines are bounded, so these are many lines, each twice as long.
  {
    name: 'blanks within a line',
    opening: hello,
    make: (size) => `NOOP ${' \t'.repeat(size)}\x01\r\n`.repeat(100),
    size: 3000,
  },
  {
    name: 'blanks at the end of a line',
    opening: hello,
    make: (size) => `NOOP ${' \t'.repeat(size)}\r\n`.repeat(100),
    size: 3000,
  },
  {
    name: 'parameters',
    opening: hello,
    make: (size) => `MAIL FROM:<> SIZE=1 RET=HDRS${' X=1'.repeat(size)}\r\n`.repeat(200),
    size: 1500,
  },
  {
    name: 'a long parameter',
    opening: hello,
    make: (size) => `MAIL FROM:<> SOLICIT=${'a,'.repeat(size)}\r\n`.repeat(200),
    size: 3000,
  },
  {
    name: 'xtext',
    opening: `${hello}MAIL FROM:<>\r\n`,
    make: (size) => `RCPT TO:<b@x> ORCPT=rfc822;${'+2B'.repeat(size)}=\r\n`.repeat(200),
    size: 2000,
  },
  {
    name: 'a long local part',
    opening: hello,
    make: (size) => `MAIL FROM:<${'a.'.repeat(size)}@example.org>\r\n`.repeat(100),
    size: 3000,
  },
  {
    name: 'a long quoted local part',
    opening: hello,
    make: (size) => `MAIL FROM:<"${'\\"'.repeat(size)}"@example.org>\r\n`.repeat(100),
    size: 3000,
  },
];

/** Processor time of one session, in microseconds. */
function cost({ options = strict, opening = '', piece }: Shape, wire: Buffer): number {
  const machine = new SmtpServerMachine(options, connection);
  settle(machine);
  machine.receive(Buffer.from(opening));
  settle(machine);
  const pieces: Buffer[] = [];
  const step = piece ?? wire.length;
  for (let at = 0; at < wire.length; at += step) pieces.push(wire.subarray(at, at + step));
  const before = process.cpuUsage();
  for (const each of pieces) {
    machine.receive(each);
    settle(machine);
  }
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

function settle(machine: SmtpServerMachine): void {
  for (let event = machine.next(); event !== null; event = machine.next()) {
    if (machine.parked) machine.answer(event as Extract<SmtpServerEvent, { type: 'mail' }>, undefined);
  }
  machine.takeOutput();
}

/** The least of several runs: what else the machine had to do only adds. */
function least(shape: Shape, size: number, rounds: number): number {
  const wire = Buffer.from(shape.make(size));
  let lowest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) lowest = Math.min(lowest, cost(shape, wire));
  return lowest;
}

for (const shape of shapes) {
  test(`${shape.name}: twice as much`, () => {
    let ratio = Number.POSITIVE_INFINITY;
    // Quadratic work is four times as much whenever one looks; a noisy neighbour is not there each time.
    const giveUp = performance.now() + 10_000;
    for (let rounds = 3; ratio >= 2.5 && performance.now() < giveUp; rounds *= 2) {
      ratio = Math.min(ratio, least(shape, 2 * shape.size, rounds) / least(shape, shape.size, rounds));
    }
    assert.ok(ratio < 2.5, `${ratio.toFixed(2)} times the work`);
  });
}
