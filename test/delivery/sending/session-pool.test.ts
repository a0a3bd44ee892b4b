import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import {
  type Errand,
  type ErrandResult,
  LimitMisuse,
  SessionPool,
  type SessionPoolOptions,
} from 'mailwright/delivery';
import { Secret } from 'mailwright/machine';
import { VirtualClock } from 'mailwright/testing';
import { accept, bodyOf, type FakeServer, FakeTransport, forAll, lost, targetOf } from './fake-transport.ts';

const content = bodyOf('Subject: hello\r\n\r\nworld\r\n');

function errand(name = 'to@example.org', more: Partial<Errand> = {}): Errand {
  const recipients = [{ path: name, parameters: {} }];
  const transaction = { from: 'from@example.com', parameters: {}, recipients, size: content.size };
  return { transaction, content, ...more };
}

/** A pool with a clock of its own, before servers that behave as told. */
function setUp(options: SessionPoolOptions = {}, servers: FakeServer | ((host: string) => FakeServer) = {}) {
  const clock = new VirtualClock({ start: 0 });
  const transport = new FakeTransport(clock, typeof servers === 'function' ? servers : () => servers);
  const pool = new SessionPool(transport, { ...options, clock });
  return { clock, transport, pool };
}

const wordFor = (result: ErrandResult) => (result.ok ? 'sent' : result.why);

suite('sessions are used again', () => {
  test('one after the other goes over one connection', async () => {
    const { transport, pool, clock } = setUp();
    for (let i = 0; i < 5; i++) assert.equal((await pool.send(targetOf('a'), errand())).ok, true);
    assert.equal(transport.opened.length, 1);
    assert.deepEqual(pool.counters, { connections: 1, idle: 1, waiting: 0, underWay: 0, targets: 1 });
    await clock.run({ until: 29_000 });
    assert.equal(transport.inAll, 1, 'it is still there');
    await clock.run({ until: 31_000 });
    assert.equal(transport.opened[0]?.quits, 1, 'it is closed with QUIT after 30 s');
    assert.deepEqual(pool.counters, { connections: 0, idle: 0, waiting: 0, underWay: 0, targets: 0 });
    assert.equal(clock.pending, 0);
  });

  test('the one that was used last goes first, so that the others grow old', async () => {
    const { transport, pool, clock } = setUp({ idle: 1000 }, { answerMs: () => 10 });
    void pool.send(targetOf('a'), errand());
    void pool.send(targetOf('a'), errand());
    await clock.run({ until: 10 });
    for (const until of [500, 1200, 2000]) {
      await clock.run({ until });
      void pool.send(targetOf('a'), errand());
    }
    await clock.run({ until: 2100 });
    assert.deepEqual(
      transport.opened.map(({ sent }) => sent.length),
      [1, 4],
    );
    assert.equal(pool.counters.idle, 1);
  });

  test('not beyond the messages, nor the age, that are allowed', async () => {
    const { transport, pool, clock } = setUp({ messages: 3, age: 10_000 });
    for (let i = 0; i < 7; i++) await pool.send(targetOf('a'), errand());
    assert.deepEqual(
      transport.opened.map(({ sent }) => sent.length),
      [3, 3, 1],
    );
    await clock.run({ until: 9_999 });
    await pool.send(targetOf('a'), errand());
    await clock.run({ until: 10_000 });
    await pool.send(targetOf('a'), errand());
    assert.equal(transport.opened.length, 4);
    assert.equal(transport.inAll, 1);
  });

  test('RFC 9422 §4.1: nor beyond what the server takes', async () => {
    const { transport, pool } = setUp({}, { extensions: { LIMITS: 'RCPTMAX=20 MAILMAX=2' } });
    for (let i = 0; i < 4; i++) await pool.send(targetOf('a'), errand());
    assert.deepEqual(
      transport.opened.map(({ sent }) => sent.length),
      [2, 2],
    );
  });

  test('by whom the identity is the same, and nobody else', async () => {
    const { transport, pool } = setUp();
    const password = (user: string, text: string) =>
      ({ credentials: { type: 'password', user, password: new Secret(text) } }) as const;
    await pool.send(targetOf('a', password('tim', 'one')), errand());
    await pool.send(targetOf('a', password('tim', 'one')), errand());
    await pool.send(targetOf('a', password('tom', 'one')), errand());
    await pool.send(targetOf('a'), errand());
    await pool.send(targetOf('a', { tls: { mode: 'none' } }), errand());
    await pool.send(targetOf('a', { source: { ipv4: '192.0.2.9' } }), errand());
    assert.equal(transport.opened.length, 5);
  });
});

suite('what a host changes or gets wrong', () => {
  test('a new connection is made with the password or token that was given last', async () => {
    const { transport, pool, clock } = setUp({ ahead: false }, { answerMs: () => 10 });
    const token = (text: string) =>
      targetOf('a', { credentials: { type: 'token', user: 'tim', token: new Secret(text) } });
    const [former, renewed] = [token('former'), token('renewed')];
    void pool.send(former, errand());
    void pool.send(renewed, errand());
    await clock.run({ until: 100 });
    assert.ok(transport.opened[0]?.target === former && transport.opened[1]?.target === renewed);
  });

  test('a transaction that cannot be said does not harm the one before it', async () => {
    const { transport, pool, clock } = setUp({ perTarget: 1 }, { answerMs: () => 10, readyMs: () => 5 });
    const first = pool.send(targetOf('a'), errand('first'));
    const broken: Errand = {
      content,
      get transaction(): never {
        throw new Error('no path');
      },
    };
    const second = assert.rejects(pool.send(targetOf('a'), broken), /no path/);
    await clock.run({ until: 1000 });
    const sent = await first;
    assert.equal(sent.ok && sent.result.recipients[0]?.result, 'accepted');
    await second;
    const third = pool.send(targetOf('a'), errand());
    await clock.run({ until: 2000 });
    assert.equal((await third).ok, true);
    await pool.close();
    assert.equal(transport.inAll, 0);
  });
});

suite('limits and lines', () => {
  test('one server gets no more than its connections; the rest waits in order', async () => {
    const { transport, pool, clock } = setUp({ perTarget: 2, ahead: false }, { answerMs: () => 10 });
    const done: string[] = [];
    for (const name of ['1', '2', '3', '4', '5']) {
      void pool.send(targetOf('a'), errand(name)).then(() => done.push(name));
    }
    void pool.send(targetOf('a'), errand('first', { first: true })).then(() => done.push('first'));
    assert.deepEqual([pool.counters.connections, pool.counters.waiting], [2, 6]);
    await clock.run({ until: 1000 });
    assert.deepEqual(done, ['first', '1', '2', '3', '4', '5']);
    assert.equal(transport.most, 2);
  });

  test('too many that wait are told when to come again', async () => {
    const { pool, clock } = setUp({ perTarget: 1, waiting: 4 }, { answerMs: () => 10 });
    const results = ['1', '2', '3'].map((name) => pool.send(targetOf('a'), errand(name)));
    assert.deepEqual(await results[2], { ok: false, why: 'crowded', until: 5000 });
    const other = pool.send(targetOf('b'), errand());
    await clock.run({ until: 1000 });
    assert.equal((await other).ok, true, 'half of the places is for others');
  });

  test('an idle connection makes room for another server', async () => {
    const { transport, pool } = setUp({ total: 2 });
    for (const host of ['a', 'b', 'c', 'a'])
      assert.equal((await pool.send(targetOf(host), errand())).ok, true);
    assert.equal(transport.most, 2);
    assert.deepEqual(transport.asked, ['a', 'b', 'c', 'a']);
  });

  test('a busy server does not keep others from their turn', async () => {
    const { transport, pool, clock } = setUp({ total: 2, ahead: false }, { answerMs: () => 10 });
    const done: string[] = [];
    for (let i = 0; i < 100; i++) void pool.send(targetOf('busy'), errand()).then(() => done.push('busy'));
    await clock.run({ until: 5 });
    for (const host of ['b', 'c']) void pool.send(targetOf(host), errand()).then(() => done.push(host));
    await clock.run({ until: 10_000 });
    assert.equal(done.length, 102);
    assert.ok(done.indexOf('b') < 8 && done.indexOf('c') < 30, `${done.indexOf('b')} ${done.indexOf('c')}`);
    assert.equal(transport.most, 2);
  });

  test('RFC 2920 §3.1: what waits goes ahead of a result, one at a time', async () => {
    const servers = { answerMs: () => 100, readyMs: () => 10 };
    for (const [ahead, expected] of [
      [true, 2],
      [false, 1],
    ] as const) {
      const { transport, pool, clock } = setUp({ perTarget: 1, ahead }, servers);
      for (const name of ['1', '2', '3']) void pool.send(targetOf('a'), errand(name));
      await clock.run({ until: 50 });
      assert.equal(pool.counters.underWay, expected);
      await clock.run({ until: 1000 });
      assert.equal(transport.opened[0]?.sent.length, 3);
    }
  });

  test('a server that wants no more connections is content with those it has', async () => {
    const reply = { code: 421, lines: ['too many connections'] };
    const servers = {
      open: (number: number) => (number === 0 ? null : lost('refused', 'greeting', reply)),
      answerMs: () => 10,
    };
    const { transport, pool, clock } = setUp({}, servers);
    const results = ['1', '2', '3', '4'].map((name) => pool.send(targetOf('a'), errand(name)));
    await clock.run({ until: 100 });
    assert.deepEqual((await Promise.all(results)).map(wordFor), ['sent', 'sent', 'sent', 'sent']);
    assert.equal(transport.asked.length, 4, 'it was not asked again and again');
  });
});

suite('what goes wrong', () => {
  test('no connection: all that wait for it are told, at once', async () => {
    const { transport, pool, clock } = setUp(
      { perTarget: 2 },
      { open: () => lost('gone', 'connect'), openMs: () => 10 },
    );
    const results = ['1', '2', '3', '4'].map((name) => pool.send(targetOf('a'), errand(name)));
    await clock.run({ until: 100 });
    assert.deepEqual((await Promise.all(results)).map(wordFor), Array(4).fill('unreachable'));
    assert.equal(transport.asked.length, 2);
    assert.equal(pool.counters.connections, 0);
  });

  test('a circuit breaker opens, and lets one through after a while', async () => {
    let isUp = false;
    const { pool, clock, transport } = setUp(
      { breaker: { failures: 2, pause: 1000 } },
      { open: () => (isUp ? null : lost('timeout', 'connect')) },
    );
    const send = async () => wordFor(await pool.send(targetOf('a'), errand()));
    assert.deepEqual([await send(), await send(), await send()], ['unreachable', 'unreachable', 'broken']);
    await clock.run({ until: 1000 });
    assert.deepEqual([await send(), await send()], ['unreachable', 'broken']);
    await clock.run({ until: 2999 });
    assert.equal(await send(), 'broken', 'the second pause is twice as long');
    isUp = true;
    await clock.run({ until: 3000 });
    assert.deepEqual([await send(), await send()], ['sent', 'sent']);
    assert.equal(transport.asked.length, 4);
  });

  test('what is between us and the server alone opens no circuit', async () => {
    for (const failure of [
      lost('auth-failed', 'auth', { code: 535, lines: ['no'] }),
      lost('tls-failed', 'handshake'),
      lost('refused', 'greeting', { code: 554, lines: ['not for you'] }),
    ]) {
      const { pool } = setUp({ breaker: { failures: 1 } }, { open: () => failure });
      for (let i = 0; i < 3; i++)
        assert.equal(wordFor(await pool.send(targetOf('a'), errand())), 'unreachable');
    }
  });

  test('RFC 5321 §3.8: a session that died while it was idle is replaced, unseen', async () => {
    for (const failure of [lost('gone', 'mail'), lost('refused', 'mail', { code: 421, lines: ['bye'] })]) {
      const { transport, pool } = setUp(
        {},
        {
          answer: (transaction, number) =>
            number === 0
              ? forAll(transaction, { result: 'accepted', reply: accept })
              : forAll(transaction, { result: 'failed', failure, ambiguous: false }),
        },
      );
      await pool.send(targetOf('a'), errand());
      const second = await pool.send(targetOf('a'), errand());
      assert.ok(second.ok && second.result.recipients[0]?.result === 'accepted');
      assert.deepEqual(
        transport.opened.map(({ sent }) => sent.length),
        [2, 1],
      );
    }
  });

  test('but only once, and never where the message may have been taken', async () => {
    const failing = (ambiguous: boolean): FakeServer => ({
      answer: (transaction, number) =>
        number === 0 && !ambiguous
          ? forAll(transaction, { result: 'failed', failure: lost('gone', 'mail'), ambiguous: false })
          : forAll(
              transaction,
              number === 0
                ? { result: 'accepted', reply: accept }
                : { result: 'failed', failure: lost('gone', 'end-of-data'), ambiguous: true },
            ),
    });
    const fresh = setUp({}, failing(false));
    const first = await fresh.pool.send(targetOf('a'), errand());
    assert.ok(first.ok && first.result.recipients[0]?.result === 'failed');
    assert.equal(fresh.transport.opened.length, 1, 'a fresh session was not dead before');

    const doubtful = setUp({}, failing(true));
    await doubtful.pool.send(targetOf('a'), errand());
    const second = await doubtful.pool.send(targetOf('a'), errand());
    assert.ok(second.ok && second.result.recipients[0]?.result === 'failed');
    assert.equal(doubtful.transport.opened.length, 1);
  });

  test('a session that the server closed is not taken', async () => {
    const { transport, pool, clock } = setUp();
    await pool.send(targetOf('a'), errand());
    transport.opened[0]?.drop();
    assert.equal((await pool.send(targetOf('a'), errand())).ok, true);
    assert.deepEqual(
      transport.opened.map(({ sent }) => sent.length),
      [1, 1],
    );
    await clock.run({ until: 100_000 });
    assert.equal(pool.counters.connections, 0);
  });

  test('a session that failed is never used again', async () => {
    const { transport, pool } = setUp(
      {},
      {
        answer: (transaction) =>
          forAll(transaction, { result: 'failed', failure: lost('timeout', 'rcpt'), ambiguous: false }),
      },
    );
    for (let i = 0; i < 3; i++) await pool.send(targetOf('a'), errand());
    assert.deepEqual(
      transport.opened.map(({ sent, closed }) => [sent.length, closed]),
      [
        [1, true],
        [1, true],
        [1, true],
      ],
    );
  });

  test('who gives up leaves the line, and takes the connection that is being opened along', async () => {
    const { transport, pool, clock } = setUp({}, { openMs: () => 1000 });
    const controller = new AbortController();
    const given = pool.send(targetOf('a'), errand('1', { signal: controller.signal }));
    await clock.run({ until: 10 });
    controller.abort();
    assert.equal(wordFor(await given), 'stopped');
    await clock.settle();
    assert.equal(transport.inAll, 0);
    assert.deepEqual(pool.counters, { connections: 0, idle: 0, waiting: 0, underWay: 0, targets: 0 });
    assert.equal(
      wordFor(await pool.send(targetOf('a'), errand('2', { signal: controller.signal }))),
      'stopped',
    );
  });

  test('closing: what is under way ends well, what waits is told, nothing is left', async () => {
    const { transport, pool, clock } = setUp({ perTarget: 1, ahead: false }, { answerMs: () => 100 });
    const results = ['1', '2'].map((name) => pool.send(targetOf('a'), errand(name)));
    await clock.run({ until: 10 });
    const closed = pool.close();
    assert.equal(wordFor(await pool.send(targetOf('a'), errand())), 'stopped');
    await clock.run({ until: 1000 });
    await closed;
    assert.deepEqual((await Promise.all(results)).map(wordFor), ['sent', 'stopped']);
    assert.equal(transport.inAll, 0);
    assert.equal(clock.pending, 0);
    await pool.close();
  });

  test('a transport that rejects costs no permit', async () => {
    const transport = { open: () => Promise.reject(new Error('broken')) };
    const pool = new SessionPool(transport, { clock: new VirtualClock() });
    assert.equal(wordFor(await pool.send(targetOf('a'), errand())), 'unreachable');
    assert.equal(pool.counters.connections, 0);
  });
});

test('limits that are none are misuse', () => {
  for (const name of ['perTarget', 'total', 'waiting', 'idle', 'age', 'messages']) {
    assert.throws(() => setUp({ [name]: 0 }), LimitMisuse, name);
  }
  assert.throws(() => setUp({ breaker: { failures: Number.NaN } }), LimitMisuse);
});

suite('laws', () => {
  const options = fc.record({
    perTarget: fc.integer({ min: 1, max: 4 }),
    total: fc.integer({ min: 1, max: 6 }),
    waiting: fc.integer({ min: 1, max: 60 }),
    idle: fc.integer({ min: 1, max: 500 }),
    age: fc.integer({ min: 1, max: 2000 }),
    messages: fc.integer({ min: 1, max: 5 }),
    ahead: fc.boolean(),
  });
  const work = fc.array(
    fc.record({
      at: fc.integer({ min: 0, max: 600 }),
      host: fc.constantFrom('a', 'b', 'c', 'd'),
      stopAfter: fc.option(fc.integer({ min: 0, max: 200 }), { nil: undefined, freq: 4 }),
      first: fc.boolean(),
    }),
    { maxLength: 60, size: 'max' },
  );
  const luck = fc.infiniteStream(fc.nat({ max: 99 }));

  test('never beyond the limits, no session used by two, every errand ends, every permit comes back', async () => {
    await fc.assert(
      fc.asyncProperty(options, work, luck, async (limits, errands, stream) => {
        const chance = () => stream.next().value as number;
        const server: FakeServer = {
          open: () => (chance() < 15 ? lost('gone', 'connect') : null),
          openMs: () => chance(),
          answerMs: () => 50 + chance(),
          readyMs: () => chance() % 50,
          answer: (transaction, _, session) => {
            const dice = chance();
            // Some time later it closes the connection, idle or not.
            if (dice < 10) session.drop();
            if (dice >= 20) return forAll(transaction, { result: 'accepted', reply: accept });
            const failure = lost('gone', 'mail');
            return forAll(transaction, { result: 'failed', failure, ambiguous: dice < 5 });
          },
        };
        const { clock, pool, transport } = setUp({ ...limits, breaker: { pause: 100 } }, server);
        let ended = 0;
        for (const { at, host, stopAfter, first } of errands) {
          clock.after(at, () => {
            const controller = new AbortController();
            if (stopAfter !== undefined) clock.after(stopAfter, () => controller.abort());
            void pool
              .send(targetOf(host), errand(host, { signal: controller.signal, first }))
              .then(() => ended++);
          });
        }
        await clock.run({ until: 100_000 });
        assert.equal(ended, errands.length);
        assert.ok(transport.most <= limits.total, `${transport.most} of ${limits.total} in all`);
        for (const [host, most] of transport.mostOf) assert.ok(most <= limits.perTarget, host);
        assert.deepEqual(pool.counters, { connections: 0, idle: 0, waiting: 0, underWay: 0, targets: 0 });
        for (const { sent } of transport.opened) assert.ok(sent.length <= limits.messages);
        assert.equal(transport.inAll, 0);
        assert.equal(clock.pending, 0);
      }),
      { numRuns: 100 },
    );
  });
});
