/** What sessions keep in memory: bytes of an idle one, and that small things keep no large ones alive. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  type Envelope,
  mx,
  type SmtpServerEvent,
  SmtpServerMachine,
  type SmtpServerOptions,
  xforward,
} from 'mailwright/smtp';
import { connection } from './scripted-host.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const options: SmtpServerOptions = {
  ...mx,
  hostname: 'mx.example.org',
  extensions: [...mx.extensions, xforward({ trusts: () => true })],
};

/** Lets everything pass, and hands on each event. */
function settle(machine: SmtpServerMachine, see: (event: SmtpServerEvent) => void = () => {}): void {
  for (let event = machine.next(); event !== null; event = machine.next()) {
    see(event);
    if (machine.parked) machine.answer(event as Extract<SmtpServerEvent, { type: 'mail' }>, undefined);
  }
  machine.takeOutput();
}

/** Bytes in use once all that can go has gone; buffers are swept a little after the heap. */
async function inUse(): Promise<number> {
  for (let round = 0; round < 4; round++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Bytes that each of `count` kept values takes, whatever was made on the way. */
async function bytesEach<T>(count: number, make: (index: number) => T): Promise<number> {
  const kept: T[] = [];
  for (let index = 0; index < 50; index++) make(index);
  const before = await inUse();
  for (let index = 0; index < count; index++) kept.push(make(index));
  const after = await inUse();
  assert.equal(kept.length, count);
  return (after - before) / count;
}

test('an idle machine after EHLO is small', async (context) => {
  const bytes = await bytesEach(10_000, (index) => {
    const machine = new SmtpServerMachine(options, { ...connection, id: String(index) });
    settle(machine);
    machine.receive(Buffer.from('EHLO client.example.org\r\n'));
    settle(machine);
    return machine;
  });
  context.diagnostic(`${Math.round(bytes)} bytes per idle machine, without its socket`);
  assert.ok(bytes < 2500, `${Math.round(bytes)} bytes`);
});

test('an envelope that is kept keeps none of the chunks that it came in', async (context) => {
  const bytes = await bytesEach(1000, (index) => {
    const machine = new SmtpServerMachine(options, connection);
    settle(machine);
    const chunk = Buffer.alloc(65_536, 'x');
    const opening = `EHLO a-name-of-the-client-${index}.example.org\r\nXFORWARD NAME=name-behind-${index}.example.org\r\nMAIL FROM:<sender-number-${index}@example.org> ENVID=identifier-${index} SIZE=1000\r\nRCPT TO:<recipient-number-${index}@example.org> ORCPT=rfc822;original-${index}@example.org\r\nDATA\r\n`;
    chunk.write(opening);
    chunk.write('\r\n.\r\n', chunk.length - 5);
    machine.receive(chunk);
    let envelope: Envelope | null = null;
    settle(machine, (event) => {
      if (event.type === 'message') envelope = event.envelope;
    });
    assert.ok(envelope !== null);
    // All of it: what a session knows is kept as long as the session.
    return { envelope, machine };
  });
  context.diagnostic(`${Math.round(bytes)} bytes per kept session with its envelope`);
  assert.ok(bytes < 12_000, `${Math.round(bytes)} bytes`);
});

test('a line without an end is not gathered', async () => {
  const bytes = await bytesEach(10, () => {
    const machine = new SmtpServerMachine(options, connection);
    settle(machine);
    for (let count = 0; count < 100; count++) {
      machine.receive(Buffer.alloc(65_536, 'x'));
      settle(machine);
    }
    return machine;
  });
  assert.ok(bytes < 80_000, `${Math.round(bytes)} bytes after 6.5 MB`);
});

test('content is handed on and not gathered', async () => {
  const bytes = await bytesEach(10, () => {
    const machine = new SmtpServerMachine(options, connection);
    settle(machine);
    machine.receive(Buffer.from('EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n'));
    settle(machine);
    for (let count = 0; count < 100; count++) {
      machine.receive(Buffer.alloc(65_536, 'x\r\n'));
      settle(machine);
    }
    return machine;
  });
  assert.ok(bytes < 80_000, `${Math.round(bytes)} bytes after 6.5 MB`);
});

test('a session that is over keeps nothing that came in', async () => {
  const bytes = await bytesEach(10, () => {
    const machine = new SmtpServerMachine(options, connection);
    settle(machine);
    for (let count = 0; count < 100; count++) machine.receive(Buffer.alloc(65_536, 'QUIT\r\n'));
    settle(machine);
    return machine;
  });
  assert.ok(bytes < 80_000, `${Math.round(bytes)} bytes after 6.5 MB`);
});
