import assert from 'node:assert/strict';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import type { PeerAddress } from 'mailwright/machine';
import { type LinkFault, SeededRandom, VirtualClock, VirtualNetwork } from 'mailwright/testing';

const server = '192.0.2.25';
const client = '198.51.100.1';
const at: PeerAddress = { family: 'ipv4', address: server, port: 25 };

/** A network with an echo server, all events noted with their times. */
function world(fault?: LinkFault, latency = 10) {
  const clock = new VirtualClock({ start: 0 });
  const random = new SeededRandom(1).fraction;
  const network = new VirtualNetwork({ clock, random, latency: () => latency, faults: () => fault });
  const events: string[] = [];
  const note = (text: string) => void events.push(`${clock.now()} ${text}`);
  const follow = (name: string, socket: Duplex) => {
    socket.on('data', (chunk) => note(`${name} gets ${chunk}`));
    socket.on('end', () => note(`${name} sees the end`));
    socket.on('error', (error: NodeJS.ErrnoException) => note(`${name} ${error.code}`));
    socket.on('close', () => note(`${name} is closed`));
    return socket;
  };
  const sockets: { client?: Duplex; server?: Duplex } = {};
  network.listen(server, 25, (socket) => {
    note('server accepts');
    sockets.server = follow('server', socket);
  });
  const connect = (signal = new AbortController().signal) =>
    network
      .from(client)(at, { signal })
      .then(
        (socket) => {
          note('client is connected');
          sockets.client = follow('client', socket);
          return socket;
        },
        (error: NodeJS.ErrnoException) => note(`client ${error.code}`),
      );
  return { clock, network, events, sockets, connect };
}

test('left to itself, each network has latencies by chance, and the same ones', async () => {
  const times = async () => {
    const clock = new VirtualClock({ start: 0 });
    const network = new VirtualNetwork({ clock });
    const accepted: number[] = [];
    network.listen(server, 25, () => accepted.push(clock.now()));
    for (let count = 0; count < 5; count++) void network.from(client)(at, new AbortController());
    await clock.run();
    return accepted;
  };
  const [once, again] = [await times(), await times()];
  assert.deepEqual(once, again);
  assert.equal(once.length, 5);
  assert.ok(new Set(once).size > 1);
});

test('octets take their time, both ways, and an end is seen', async () => {
  const { clock, events, sockets, connect } = world();
  void connect();
  await clock.run();
  sockets.client?.write('hello');
  await clock.run();
  sockets.server?.write('and you');
  sockets.server?.end();
  await clock.run();
  assert.deepEqual(events, [
    '10 server accepts',
    '20 client is connected',
    '30 server gets hello',
    '40 client gets and you',
    '40 client sees the end',
    '40 client is closed',
    '50 server sees the end',
    '50 server is closed',
  ]);
});

test('who connects is told to the server; addresses are compared, not their texts', async () => {
  const { clock, network } = world();
  const seen: unknown[] = [];
  network.listen('2001:DB8:0:0::25', 2525, (_, { remote, local }) => seen.push(remote, local));
  const to = { family: 'ipv6', address: '2001:db8::25', port: 2525 } as const;
  void network.from(client)(to, { source: '2001:db8::1', signal: new AbortController().signal });
  await clock.run();
  assert.deepEqual(seen, [{ family: 'ipv6', address: '2001:db8::1', port: 49153 }, to]);
});

test('where nobody listens, the connection is refused after a round trip', async () => {
  const { clock, network } = world();
  const nowhere = { ...at, port: 26 };
  const refused = assert.rejects(
    network.from(client)(nowhere, { signal: new AbortController().signal }),
    (error: NodeJS.ErrnoException) => error.code === 'ECONNREFUSED' && clock.now() === 20,
  );
  await clock.run();
  await refused;
});

const faults: readonly [fault: LinkFault, events: readonly string[]][] = [
  [{ kind: 'refuse' }, ['20 client ECONNREFUSED']],
  [{ kind: 'unreachable' }, ['20 client EHOSTUNREACH']],
  [{ kind: 'blackhole' }, []],
  [
    { kind: 'cut', when: { sent: 3 } },
    [
      '10 server accepts',
      '20 client is connected',
      '20 client ECONNRESET',
      '20 client is closed',
      '30 server gets abc',
      '30 server ECONNRESET',
      '30 server is closed',
    ],
  ],
  [
    { kind: 'cut', when: { ms: 1000 } },
    [
      '10 server accepts',
      '20 client is connected',
      '30 server gets abcdef',
      '1010 client ECONNRESET',
      '1010 client is closed',
      '1020 server ECONNRESET',
      '1020 server is closed',
    ],
  ],
  [{ kind: 'stall', when: { sent: 3 } }, ['10 server accepts', '20 client is connected']],
];

for (const [fault, expected] of faults) {
  test(`a connection that suffers ${JSON.stringify(fault)}`, async () => {
    const { clock, events, connect } = world(fault);
    void connect().then((socket) => socket?.write('abcdef'));
    await clock.run();
    assert.deepEqual(events, expected);
  });
}

test('while a network is parted nothing passes; what was sent arrives afterwards', async () => {
  const { clock, network, events, connect } = world();
  network.partition({ between: [[client], [server]], from: 15, until: 5000 });
  void connect().then((socket) => socket?.write('late'));
  await clock.run();
  assert.deepEqual(events, ['10 server accepts', '20 client is connected', '5010 server gets late']);
});

test('of a program that died nothing is heard but a reset, and it hears nothing', async () => {
  const { clock, network, events, sockets, connect } = world();
  void connect();
  await clock.run();
  network.crash(client);
  sockets.client?.write('from the grave');
  sockets.server?.write('are you there?');
  await clock.run();
  assert.deepEqual(events.slice(2), ['30 server ECONNRESET', '30 server is closed']);
});

test('an attempt that is given up fails, and leaves no connection', async () => {
  const { clock, events, connect } = world();
  const giveUp = new AbortController();
  void connect(giveUp.signal);
  clock.after(15, () => giveUp.abort());
  await clock.run();
  assert.deepEqual(events, [
    '10 server accepts',
    '15 client ECANCELED',
    '30 server ECONNRESET',
    '30 server is closed',
  ]);
});

test('a peer that does not read holds the writer back, and loses nothing', async () => {
  const { clock, sockets, connect } = world();
  void connect();
  await clock.run();
  const { client: from, server: to } = sockets;
  assert.ok(from && to);
  to.removeAllListeners('data').pause();
  let taken = 0;
  for (let piece = 0; piece < 40; piece++) from.write(Buffer.alloc(65_536), () => (taken += 1));
  await clock.run();
  assert.ok(taken < 10, `${taken} pieces were taken`);

  let read = 0;
  to.on('data', (chunk: Buffer) => (read += chunk.length)).resume();
  await clock.run();
  assert.deepEqual([taken, read], [40, 40 * 65_536]);
});
