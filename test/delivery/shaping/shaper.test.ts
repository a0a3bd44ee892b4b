import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import {
  type Leave,
  LimitMisuse,
  type NoLeave,
  providerReplies,
  providerRules,
  Shaper,
  type ShaperOptions,
} from 'mailwright/delivery';
import { VirtualClock } from 'mailwright/testing';

const { signal } = new AbortController();
const org = { domain: 'example.org', site: 'mx.example.org' };

function setUp(options: ShaperOptions = {}) {
  const clock = new VirtualClock({ start: 0 });
  return { clock, shaper: new Shaper({ ...options, clock }) };
}

function leave(entered: Leave | NoLeave | null): Leave {
  assert.ok(entered?.ok, 'no leave');
  return entered;
}

const refusal = (code: number, enhanced: string, text: string) => ({ code, enhanced, lines: [text] });

suite('concurrency', () => {
  test('as many wait as may be under way; those beyond are told when to come again', async () => {
    const { clock, shaper } = setUp({ limits: { concurrency: 2 } });
    const entered = ['1', '2', '3', '4', '5'].map((id) => shaper.enter(org, id, 1, signal));
    assert.deepEqual([shaper.counters.inUse, shaper.counters.waiting], [2, 2]);
    const why = 'enough messages are under way to the destination';
    assert.deepEqual(await entered[4], { ok: false, until: 1000, why });
    leave(await (entered[0] ?? null)).release();
    leave(await (entered[2] ?? null)).release();
    leave(await (entered[3] ?? null)).release();
    leave(await (entered[1] ?? null)).release();
    assert.deepEqual([shaper.counters.inUse, shaper.counters.waiting], [0, 0]);
    assert.equal(clock.pending, 0);
  });

  test('sites do not share it, unless a rule says so', async () => {
    const { shaper } = setUp({
      limits: { concurrency: 1 },
      rules: [{ site: '*.farm.example', concurrency: 2 }],
    });
    const at = (site: string) => shaper.enter({ domain: 'any.example', site }, site, 1, signal);
    leave(await at('a.example'));
    leave(await at('b.example'));
    leave(await at('a.farm.example'));
    leave(await at('b.farm.example'));
    assert.ok(at('c.farm.example') instanceof Promise, 'it waits');
  });

  test('a permit is given back once, however often it is released', async () => {
    const { shaper } = setUp({ limits: { concurrency: 1 } });
    const first = leave(await shaper.enter(org, '1', 1, signal));
    first.release();
    const second = leave(await shaper.enter(org, '2', 1, signal));
    first.release();
    assert.equal(shaper.counters.inUse, 1);
    second.release();
  });

  test('who gives up leaves the line', async () => {
    const { shaper } = setUp({ limits: { concurrency: 1 } });
    const first = leave(await shaper.enter(org, '1', 1, signal));
    const controller = new AbortController();
    const waiting = shaper.enter(org, '2', 1, controller.signal);
    controller.abort();
    assert.equal(await waiting, null);
    assert.equal(await shaper.enter(org, '3', 1, controller.signal), null);
    first.release();
    assert.deepEqual(shaper.counters, { inUse: 0, waiting: 0, places: 0, destinations: 1 });
  });
});

test('however many find the line full, each is put off a few times at most', async () => {
  const { clock, shaper } = setUp({ limits: { concurrency: 2 } });
  let asked = 0;
  let done = 0;
  const go = async (id: number): Promise<void> => {
    asked++;
    const entered = await shaper.enter(org, `${id}`, 1, signal);
    if (entered?.ok) {
      clock.after(1000, () => {
        entered.release();
        done++;
      });
    } else if (entered !== null) clock.after(entered.until - clock.now(), () => void go(id));
  };
  // Some have been under way before, so that it is known how long it takes.
  for (let id = 0; id < 1000; id++) clock.after(id < 100 ? id * 500 : 50_000, () => void go(id));
  await clock.run();
  assert.equal(done, 1000);
  assert.ok(asked / done < 3, `asked ${asked / done} times each`);
  assert.ok(clock.now() < 1_000_000, `${clock.now()}: the destination was kept busy`);
});

suite('names in rules', () => {
  test('U-labels and capitals are the domains that they stand for', async () => {
    const { shaper } = setUp({
      rules: [{ domain: ['*.Bücher.example', 'EXAMPLE.org'], concurrency: 1 }],
      replies: [{ when: { domain: 'Example.ORG' }, action: { fail: true } }],
    });
    const first = leave(await shaper.enter(org, '1', 1, signal));
    assert.deepEqual(first.heed(refusal(450, '4.2.0', 'no')), { fail: true });
    const below = { domain: 'a.xn--bcher-kva.example', site: 'mx.example.net' };
    assert.ok(shaper.enter(below, '2', 1, signal) instanceof Promise, 'it waits');
  });
});

suite('rate', () => {
  test('without end is no limit', async () => {
    const { shaper } = setUp({ limits: { rate: { messages: Infinity, per: 'second' } } });
    for (const id of ['1', '2', '3']) leave(await shaper.enter(org, id, 1, signal));
  });

  test('a message is put off once, with its place, and takes no permit meanwhile', async () => {
    const { clock, shaper } = setUp({ limits: { rate: { messages: 1, per: 'minute' }, concurrency: 5 } });
    leave(await shaper.enter(org, 'a', 1, signal)).release();
    const why = 'the rate for the destination is reached';
    assert.deepEqual(await shaper.enter(org, 'b', 1, signal), { ok: false, until: 60_000, why });
    assert.deepEqual(await shaper.enter(org, 'c', 1, signal), { ok: false, until: 120_000, why });
    assert.deepEqual([shaper.counters.inUse, shaper.counters.places], [0, 2]);
    await clock.run({ until: 60_000 });
    leave(await shaper.enter(org, 'b', 1, signal)).release();
    await clock.run({ until: 120_000 });
    leave(await shaper.enter(org, 'c', 1, signal)).release();
    assert.equal(shaper.counters.places, 0);
  });

  test('destinations are bounded, and take their places with them', async () => {
    const { shaper } = setUp({ limits: { rate: { messages: 1, per: 'hour' } }, destinations: 3 });
    for (let i = 0; i < 10; i++) {
      const site = `mx${i}.example`;
      leave(await shaper.enter({ domain: site, site }, 'a', 1, signal)).release();
      await shaper.enter({ domain: site, site }, 'b', 1, signal);
    }
    assert.deepEqual([shaper.counters.destinations, shaper.counters.places], [3, 3]);
  });
});

test('destinations with messages under way are not forgotten, however many there are', async () => {
  const { shaper } = setUp({ limits: { concurrency: 1 }, destinations: 2 });
  const at = (n: number) => shaper.enter({ domain: `${n}`, site: `mx${n}.example` }, 'a', 1, signal);
  const leaves: Leave[] = [];
  for (let n = 0; n < 5; n++) leaves.push(leave(await at(n)));
  assert.equal(shaper.counters.inUse, 5);
  assert.ok(at(0) instanceof Promise, 'its one permit is still out');
  for (const each of leaves) each.release();
  for (let n = 5; n < 15; n++) leave(await at(n)).release();
  assert.equal(shaper.counters.destinations, 2);
});

suite('what replies bring about', () => {
  test('a pause: nothing is sent until it is over', async () => {
    const replies = [{ when: { code: 421, text: 'SLOW down' }, action: { suspend: 5000 } }] as const;
    const { clock, shaper } = setUp({ replies });
    const first = leave(await shaper.enter(org, '1', 1, signal));
    assert.equal(first.heed(refusal(421, '4.7.0', 'please wait')), null);
    assert.deepEqual(first.heed(refusal(421, '4.7.0', 'Please slow Down, will you')), { suspend: 5000 });
    first.release();
    const why = 'the destination asked for a pause';
    assert.deepEqual(await shaper.enter(org, '2', 1, signal), { ok: false, until: 5000, why });
    leave(await shaper.enter({ domain: 'example.com', site: 'mx.example.com' }, '3', 1, signal)).release();
    await clock.run({ until: 5000 });
    leave(await shaper.enter(org, '2', 1, signal)).release();
  });

  test('slowness: rate and concurrency are divided, for a while', async () => {
    const replies = [{ when: { enhanced: '4.7.28' }, action: { slow: 4, for: 60_000 } }] as const;
    const rate = { messages: 1, per: 'second' } as const;
    const { clock, shaper } = setUp({ limits: { concurrency: 4, rate }, replies });
    const first = leave(await shaper.enter(org, '1', 1, signal));
    first.heed(refusal(421, '4.7.28', 'unusual rate'));
    assert.ok(shaper.enter(org, '2', 1, signal) instanceof Promise, 'one at a time');
    first.release();
    await clock.run({ until: 10_000 });
    leave(await shaper.enter(org, '3', 1, signal)).release();
    assert.equal(((await shaper.enter(org, '4', 1, signal)) as NoLeave).until, 14_000);
    await clock.run({ until: 70_000 });
    leave(await shaper.enter(org, '5', 1, signal)).release();
    assert.equal(((await shaper.enter(org, '6', 1, signal)) as NoLeave).until, 71_000);
  });

  test('rules name domains or sites, and what they bring about is for the sender to do', async () => {
    const replies = [
      { when: { site: '*.big.example', code: 451 }, action: { retryAfter: 1000 } },
      { when: { domain: 'example.org', code: 451 }, action: { fail: true } },
    ] as const;
    const { shaper } = setUp({ replies });
    const inOrg = leave(await shaper.enter(org, '1', 1, signal));
    assert.deepEqual(inOrg.heed(refusal(451, '4.3.0', 'x')), { fail: true });
    const inBig = leave(await shaper.enter({ domain: 'x.example', site: 'a.big.example' }, '1', 1, signal));
    assert.deepEqual(inBig.heed(refusal(451, '4.3.0', 'x')), { retryAfter: 1000 });
  });

  for (const [site, reply, expected] of [
    ['gmail-smtp-in.l.google.com', refusal(450, '4.2.1', 'too fast'), 'retryAfter'],
    ['aspmx.l.google.com aspmx2.googlemail.com', refusal(421, '4.7.28', 'unusual rate'), 'suspend'],
    ['example.mail.protection.outlook.com', refusal(451, '4.7.500', 'Server busy'), 'slow'],
    ['example.olc.protection.outlook.com', refusal(421, '4.3.2', 'RP-001 exceeded the rate'), 'suspend'],
    ['mta5.am0.yahoodns.net', refusal(421, '4.7.0', '[TSS04] deferred'), 'suspend'],
    ['mx.google.com.evil.example', refusal(421, '4.7.28', 'unusual rate'), null],
  ] as const) {
    test(`large providers: ${site} ${reply.code} ${reply.enhanced}`, async () => {
      const { shaper } = setUp({ rules: providerRules, replies: providerReplies });
      const action = leave(await shaper.enter({ domain: 'example.org', site }, '1', 1, signal)).heed(reply);
      assert.equal(action === null ? null : Object.keys(action)[0], expected);
    });
  }
});

test('limits that are none are misuse', () => {
  for (const limits of [
    { concurrency: 0 },
    { concurrency: Number.NaN },
    { rate: { messages: 0, per: 'second' } },
    { rate: { messages: 1, per: 'second', burst: 0 } },
  ] as const) {
    assert.throws(() => new Shaper({ limits }), LimitMisuse);
    assert.throws(() => new Shaper({ rules: [{ domain: '*', ...limits }] }), LimitMisuse);
  }
});

test('rules from a file that no compiler saw are held to what rules are', () => {
  const week = JSON.parse('{"rate": {"messages": 5, "per": "week"}}');
  assert.throws(() => new Shaper({ limits: week }), {
    code: 'BAD_LIMIT',
    message: 'per is week: give second, minute, hour, day',
  });
  for (const action of [
    { suspend: Number.NaN },
    { suspend: -1 },
    { retryAfter: Number.NaN },
    { slow: 0, for: 1000 },
    { slow: 2, for: Number.NaN },
  ]) {
    assert.throws(() => new Shaper({ replies: [{ when: {}, action }] }), { code: 'BAD_LIMIT' });
  }
});

test('law: every permit comes back, and never more are out than allowed', async () => {
  const work = fc.array(
    fc.record({
      at: fc.nat({ max: 300 }),
      lasts: fc.nat({ max: 50 }),
      stopAfter: fc.option(fc.nat({ max: 50 }), { nil: undefined }),
    }),
    { maxLength: 40, size: 'max' },
  );
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 5 }), work, async (concurrency, messages) => {
      const rate = { messages: 50, per: 'second', burst: 5 } as const;
      const { clock, shaper } = setUp({ limits: { concurrency, rate } });
      for (const [id, { at, lasts, stopAfter }] of messages.entries()) {
        const controller = new AbortController();
        const go = async () => {
          const entered = await shaper.enter(org, `${id}`, 1, controller.signal);
          assert.ok(shaper.counters.inUse <= concurrency);
          if (entered?.ok) clock.after(lasts, () => entered.release());
          else if (entered !== null) clock.after(entered.until - clock.now(), () => void go());
        };
        clock.after(at, () => void go());
        if (stopAfter !== undefined) clock.after(at + stopAfter, () => controller.abort());
      }
      await clock.run({ until: 600_000 });
      assert.deepEqual([shaper.counters.inUse, shaper.counters.waiting], [0, 0]);
      assert.equal(clock.pending, 0);
    }),
    { numRuns: 50 },
  );
});
