/** Connecting to one of several addresses (RFC 8305), on a network and a clock that are not real. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PeerAddress } from 'mailwright/machine';
import { type LinkFault, VirtualClock, VirtualNetwork } from 'mailwright/testing';
import { type Connected, connectFirst, interleaved } from '../../src/node/fast-fallback.ts';

const six = (last: string): PeerAddress => ({ family: 'ipv6', address: `2001:db8::${last}`, port: 25 });
const four = (last: string): PeerAddress => ({ family: 'ipv4', address: `192.0.2.${last}`, port: 25 });

/** What becomes of connections to these ends, each `latency` away there and back. */
function network(ends: readonly PeerAddress[], faults: Record<string, LinkFault['kind']>, latency = 10) {
  const clock = new VirtualClock();
  const tried: { readonly from: string; readonly to: string; readonly at: number }[] = [];
  const accepted: { destroyed: boolean }[] = [];
  const begin = clock.now();
  const network = new VirtualNetwork({
    clock,
    random: () => 0,
    latency: () => latency / 2,
    faults: ({ from, to }) => {
      tried.push({ from, to, at: clock.now() - begin });
      const kind = faults[to];
      return kind === undefined ? undefined : ({ kind } as LinkFault);
    },
  });
  for (const end of ends) {
    if (end.family === 'unix') continue;
    network.listen(end.address, end.port, (socket) => accepted.push(socket.on('error', () => {})));
  }
  return { clock, tried, accepted, connect: network.from('192.0.2.1'), begin };
}

test('families take turns, beginning with that of the first address (RFC 8305 §4)', () => {
  const rows: readonly [readonly PeerAddress[], readonly PeerAddress[]][] = [
    [
      [six('1'), six('2'), six('3'), four('1')],
      [six('1'), four('1'), six('2'), six('3')],
    ],
    [
      [four('1'), six('1'), six('2')],
      [four('1'), six('1'), six('2')],
    ],
    [
      [four('1'), four('2'), six('1')],
      [four('1'), six('1'), four('2')],
    ],
    [
      [six('1'), six('2')],
      [six('1'), six('2')],
    ],
    [[], []],
  ];
  for (const [given, tried] of rows) assert.deepEqual(interleaved(given), tried);
});

test('the next address has its turn after 250 ms, or at once where the one before failed (RFC 8305 §5)', async () => {
  const ends = [six('1'), four('1'), six('2'), four('2')];
  const { clock, tried, connect, begin } = network(ends, {
    '2001:db8::1': 'blackhole',
    '192.0.2.1': 'refuse',
    '2001:db8::2': 'blackhole',
  });
  const connecting = connectFirst(ends, { connect, clock, timeout: 30_000 });
  await clock.run();
  const connected = await connecting;
  assert.ok(connected.ok);
  assert.equal(connected.at, ends[3]);
  assert.deepEqual(
    tried.map(({ to, at }) => [to, at]),
    [
      ['2001:db8::1', 0],
      ['192.0.2.1', 250],
      ['2001:db8::2', 260],
      ['192.0.2.2', 510],
    ],
  );
  assert.equal(clock.now() - begin, 520);
  assert.equal(clock.pending, 0);
});

test('the first connection wins, and those that come late are closed', async () => {
  const ends = [six('1'), four('1')];
  const { clock, accepted, connect } = network(ends, {}, 600);
  const connecting = connectFirst(ends, { connect, clock, timeout: 30_000 });
  await clock.run();
  const connected = await connecting;
  assert.ok(connected.ok);
  assert.equal(connected.at, ends[0]);
  assert.equal(accepted.length, 2);
  assert.deepEqual(
    accepted.map(({ destroyed }) => destroyed),
    [false, true],
  );
});

test('nobody answers: it ends in time, and says with which address', async () => {
  const ends = [six('1'), four('1')];
  const { clock, connect, begin } = network(ends, { '2001:db8::1': 'blackhole', '192.0.2.1': 'blackhole' });
  const connecting = connectFirst(ends, { connect, clock, timeout: 30_000 });
  await clock.run();
  const text = 'no connection within 30 seconds';
  assert.deepEqual(await connecting, { ok: false, why: 'timeout', text, at: ends[1] });
  assert.equal(clock.now() - begin, 30_000);
});

test('all refuse: it does not wait for longer than they took', async () => {
  const ends = [six('1'), four('1'), four('2')];
  const { clock, connect, begin } = network([], {});
  const connecting = connectFirst(ends, { connect, clock, timeout: 30_000 });
  await clock.run();
  const text = 'connect ECONNREFUSED';
  assert.deepEqual(await connecting, { ok: false, why: 'failed', text, at: ends[2] });
  assert.equal(clock.now() - begin, 30);
});

test('each family connects from an address of its own', async () => {
  const ends = [six('1'), four('1')];
  const { clock, tried, connect } = network(ends, { '2001:db8::1': 'unreachable' });
  const source = { ipv4: '192.0.2.77' };
  const connecting = connectFirst(ends, { connect, clock, timeout: 30_000, source });
  await clock.run();
  assert.ok((await connecting).ok);
  assert.deepEqual(
    tried.map(({ from }) => from),
    ['192.0.2.1', '192.0.2.77'],
  );
});

test('an abort, before or while it waits, ends it at once and leaves nothing open', async () => {
  const ends = [six('1'), four('1')];
  for (const when of [-1, 0, 5, 255]) {
    const { clock, accepted, connect } = network(ends, { '2001:db8::1': 'blackhole' });
    const controller = new AbortController();
    if (when < 0) controller.abort();
    else clock.after(when, () => controller.abort());
    const { signal } = controller;
    const connecting: Promise<Connected> = connectFirst(ends, { connect, clock, timeout: 30_000, signal });
    await clock.run({ until: clock.now() + 300 });
    const connected = await connecting;
    assert.ok(!connected.ok, `aborted after ${when} ms`);
    assert.equal(clock.pending, 0);
    assert.ok(accepted.every(({ destroyed }) => destroyed));
  }
});
