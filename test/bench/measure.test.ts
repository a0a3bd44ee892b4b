import assert from 'node:assert/strict';
import { test } from 'node:test';
import { benchLine, printComparison } from '../../bench/measure/lines.ts';
import { cpuMicroseconds, residentOctets } from '../../bench/measure/process.ts';
import { perSecond, rounds, spreadOf } from '../../bench/measure/rounds.ts';

test('a spread has the middle of the values, for even counts the mean of both', () => {
  assert.deepEqual(spreadOf([3, 1, 2]), { median: 2, min: 1, max: 3, values: [3, 1, 2] });
  assert.equal(spreadOf([4, 1, 2, 3]).median, 2.5);
  assert.throws(() => spreadOf([]), RangeError);
});

test('contenders take turns, and warm-up does not count', async () => {
  const order: string[] = [];
  const measured = await rounds(
    { a: () => order.push('a'), b: async () => order.push('b') },
    { count: 2, warmup: 1 },
  );
  assert.equal(order.join(''), 'ababab');
  assert.deepEqual(measured.a.values, [3, 5]);
  assert.deepEqual(measured.b.values, [4, 6]);
});

test('work is repeated until the time is over, at least once', async () => {
  let times = 0;
  assert.ok((await perSecond(() => times++, 5)) > 0);
  await perSecond(async () => times++, 0);
  assert.ok(times >= 2);
});

test('a line has the ratio of ours to the peer, whichever is better', () => {
  const setting = { name: 'mime 2k', unit: 'messages/s' };
  assert.deepEqual(benchLine(setting, 30, 'mailparser', 12), {
    name: 'mime 2k',
    ours: 30,
    peer: 12,
    peerName: 'mailparser',
    unit: 'messages/s',
    ratio: 2.5,
  });
  assert.equal(benchLine({ ...setting, lowerIsBetter: true }, 1, 'x', 3).lowerIsBetter, true);
  assert.equal(benchLine(setting, 1, 'x', 3).ratio, 0.3333);
});

test('a line without name, unit, peer or a true figure is refused', () => {
  assert.throws(() => benchLine({ name: '', unit: 's' }, 1, 'x', 1), /name of a bench line is empty/);
  assert.throws(() => benchLine({ name: 'n', unit: 's' }, 1, ' ', 1), /peerName/);
  assert.throws(() => benchLine({ name: 'n', unit: 's' }, Number.NaN, 'x', 1), /ours of "n" is NaN/);
  assert.throws(() => benchLine({ name: 'n', unit: 's' }, 1, 'x', 0), /peer of "n" is 0/);
});

test('a comparison is printed as a table and a line of JSON for each peer', (t) => {
  const log = t.mock.method(console, 'log', () => {});
  const spread = spreadOf([2, 4]);
  printComparison({ name: 'n', unit: 's', ours: spread, peers: { one: spread, two: spreadOf([6]) } });
  log.mock.restore();
  const printed = log.mock.calls.map((call) => String(call.arguments[0]));
  const lines = printed.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  assert.deepEqual(
    lines.map(({ peerName, ratio }) => [peerName, ratio]),
    [
      ['one', 1],
      ['two', 0.5],
    ],
  );
});

test('what this process costs can be read', { skip: process.platform !== 'linux' && 'reads /proc' }, () => {
  assert.ok(cpuMicroseconds(process.pid) >= 0);
  const { now, peak } = residentOctets(process.pid);
  assert.ok(now > 10 << 20 && peak >= now);
});
