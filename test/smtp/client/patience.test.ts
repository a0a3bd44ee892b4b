/** How long the client waits, and for what (RFC 5321 §4.5.3.2). */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { suite, test } from 'node:test';
import { Secret } from 'mailwright/machine';
import type { SmtpClientOptions, SmtpTransaction } from 'mailwright/smtp';
import { mailOf, tls } from './back-to-back.ts';
import { ScriptedClient } from './scripted-client.ts';

/** A client whose host waits; what the server says is acted on at once. */
class Waiting {
  readonly client: ScriptedClient;
  readonly #started: SmtpTransaction[] = [];

  constructor(options: Partial<SmtpClientOptions> = {}) {
    this.client = new ScriptedClient({ client: { allowCleartext: true, ...options } });
  }

  hear(text: string): this {
    this.client.machine.receive(Buffer.from(text));
    this.settle();
    return this;
  }

  settle(): void {
    const { machine } = this.client;
    for (let event = machine.next(); event !== null; event = machine.next()) this.client.events.push(event);
    machine.takeOutput();
  }

  send(transaction = mailOf('hello\r\n').transaction): this {
    this.#started.push(transaction);
    this.client.machine.send(transaction);
    this.settle();
    return this;
  }

  /** `why ms` of the present wait. */
  get wait(): string {
    const { why, ms } = this.client.machine.patience;
    return `${why} ${ms / 1000}`;
  }

  get id(): number {
    return this.client.machine.patience.id;
  }
}

const hello = (...extensions: string[]) =>
  ['mx', ...extensions].map((line, at) => `250${at < extensions.length ? '-' : ' '}${line}\r\n`).join('');

test('each stage has its own patience', () => {
  const credentials = { type: 'password', user: 'tim', password: new Secret('x') } as const;
  const session = new Waiting({ credentials });
  const waits = [session.wait];
  const { machine } = session.client;
  const note = () => waits.push(session.wait);
  session.hear('220 mx\r\n');
  note();
  session.hear(hello('STARTTLS'));
  note();
  session.hear('220 go\r\n');
  note();
  machine.tlsEstablished(tls);
  session.settle();
  note();
  session.hear(hello('AUTH PLAIN'));
  note();
  session.hear('235 ok\r\n');
  note();
  session.send();
  note();
  session.hear('250 ok\r\n');
  note();
  session.hear('250 ok\r\n');
  note();
  session.hear('354 go\r\n');
  note();
  machine.feed(Buffer.from('hello\r\n'));
  note();
  machine.finish();
  note();
  session.hear('250 ok\r\n');
  note();
  machine.quit();
  note();
  session.hear('221 bye\r\n');
  note();
  assert.deepEqual(waits, [
    'greeting 300',
    'hello 300',
    'starttls 120',
    'handshake Infinity',
    'hello 300',
    'auth 120',
    'idle Infinity',
    'mail 300',
    'rcpt 300',
    'data 120',
    'content 180',
    'content 180',
    'end-of-data 600',
    'idle Infinity',
    'quit 10',
    'idle Infinity',
  ]);
});

test('any of them can be set', () => {
  assert.equal(new Waiting({ patience: { greeting: 1000 } }).wait, 'greeting 1');
});

suite('what renews patience', () => {
  test('a whole reply, never a part of one', () => {
    const session = new Waiting().hear('220 mx\r\n');
    const { id } = session;
    for (const octet of '250-mx\r\n250-PIPELINING\r\n250 SIZE') {
      session.hear(octet);
      assert.equal(session.id, id);
    }
    session.hear('\r\n');
    assert.notEqual(session.id, id);
  });

  test('each reply of a flight', () => {
    const session = new Waiting().hear(`220 mx\r\n`).hear(hello('PIPELINING')).send();
    const ids = [session.id];
    for (const reply of ['250 ok\r\n', '250 ok\r\n', '354 go\r\n']) ids.push(session.hear(reply).id);
    assert.equal(new Set(ids).size, 4);
  });

  test('content that the transport took, in DATA', () => {
    const session = new Waiting().hear('220 mx\r\n').hear(hello('PIPELINING')).send();
    session.hear('250 ok\r\n250 ok\r\n354 go\r\n');
    const { id } = session;
    session.client.machine.feed(Buffer.from('he'));
    assert.notEqual(session.id, id);
  });

  test('content, in chunks: not what waits for another stage', () => {
    const { transaction } = mailOf(Buffer.alloc(200_000, 'x'));
    const session = new Waiting().hear('220 mx\r\n').hear(hello('PIPELINING', 'CHUNKING')).send(transaction);
    session.hear('250 ok\r\n250 ok\r\n');
    const { machine } = session.client;
    machine.feed(Buffer.alloc(70_000, 'x'));
    assert.equal(session.wait, 'content 180');
    const { id } = session;
    machine.feed(Buffer.alloc(10, 'x'));
    assert.notEqual(session.id, id);
    const early = new Waiting().hear('220 mx\r\n').hear(hello('PIPELINING', 'CHUNKING')).send();
    const before = early.id;
    early.client.machine.feed(Buffer.from('hello\r\n'));
    assert.deepEqual([early.wait, early.id], ['mail 300', before]);
  });
});

test('a source that gives nothing more is not awaited for ever, in chunks either', () => {
  const { transaction } = mailOf(Buffer.alloc(200_000, 'x'));
  const session = new Waiting().hear('220 mx\r\n').hear(hello('PIPELINING', 'CHUNKING')).send(transaction);
  session.hear('250 ok\r\n250 ok\r\n');
  const { machine, events } = session.client;
  machine.feed(Buffer.alloc(70_000, 'x'));
  session.hear('250 ok\r\n');
  assert.equal(session.wait, 'content 180');
  machine.expire();
  session.settle();
  const result = events.find((event) => event.type === 'result')?.result.recipients[0];
  assert.ok(result?.result === 'failed' && result.failure.why === 'content' && !result.ambiguous);
  const refused = new Waiting().hear('220 mx\r\n').hear(hello('PIPELINING', 'CHUNKING')).send(transaction);
  refused.hear('250 ok\r\n250 ok\r\n').client.machine.feed(Buffer.alloc(70_000, 'x'));
  assert.equal(refused.hear('552 no\r\n').wait, 'idle Infinity');
});

suite('content waits where the server does', () => {
  test('without PIPELINING a chunk goes when the one before was answered', () => {
    const { transaction } = mailOf(Buffer.alloc(200_000, 'x'));
    const session = new Waiting().hear('220 mx\r\n').hear(hello('CHUNKING')).send(transaction);
    session.hear('250 ok\r\n').hear('250 ok\r\n');
    const { machine } = session.client;
    const block = Buffer.alloc(50_000, 'x');
    const wants: boolean[] = [];
    for (let fed = 0; fed < 3; fed += 1) {
      wants.push(machine.wantsContent);
      machine.feed(block);
    }
    // 150,000 octets: one chunk is out, more than one waits.
    assert.deepEqual([...wants, machine.wantsContent], [true, true, true, false]);
    session.hear('250 ok\r\n');
    assert.equal(machine.wantsContent, true);
    machine.finish();
    assert.equal(machine.wantsContent, false);
  });

  test('nothing is wanted behind a refusal, and what is fed all the same is dropped', () => {
    const session = new Waiting().hear('220 mx\r\n').hear(hello('PIPELINING', 'CHUNKING')).send();
    const { machine } = session.client;
    assert.equal(machine.wantsContent, true);
    session.hear('250 ok\r\n550 5.1.1 no\r\n');
    assert.deepEqual(session.client.told.events.slice(1), ['content', 'contentRefused', 'result', 'ready']);
    assert.equal(machine.wantsContent, false);
    machine.feed(Buffer.from('hello\r\n'));
    machine.finish();
    assert.equal(machine.takeOutput().length, 0);
    session.send();
    machine.feed(Buffer.from('hello\r\n'));
    assert.equal(machine.wantsContent, true);
  });
});

test('a session with nothing to say is read, but for the handshake and the end', () => {
  const session = new Waiting();
  const { machine } = session.client;
  const wants = [machine.wantsInput];
  session.hear('220 mx\r\n').hear(hello('STARTTLS')).hear('220 go\r\n');
  wants.push(machine.wantsInput);
  machine.tlsFailed('no');
  wants.push(machine.wantsInput);
  assert.deepEqual([...wants, machine.parked], [true, false, false, false]);
});
