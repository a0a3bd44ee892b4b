import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { limitsFor, paceOf } from '../../../src/delivery/shaping/limits.ts';
import { fits, isWithin } from '../../../src/delivery/shaping/name-pattern.ts';
import { grace, Pace, type Spacing } from '../../../src/delivery/shaping/pace.ts';

const perSecond: Spacing = { gap: 1000, slack: 0, notBefore: 0 };

function newPace(limit = 1000) {
  const places = { taken: 0, limit };
  return { pace: new Pace(places), places };
}

suite('a rate', () => {
  for (const [rate, expected] of [
    [
      { messages: 10, per: 'second' },
      { gap: 100, slack: 900 },
    ],
    [
      { messages: 10, per: 'second', burst: 1 },
      { gap: 100, slack: 0 },
    ],
    [
      { messages: 60, per: 'minute', burst: 5 },
      { gap: 1000, slack: 4000 },
    ],
    [
      { messages: 1, per: 'hour' },
      { gap: 3_600_000, slack: 0 },
    ],
    [
      { messages: 24, per: 'day', burst: 2 },
      { gap: 3_600_000, slack: 3_600_000 },
    ],
    [
      { messages: 0.5, per: 'second' },
      { gap: 2000, slack: 0 },
    ],
  ] as const) {
    test(JSON.stringify(rate), () => assert.deepEqual(paceOf(rate), expected));
  }
});

suite('a pace', () => {
  test('lets a burst through, then one for each gap', () => {
    const { pace, places } = newPace();
    const burst = { ...perSecond, slack: 2000 };
    assert.deepEqual(
      ['a', 'b', 'c', 'd', 'e'].map((id) => pace.ask(id, 1, 0, burst)),
      [0, 0, 0, 1000, 2000],
    );
    assert.equal(places.taken, 2);
  });

  test('keeps places: who was put off goes when it comes back, and nobody before', () => {
    const { pace, places } = newPace();
    assert.deepEqual([pace.ask('a', 1, 0, perSecond), pace.ask('b', 1, 0, perSecond)], [0, 1000]);
    assert.equal(pace.ask('b', 1, 500, perSecond), 1000, 'too early: the same place');
    assert.equal(pace.ask('new', 1, 1000, perSecond), 2000, 'no way past those who wait');
    assert.equal(pace.ask('b', 1, 1000, perSecond), 1000);
    assert.equal(pace.ask('new', 1, 2000, perSecond), 2000);
    assert.equal(places.taken, 0);
  });

  test('several transactions cost as much as they are', () => {
    const { pace } = newPace();
    assert.deepEqual([pace.ask('a', 5, 0, perSecond), pace.ask('b', 1, 0, perSecond)], [0, 5000]);
  });

  test('nothing leaves in a pause; places after it are in order', () => {
    const { pace } = newPace();
    const paused = { ...perSecond, notBefore: 10_000 };
    assert.deepEqual(
      ['a', 'b', 'c'].map((id) => pace.ask(id, 1, 0, paused)),
      [10_000, 11_000, 12_000],
    );
  });

  test('a pause that comes later moves those who have a place', () => {
    const { pace } = newPace();
    for (const id of ['a', 'b', 'c']) pace.ask(id, 1, 0, perSecond);
    const paused = { ...perSecond, notBefore: 10_000 };
    assert.deepEqual([pace.ask('b', 1, 1000, paused), pace.ask('c', 1, 2000, paused)], [10_000, 11_000]);
  });

  test('places are bounded; those beyond are told a time, one after the other', () => {
    const { pace, places } = newPace(2);
    assert.deepEqual(
      ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => pace.ask(id, 1, 0, perSecond)),
      [0, 1000, 2000, 3000, 4000, 5000],
    );
    assert.equal(places.taken, 2);
    for (const [id, now] of [
      ['b', 1000],
      ['c', 2000],
      ['d', 3000],
      ['e', 4000],
      ['f', 5000],
    ] as const) {
      assert.equal(pace.ask(id, 1, now, perSecond), now, id);
    }
  });

  test('places of those who never come back are given to others', () => {
    const { pace, places } = newPace(2);
    for (const id of ['a', 'b', 'c']) pace.ask(id, 1, 0, perSecond);
    for (const id of ['d', 'e', 'f']) pace.ask(id, 1, 1_000_000, perSecond);
    assert.equal(places.taken, 2);
    assert.equal(pace.ask('e', 1, 1_001_000, perSecond), 1_001_000);
    pace.close();
    assert.equal(places.taken, 0);
  });

  const load = fc.record({
    gap: fc.integer({ min: 1, max: 2000 }),
    burst: fc.integer({ min: 1, max: 10 }),
    arrivals: fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 80, size: 'max' }),
  });

  test('law: who comes back in time is put off once, and leaves in the order of coming', () => {
    fc.assert(
      fc.property(load, ({ gap, burst, arrivals }) => {
        const { left, asked } = run(gap, burst, arrivals, () => 0);
        assert.deepEqual(
          left.map(({ id }) => id),
          [...left.keys()],
        );
        for (const times of asked.values()) assert.ok(times <= 2, 'asked in vain');
      }),
    );
  });

  test('law: however late they come back, never more leave than the pace allows', () => {
    fc.assert(
      fc.property(load, fc.infiniteStream(fc.integer({ min: 0, max: 5000 })), (each, lateness) => {
        const { gap, burst, arrivals } = each;
        const { left, slack } = run(gap, burst, arrivals, () => lateness.next().value as number);
        assert.equal(left.length, arrivals.length, 'all leave in the end');
        for (const [first, { at: from }] of left.entries()) {
          for (const [count, { at }] of left.slice(first).entries()) {
            assert.ok(count + 1 <= 1 + (at - from + slack + grace) / gap + 1e-9);
          }
        }
      }),
      { numRuns: 50 },
    );
  });
});

/** Lets messages arrive and come back, late as told, until all have left. */
function run(gap: number, burst: number, arrivals: readonly number[], lateness: () => number) {
  const { pace } = newPace();
  const slack = (burst - 1) * gap;
  const events = [...arrivals].sort((a, b) => a - b).map((at, id) => ({ at, id }));
  const asked = new Map<number, number>();
  const left: { id: number; at: number }[] = [];
  for (let steps = 0; events.length > 0; steps++) {
    assert.ok(steps < 100_000, 'it does not come to an end');
    events.sort((a, b) => a.at - b.at || a.id - b.id);
    const { at, id } = events.shift() as { at: number; id: number };
    asked.set(id, (asked.get(id) ?? 0) + 1);
    const until = pace.ask(`${id}`, 1, at, { gap, slack, notBefore: 0 });
    if (until <= at) left.push({ id, at });
    else events.push({ id, at: until + lateness() });
  }
  return { left, asked, slack };
}

suite('names', () => {
  for (const [pattern, name, expected] of [
    ['example.org', 'example.org', true],
    ['example.org', 'mx.example.org', false],
    ['*.example.org', 'mx.example.org', true],
    ['*.example.org', 'a.b.example.org', true],
    ['*.example.org', 'example.org', false],
    ['*.example.org', 'badexample.org', false],
    ['*', 'anything', true],
  ] as const) {
    test(`${pattern} ${expected ? 'fits' : 'does not fit'} ${name}`, () =>
      assert.equal(fits(pattern, name), expected));
  }

  test('all servers of a site must fit', () => {
    const scope = { site: ['*.google.com', '*.googlemail.com'] };
    const within = (site: string) => isWithin(scope, { domain: 'example.org', site });
    assert.equal(within('alt1.aspmx.l.google.com aspmx2.googlemail.com'), true);
    assert.equal(within('alt1.aspmx.l.google.com mx.evil.example'), false);
  });

  test('the first rule that fits counts; who shares it, and who has it for himself', () => {
    const rules = [
      { domain: 'example.org', concurrency: 1 },
      { domain: '*.example.com', concurrency: 2, each: true },
      { site: '*.provider.example', concurrency: 3 },
      { site: '*.farm.example', concurrency: 4, each: true },
    ] as const;
    const key = (domain: string, site: string) => {
      const { key, limits } = limitsFor(rules, { concurrency: 5 }, { domain, site });
      return [limits.concurrency, key];
    };
    assert.deepEqual(key('example.org', 'mx.provider.example'), [1, '0']);
    assert.deepEqual(key('a.example.com', 'x'), [2, '1 a.example.com']);
    assert.deepEqual(key('else.example', 'a.provider.example'), [3, '2']);
    assert.deepEqual(key('other.example', 'b.provider.example'), [3, '2']);
    assert.deepEqual(key('else.example', 'a.farm.example'), [4, '3 a.farm.example']);
    assert.deepEqual(key('else.example', 'mx.else.example'), [5, 'mx.else.example']);
  });
});

test('a clock that is set back delays nobody by more than the pace', () => {
  const pace = new Pace({ taken: 0, limit: 10 });
  const spacing = { gap: 1000, slack: 0, notBefore: 0 };
  const day = 86_400_000;
  assert.equal(pace.ask('1', 1, 2 * day, spacing), 2 * day);
  assert.equal(pace.ask('2', 1, 2 * day, spacing), 2 * day + 1000);
  assert.equal(pace.ask('3', 1, day, spacing), day + 2000);
  assert.equal(pace.ask('2', 1, day + 1000, spacing), day + 1000);
});
