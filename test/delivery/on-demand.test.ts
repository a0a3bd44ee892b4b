/** Mail that waits for those who come for it: ETRN (RFC 1985) starts a queue, ATRN (RFC 2645) turns the connection. */
import assert from 'node:assert/strict';
import { duplexPair } from 'node:stream';
import { after, suite, test } from 'node:test';
import {
  bodyOf,
  type Delivered,
  defaultSchedule,
  type Failed,
  mxRoutes,
  type OutcomeNotice,
  Queue,
  type RetryReport,
  type Router,
  SmtpSender,
} from 'mailwright/delivery';
import { ZoneResolver } from 'mailwright/dns';
import type { TlsInfo } from 'mailwright/machine';
import {
  connectionInfo,
  OnDemandRelay,
  type OnDemandRelayOptions,
  SmtpServer,
  type SmtpServerSettings,
  SmtpTransport,
  selfSignedCertificate,
} from 'mailwright/node';
import { accepted } from 'mailwright/sasl';
import { atrn, etrn, mx, reply, requireTls } from 'mailwright/smtp';
import { type Envelope, MemorySpool } from 'mailwright/spool';
import { ScriptedPeer, type ScriptedPeerOptions, VirtualClock } from 'mailwright/testing';
import { Client } from '../node/client.ts';
import { contextOf } from './route/survey.ts';

const content = Buffer.from('Subject: hello\r\n\r\nhello\r\n');

/** A provider: a queue, and a server where customers ask for what is in it. */
class Provider {
  readonly spool = new MemorySpool();
  readonly queue: Queue;
  readonly outcomes: string[] = [];
  #server: SmtpServer | undefined;

  constructor(router: Router) {
    const note = ({ recipient, outcome, number }: OutcomeNotice<Delivered | Failed>) => {
      this.outcomes.push(`${recipient.path} ${outcome.result} ${outcome.status} at attempt ${number}`);
      return undefined;
    };
    this.queue = new Queue({ spool: this.spool, router, hooks: { delivered: note, failed: note } });
  }

  async start(settings: Partial<SmtpServerSettings>): Promise<void> {
    this.#server = new SmtpServer({ ...mx, hostname: 'mail.example.net', ...settings });
    await this.#server.listen({ port: 0, host: '127.0.0.1' });
    await this.queue.start();
    after(async () => {
      await this.queue.stop({ within: 100 });
      await this.#server?.destroy();
    });
  }

  async add(to: string, envelope: Partial<Envelope> = {}): Promise<void> {
    const recipients = [{ path: to }];
    await this.queue.enqueue(
      { protocol: 'ESMTP', envelope: { from: 'a@example.edu', recipients, ...envelope } },
      content,
    );
    await this.queue.idle();
  }

  /** A greeted connection. */
  async connect(): Promise<Client> {
    const client = await Client.connect(this.#server?.port ?? 0);
    await client.reply();
    await client.say('EHLO customer.example.org');
    return client;
  }

  /** The recipients of what is queued still. */
  async left(): Promise<readonly string[]> {
    const { messages } = await this.queue.list();
    return messages.flatMap(({ recipients }) => recipients.map(({ path }) => path));
  }
}

suite('ETRN', () => {
  test('what was put off goes out, for the node alone (RFC 1985 §5)', async () => {
    const sender = new SmtpSender({ transport: new SmtpTransport() });
    after(() => sender.close());
    const peer = new ScriptedPeer();
    after(() => peer.close());
    const port = await peer.listen();
    await peer.close();
    const router = mxRoutes({
      sender,
      resolver: new ZoneResolver({
        '*.example.org': { A: ['127.0.0.1'] },
        'example.com': { A: ['127.0.0.1'] },
      }),
      hostname: 'mail.example.net',
      port,
      allowAddress: () => true,
    });
    const provider = new Provider(router);
    await provider.start({
      extensions: [...mx.extensions, etrn()],
      etrn: ({ prefix, node }) => {
        if (node.toLowerCase() !== 'example.org') return reply(459, '4.7.1', 'Not for you to ask');
        void provider.queue.retry({ destination: 'example.org', subdomains: prefix === '@' });
        return reply(250, '2.0.0', 'Queuing started');
      },
    });
    await provider.add('b@one.example.org');
    await provider.add('b@example.com');
    const back = new ScriptedPeer();
    after(() => back.close());
    await back.listen(port);
    const client = await provider.connect();
    assert.match(await client.say('ETRN example.com'), /^459 4\.7\.1 /);
    assert.match(await client.say('ETRN @Example.ORG'), /^250 2\.0\.0 /);
    await back.waitForMessages(1);
    await provider.queue.idle();
    assert.deepEqual(provider.outcomes, ['b@one.example.org delivered 2.0.0 at attempt 2']);
    assert.deepEqual(await provider.left(), ['b@example.com']);
    client.socket.destroy();
  });
});

suite('ATRN', () => {
  const certificate = selfSignedCertificate({ names: ['mail.example.net'] });
  /** What the customer's side knows of the TLS that the connection is under. */
  const tls: TlsInfo = { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' };

  async function providing(): Promise<Provider> {
    const relay = new OnDemandRelay({
      hostname: 'mail.example.net',
      customers: { 'Example.ORG': 'tim', 'example.com': 'tim', 'example.info': 'ann' },
      quiet: 50,
    });
    const provider = new Provider(relay.router);
    await provider.start({
      extensions: [...mx.extensions, atrn()],
      credentials: { verifyPassword: ({ authcid }) => accepted(authcid) },
      allowCleartext: true,
      tls: certificate,
      ...relay.handlers(provider.queue),
    });
    return provider;
  }

  async function login(client: Client, user = 'tim'): Promise<void> {
    const said = await client.say(`AUTH PLAIN ${btoa(`\0${user}\0secret`)}`);
    assert.match(said, /^235 /);
  }

  /** Asks for the mail, and serves what comes. */
  async function turn(
    client: Client,
    options: ScriptedPeerOptions = {},
    { domains = '', ...more }: { readonly domains?: string; readonly tls?: TlsInfo } = {},
  ): Promise<ScriptedPeer> {
    assert.match(await client.say(`ATRN${domains}`), /^250 /);
    const customer = new ScriptedPeer(options);
    after(() => customer.close());
    client.socket.removeAllListeners();
    customer.serve(client.socket, { ...connectionInfo(client.socket), ...more });
    return customer;
  }

  async function over({ connections }: ScriptedPeer): Promise<string | null | undefined> {
    while (connections[0]?.end === null) await new Promise((resolve) => setTimeout(resolve, 5));
    return connections[0]?.end;
  }

  const received = ({ messages }: ScriptedPeer) =>
    messages.map(({ recipients: [first] }) => first?.path).sort();

  test("all that waits for a customer's domains goes out over his connection, and QUIT after it", async () => {
    const provider = await providing();
    for (const to of ['b@example.org', 'b@example.com', 'c@example.com', 'b@example.info']) {
      await provider.add(to);
    }
    assert.equal(provider.outcomes.length, 0);
    const client = await provider.connect();
    await login(client);
    const customer = await turn(client);
    await customer.waitForMessages(3);
    // What comes in meanwhile goes the same way.
    await provider.add('d@example.org');
    assert.equal(await over(customer), 'quit');
    assert.deepEqual(received(customer), [
      'b@example.com',
      'b@example.org',
      'c@example.com',
      'd@example.org',
    ]);
    assert.equal(customer.connections[0]?.commands[0], 'EHLO mail.example.net');
    // To wait was no attempt.
    assert.ok(provider.outcomes.every((each) => each.endsWith('delivered 2.0.0 at attempt 1')));
    assert.deepEqual(await provider.left(), ['b@example.info']);
  });

  /** A relay whose only customer has turned his connection round. */
  function turned(options: Partial<OnDemandRelayOptions>, retry: () => Promise<RetryReport>) {
    const relay = new OnDemandRelay({
      hostname: 'a.example',
      customers: { 'example.org': 'tim' },
      ...options,
    });
    const [ours, theirs] = duplexPair();
    const customer = new ScriptedPeer();
    after(() => customer.close());
    const remote = { family: 'unix', path: '/there' } as const;
    customer.serve(theirs, { remote, local: { family: 'unix', path: '/here' } });
    const session = { identity: { user: 'tim' }, tls: null, greeting: null, connection: { remote } };
    relay.handlers({ retry }).turnaround(ours, [], { session } as never);
    return { relay, customer };
  }

  test('a function of the host that fails leaves no connection behind', async (t) => {
    const emitted = t.mock.method(process, 'emitWarning', () => {});
    const fail = () => {
      throw new Error('no log');
    };
    const { customer } = turned({ error: fail }, fail);
    assert.equal(await over(customer), 'quit');
    assert.equal(emitted.mock.callCount(), 1);
  });

  test('a connection stays for as long as it may be quiet', async () => {
    const clock = new VirtualClock({ start: 0 });
    const { relay, customer } = turned(
      { clock, quiet: 50_000 },
      async () => ({ retried: 0, left: 0 }) as never,
    );
    while (clock.pending < 2) await new Promise((resolve) => setImmediate(resolve));
    const recipient = { path: 'b@example.org', place: 0, domain: 'example.org' };
    const context = contextOf();
    const route = relay.router(recipient, context);
    assert.ok(route !== undefined && 'deliver' in route);
    const attempt = {
      context,
      recipients: [recipient],
      body: bodyOf(content),
      signal: new AbortController().signal,
    };
    assert.equal((await route.deliver(attempt))[0]?.result, 'delivered');
    await clock.run({ until: 49_000 });
    assert.equal(customer.connections[0]?.end, null);
  });

  test('some domains only', async () => {
    const provider = await providing();
    await provider.add('b@example.org');
    await provider.add('b@example.com');
    const client = await provider.connect();
    await login(client);
    const customer = await turn(client, {}, { domains: ' EXAMPLE.com' });
    assert.equal(await over(customer), 'quit');
    assert.deepEqual(received(customer), ['b@example.com']);
  });

  test('no mail: the connection is turned, and over (RFC 2645 §5.2.1)', async () => {
    const provider = await providing();
    const client = await provider.connect();
    await login(client);
    const customer = await turn(client);
    assert.equal(await over(customer), 'quit');
    assert.deepEqual(customer.connections[0]?.commands, ['EHLO mail.example.net', 'QUIT']);
  });

  test("not without authentication, and not for others' domains (RFC 2645 §5.2.1)", async () => {
    const provider = await providing();
    const client = await provider.connect();
    assert.match(await client.say('ATRN example.org'), /^530 /);
    await login(client, 'ann');
    assert.match(await client.say('ATRN example.info,example.org'), /^450 /);
    assert.match(await client.say('ATRN nobodys.example'), /^450 /);
    client.socket.destroy();
  });

  for (const [name, extensions, outcome] of [
    ['that keeps the promise', [requireTls()], 'delivered 2.0.0'],
    ['that does not', [], 'failed 5.7.30'],
  ] as const) {
    test(`REQUIRETLS, over TLS to a server ${name} (RFC 8689 §4.2.1)`, async () => {
      const provider = await providing();
      await provider.add('b@example.org', { requireTls: true });
      const client = await provider.connect();
      await client.say('STARTTLS');
      await client.startTls();
      await client.say('EHLO customer.example.org');
      await login(client);
      const customer = await turn(client, { server: { extensions } }, { tls });
      assert.equal(await over(customer), 'quit');
      assert.deepEqual(provider.outcomes, [`b@example.org ${outcome} at attempt 1`]);
    });
  }

  test('a customer who goes away in between loses nothing, and the rest was not tried', async () => {
    const provider = await providing();
    for (const to of ['b@example.org', 'c@example.org', 'd@example.org']) await provider.add(to);
    const first = await provider.connect();
    await login(first);
    const script = [{ at: 'mail', skip: 1, end: 'reset' }] as const;
    const customer = await turn(first, { script });
    assert.notEqual(await over(customer), 'quit');
    await provider.queue.idle();
    assert.equal((await provider.left()).length, 2);
    const second = await provider.connect();
    await login(second);
    const again = await turn(second);
    assert.equal(await over(again), 'quit');
    assert.deepEqual([...received(customer), ...received(again)].sort(), [
      'b@example.org',
      'c@example.org',
      'd@example.org',
    ]);
    assert.deepEqual(provider.outcomes.map((each) => each.slice(each.indexOf(' '))).sort(), [
      ' delivered 2.0.0 at attempt 1',
      ' delivered 2.0.0 at attempt 1',
      ' delivered 2.0.0 at attempt 2',
    ]);
  });

  test('what the customer refuses has failed', async () => {
    const provider = await providing();
    await provider.add('b@example.org');
    const client = await provider.connect();
    await login(client);
    const script = [{ at: 'rcpt', reply: reply(550, '5.1.1', 'No such user') }] as const;
    await over(await turn(client, { script }));
    assert.deepEqual(provider.outcomes, ['b@example.org failed 5.1.1 at attempt 1']);
  });

  test('a customer who does not greet gets nothing', async () => {
    const provider = await providing();
    await provider.add('b@example.org');
    const client = await provider.connect();
    await login(client);
    const customer = await turn(client, { script: [{ at: 'connect', reply: reply(554, '5.3.2', 'No') }] });
    await over(customer);
    assert.deepEqual(await provider.left(), ['b@example.org']);
  });

  test('what nobody comes for has failed in the end, without an attempt', async () => {
    const clock = new VirtualClock();
    const { router } = new OnDemandRelay({
      hostname: 'mail.example.net',
      customers: { 'example.org': 'tim' },
      clock,
    });
    const failures: OutcomeNotice<Failed>[] = [];
    const failed = (notice: OutcomeNotice<Failed>) => {
      failures.push(notice);
      return undefined;
    };
    const queue = new Queue({ spool: new MemorySpool({ now: clock.now }), router, clock, hooks: { failed } });
    await queue.start();
    const envelope = { from: 'a@example.edu', recipients: [{ path: 'b@example.org' }] };
    await queue.enqueue({ protocol: 'ESMTP', envelope }, content);
    const began = clock.now();
    await clock.run();
    await queue.stop();
    assert.deepEqual(
      failures.map(({ number, outcome: { status } }) => [number, status]),
      [[0, '5.4.7']],
    );
    assert.ok(clock.now() >= began + defaultSchedule.expiry);
  });

  test("a customer's domain that is none is misuse", () => {
    assert.throws(() => new OnDemandRelay({ hostname: 'x.example', customers: { 'not a domain': 'tim' } }), {
      code: 'BAD_DOMAIN',
    });
  });
});
