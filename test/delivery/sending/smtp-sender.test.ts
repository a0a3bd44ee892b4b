import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import {
  type Attempt,
  type Outcome,
  type RoutedRecipient,
  Shaper,
  type Site,
  type SiteHost,
  type SiteRoute,
  SmtpSender,
  type SmtpSenderOptions,
  type TlsObservation,
  type TransactionTrace,
} from 'mailwright/delivery';
import type { RecipientResult, SmtpFailure, SmtpStage } from 'mailwright/smtp';
import type { Context } from 'mailwright/spool';
import { VirtualClock } from 'mailwright/testing';
import { accept, bodyOf, type FakeServer, FakeTransport, forAll, lost, targetOf } from './fake-transport.ts';

const eightBit = bodyOf(
  'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\ncafé\r\n',
);

interface Scene extends Partial<SmtpSenderOptions> {
  /** By host, in the order in which they are tried. */
  readonly servers: Readonly<Record<string, FakeServer>>;
  readonly protocol?: 'smtp' | 'lmtp';
  readonly envelope?: Partial<Context['envelope']>;
  readonly recipients?: number;
  readonly perTransaction?: number;
}

/** A sender before some servers, and an attempt to send a message to their site. */
function setUp(scene: Scene) {
  const {
    servers,
    protocol = 'smtp',
    envelope = {},
    recipients = 1,
    perTransaction = 100,
    ...options
  } = scene;
  const clock = new VirtualClock({ start: 1_000_000 });
  const transport = new FakeTransport(clock, (host) => servers[host] as FakeServer);
  const sender = new SmtpSender({ ...options, recipients: perTransaction, transport, clock });
  const hosts = Object.keys(servers).map(
    (host): SiteHost => ({ target: targetOf(host, { protocol }), mxName: host }),
  );
  const site: Site = { ok: true, key: Object.keys(servers).join(' '), hosts };
  const observed: [string, TlsObservation, string | undefined][] = [];
  const route: SiteRoute = {
    kind: 'mx',
    key: 'mx example.org',
    destination: 'example.org',
    find: () => site,
    onTls: (host, seen, address) => observed.push([host.mxName, seen, address]),
  };
  const routed = Array.from({ length: recipients }, (_, place): RoutedRecipient => {
    const known = envelope.recipients?.[place] ?? { path: `user${place}@example.org` };
    return { ...known, place, domain: 'example.org' };
  });
  const context: Context = {
    v: 1,
    id: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
    receivedAt: 0,
    size: eightBit.size,
    protocol: 'ESMTP',
    envelope: { from: 'from@example.com', recipients: routed, ...envelope },
    delivery: {},
    queue: {},
    verdicts: {},
    metadata: {},
  };
  const controller = new AbortController();
  /** What is reported early, and how many transactions were begun before. */
  const reported: [number, string][] = [];
  const attempt: Attempt = {
    context,
    recipients: routed,
    body: eightBit,
    signal: controller.signal,
    report: ({ place }, outcome) => reported.push([transactions().length, `${place}: ${brief(outcome)}`]),
  };
  const deliver = (changed: Partial<SiteRoute> = {}) => sender.deliver({ ...route, ...changed }, attempt);
  const transactions = () => transport.opened.flatMap(({ sent }) => sent);
  return { clock, transport, sender, deliver, controller, observed, reported, transactions, context };
}

/** The same answer to every recipient. */
const says = (each: RecipientResult): FakeServer => ({ answer: (transaction) => forAll(transaction, each) });
const refuses = (code: number, enhanced?: string, stage: SmtpStage = 'rcpt'): RecipientResult => {
  const reply = { code, ...(enhanced !== undefined && { enhanced }), lines: ['No'] };
  return { result: 'refused', reply, stage };
};
const breaks = (failure: SmtpFailure, ambiguous = false): RecipientResult => ({
  result: 'failed',
  failure,
  ambiguous,
});
const closed = (why: SmtpFailure['why'], stage: SmtpStage, code?: number): FakeServer => ({
  open: () => lost(why, stage, code === undefined ? undefined : { code, lines: ['No'] }),
});

/** An outcome in a few words. */
function brief(outcome: Outcome | undefined): string {
  if (outcome === undefined) return 'none';
  if (outcome.result === 'limited') return `limited ${outcome.until}`;
  return `${outcome.result} ${outcome.status} ${outcome.remote?.host ?? '-'}`;
}

suite('what one server does, and what comes of it', () => {
  const table: readonly (readonly [string, FakeServer, string])[] = [
    ['it takes it', {}, 'delivered 2.0.0 a'],
    ['it says no for now', says(refuses(450, '4.2.1')), 'deferred 4.2.1 a'],
    ['... without saying why', says(refuses(450)), 'deferred 4.0.0 a'],
    ['it says no for good', says(refuses(550, '5.1.1')), 'failed 5.1.1 a'],
    ['... with a status of another class (RFC 2034 §4)', says(refuses(550, '4.1.1')), 'failed 5.0.0 a'],
    ['... to MAIL', says(refuses(553, '5.1.7', 'mail')), 'failed 5.1.7 a'],
    ['... to the content', says(refuses(554, '5.7.1', 'end-of-data')), 'failed 5.7.1 a'],
    ['it can not be reached', closed('timeout', 'connect'), 'deferred 4.4.1 a'],
    ['it does not greet', closed('timeout', 'greeting'), 'deferred 4.4.1 a'],
    ['it hangs up', closed('gone', 'hello'), 'deferred 4.4.2 a'],
    ['it is busy (RFC 5321 §3.8)', closed('refused', 'greeting', 421), 'deferred 4.0.0 a'],
    ['it takes no mail (RFC 5321 §3.1, RFC 7504 §3)', closed('refused', 'greeting', 521), 'failed 5.0.0 a'],
    ['it does not speak SMTP', closed('protocol', 'greeting'), 'deferred 4.5.0 a'],
    ['it has no TLS, which is required', closed('tls-missing', 'starttls'), 'deferred 4.7.10 a'],
    ['its certificate is another one', closed('tls-failed', 'handshake'), 'deferred 4.7.5 a'],
    ['it refuses our credentials', closed('auth-failed', 'auth', 535), 'deferred 4.7.8 a'],
    ['it offers no way to authenticate', closed('auth-missing', 'auth'), 'deferred 4.7.4 a'],
    ['it falls silent', says(breaks(lost('timeout', 'rcpt'))), 'deferred 4.4.2 a'],
    [
      'it goes away',
      says(breaks(lost('refused', 'data', { code: 421, lines: ['Bye'] }))),
      'deferred 4.0.0 a',
    ],
    ['it may have taken it (RFC 1047)', says(breaks(lost('gone', 'end-of-data'), true)), 'deferred 4.4.2 a'],
    ['our own storage fails', says(breaks(lost('content', 'content'))), 'deferred 4.3.0 a'],
    ['no SMTPUTF8 (RFC 6531 §3.5)', says({ result: 'unsuitable', missing: 'smtputf8' }), 'failed 5.6.7 a'],
    [
      'no REQUIRETLS (RFC 8689 §4.2.1)',
      says({ result: 'unsuitable', missing: 'requiretls' }),
      'failed 5.7.30 a',
    ],
    ['too large (RFC 1870 §6.1)', says({ result: 'unsuitable', missing: 'size' }), 'failed 5.3.4 a'],
    ['no more recipients, ever', says({ result: 'postponed' }), 'deferred 4.5.3 a'],
  ];
  for (const [what, server, expected] of table) {
    test(`${what}: ${expected}`, async () => {
      const { deliver, sender } = setUp({ servers: { a: server } });
      assert.deepEqual((await deliver()).map(brief), [expected]);
      assert.equal(sender.counters.underWay + sender.counters.waiting, 0);
    });
  }

  test('what it said is told in a line, without control characters', async () => {
    const reply = { code: 550, enhanced: '5.1.1', lines: ['No\u0007 such', 'user'] };
    const { deliver } = setUp({ servers: { a: says({ result: 'refused', reply, stage: 'rcpt' }) } });
    const [outcome] = await deliver();
    assert.deepEqual(outcome, {
      result: 'failed',
      status: '5.1.1',
      text: 'a[192.0.2.1] said: 550 5.1.1 No  such user (in reply to RCPT)',
      reply,
      remote: { host: 'a', address: '192.0.2.1' },
    });
  });

  test('RFC 8689 §4.2.1: no TLS at all for a message that demands it is for good', async () => {
    const { deliver } = setUp({
      servers: { a: closed('tls-missing', 'starttls') },
      envelope: { requireTls: true },
    });
    assert.deepEqual((await deliver()).map(brief), ['failed 5.7.10 a']);
  });

  test('... and for now where the server says so (RFC 3207 §4)', async () => {
    const { deliver } = setUp({
      servers: { a: closed('tls-missing', 'starttls', 454) },
      envelope: { requireTls: true },
    });
    assert.deepEqual((await deliver()).map(brief), ['deferred 4.7.10 a']);
  });

  for (const [what, dsn, protocol, notify, how] of [
    ['a server without DSN', false, 'smtp', ['success'], 'relayed'],
    ['a server with DSN (RFC 3461 §5.2.1)', true, 'smtp', ['success'], 'passed'],
    ['a server with DSN, and nothing to tell', true, 'smtp', undefined, 'relayed'],
    ['an LMTP server (RFC 2033 §4.2)', false, 'lmtp', ['success'], 'delivered'],
    ['an LMTP server with DSN, which tells itself (RFC 3461 §5.2.1)', true, 'lmtp', ['success'], 'passed'],
    ['an LMTP server with DSN, and nothing to tell', true, 'lmtp', undefined, 'delivered'],
  ] as const) {
    test(`${what}: ${how}`, async () => {
      const { deliver } = setUp({
        protocol,
        servers: {
          a: { answer: (each) => forAll(each, { result: 'accepted', reply: accept }, { dsn }) },
        },
        envelope: { recipients: [{ path: 'user@example.org', ...(notify !== undefined && { notify }) }] },
      });
      const [outcome] = await deliver();
      assert.equal(outcome?.result === 'delivered' && outcome.how, how);
    });
  }
});

suite('RFC 5321 §5.1: servers are tried in their order', () => {
  const no4 = says(refuses(451, '4.3.0'));
  const no5 = says(refuses(550, '5.1.1'));
  const dead = closed('timeout', 'connect');
  const lacking = says({ result: 'unsuitable', missing: 'smtputf8' });
  const table: readonly (readonly [string, readonly FakeServer[], string, string])[] = [
    ['the first that takes it', [{}, {}], 'delivered 2.0.0 a', 'a'],
    ['the next one if it can not be reached', [dead, {}], 'delivered 2.0.0 b', 'ab'],
    ['... or says no for now', [no4, {}], 'delivered 2.0.0 b', 'ab'],
    ['... or takes no mail at all', [closed('refused', 'greeting', 554), {}], 'delivered 2.0.0 b', 'ab'],
    ['... or lacks what the message needs', [lacking, {}], 'delivered 2.0.0 b', 'ab'],
    ['... or breaks off', [says(breaks(lost('gone', 'data'))), {}], 'delivered 2.0.0 b', 'ab'],
    [
      'not if it may have taken it',
      [says(breaks(lost('gone', 'end-of-data'), true)), {}],
      'deferred 4.4.2 a',
      'a',
    ],
    ['not if it said no for good', [no5, {}], 'failed 5.1.1 a', 'a'],
    ['hope counts for more than none', [lacking, dead], 'deferred 4.4.1 b', 'ab'],
    ['... wherever it comes from', [dead, lacking], 'deferred 4.4.1 a', 'ab'],
    ['a reply tells more than silence', [no4, dead], 'deferred 4.3.0 a', 'ab'],
    ['given up where all of them lack it', [lacking, lacking], 'failed 5.6.7 b', 'ab'],
    ['two answers are enough', [no4, no4, {}], 'deferred 4.3.0 b', 'ab'],
    ['five servers are enough', [dead, dead, dead, dead, dead, {}], 'deferred 4.4.1 e', 'abcde'],
  ];
  for (const [what, list, expected, asked] of table) {
    test(what, async () => {
      const servers = Object.fromEntries(list.map((server, index) => ['abcdef'[index] as string, server]));
      const { deliver, transport } = setUp({ servers });
      assert.deepEqual((await deliver()).map(brief), [expected]);
      assert.equal(transport.asked.join(''), asked);
    });
  }

  test('a server whose circuit breaker is open is passed over', async () => {
    const pool = { breaker: { failures: 1, pause: 60_000 } };
    const { deliver, transport, clock } = setUp({ servers: { a: dead, b: dead }, pool });
    assert.deepEqual((await deliver()).map(brief), ['deferred 4.4.1 b']);
    assert.deepEqual((await deliver()).map(brief), [`limited ${clock.now() + 60_000}`]);
    assert.equal(transport.asked.length, 2);
  });
});

suite('recipients', () => {
  test('each has its own outcome, and only those in doubt go to the next server', async () => {
    const answers = [
      refuses(550, '5.1.1'),
      refuses(450, '4.2.0'),
      { result: 'accepted', reply: accept },
    ] as const;
    const a: FakeServer = { answer: () => ({ recipients: answers, dsn: false, mended: false }) };
    const { deliver, transactions } = setUp({ servers: { a, b: {} }, recipients: 3 });
    assert.deepEqual((await deliver()).map(brief), [
      'failed 5.1.1 a',
      'delivered 2.0.0 b',
      'delivered 2.0.0 a',
    ]);
    assert.deepEqual(
      transactions().map(({ recipients }) => recipients.map(({ path }) => path)),
      [['user0@example.org', 'user1@example.org', 'user2@example.org'], ['user1@example.org']],
    );
  });

  test('RFC 5321 §4.5.3.1.8: a hundred to a transaction, one after the other', async () => {
    const { deliver, transactions, transport } = setUp({ servers: { a: {} }, recipients: 250 });
    assert.equal((await deliver()).filter(({ result }) => result === 'delivered').length, 250);
    assert.deepEqual(
      transactions().map(({ recipients }) => recipients.length),
      [100, 100, 50],
    );
    assert.equal(transport.opened.length, 1);
  });

  test('RFC 5321 §4.5.3.1.10: those beyond what the server takes follow at once, on the same session', async () => {
    const a: FakeServer = {
      answer: ({ recipients }) => ({
        recipients: recipients.map((_, index) =>
          index < 3 ? { result: 'accepted', reply: accept } : { result: 'postponed' },
        ),
        dsn: false,
        mended: false,
      }),
    };
    const { deliver, transactions, transport } = setUp({ servers: { a, b: {} }, recipients: 8 });
    assert.equal((await deliver()).filter(({ result }) => result === 'delivered').length, 8);
    assert.deepEqual(
      transactions().map(({ recipients }) => recipients.length),
      [8, 5, 2],
    );
    assert.deepEqual(transport.asked, ['a']);
  });

  test('reverse paths of their own: one by one', async () => {
    const reversePath = (_: Context, { place }: RoutedRecipient) => `bounce+${place}@example.com`;
    const { deliver, transactions } = setUp({ servers: { a: {} }, recipients: 3, reversePath });
    await deliver();
    assert.deepEqual(
      transactions().map(({ from, recipients }) => [from, recipients[0]?.path]),
      [0, 1, 2].map((place) => [`bounce+${place}@example.com`, `user${place}@example.org`]),
    );
    const bounce = setUp({ servers: { a: {} }, recipients: 3, reversePath, envelope: { from: '' } });
    await bounce.deliver();
    assert.deepEqual(
      bounce.transactions().map(({ from }) => from),
      [''],
      'RFC 5321 §4.5.5: the null path stays',
    );
  });
});

suite('what is said of a message', () => {
  test('all that the envelope asked for, with times that are relative to now', async () => {
    const { deliver, transactions } = setUp({
      servers: { a: {} },
      envelope: {
        body: '8bitmime',
        smtputf8: true,
        auth: '',
        dsn: { ret: 'hdrs', envid: 'QQ314159' },
        deliverBy: { at: 1_090_500, mode: 'notify', trace: true },
        holdUntil: 5,
        mtPriority: 3,
        requireTls: true,
        solicit: ['net.example:ADV'],
        recipients: [
          {
            path: 'user@example.org',
            notify: ['never'],
            orcpt: { type: 'rfc822', address: 'User@example.org' },
            rrvs: { since: '2020-01-01T00:00:00Z', otherwise: 'continue' },
          },
          { path: 'other@example.org', notify: ['success', 'failure'] },
        ],
      },
      recipients: 2,
    });
    await deliver();
    assert.deepEqual(transactions(), [
      {
        from: 'from@example.com',
        size: eightBit.size,
        parameters: {
          body: '8BITMIME',
          smtputf8: true,
          auth: null,
          ret: 'headers',
          envid: 'QQ314159',
          deliverBy: { seconds: 90, mode: 'notify', trace: true },
          priority: 3,
          requireTls: true,
          solicit: ['net.example:ADV'],
        },
        recipients: [
          {
            path: 'user@example.org',
            parameters: {
              notify: 'never',
              originalRecipient: { type: 'rfc822', address: 'User@example.org' },
              validSince: { since: '2020-01-01T00:00:00Z', unsupported: 'continue' },
            },
          },
          { path: 'other@example.org', parameters: { notify: ['success', 'failure'] } },
        ],
      },
    ]);
  });

  test('RFC 2852 §4: time that passes while a connection is awaited counts', async () => {
    const { deliver, transactions, clock } = setUp({
      servers: { a: { openMs: () => 30_000 } },
      envelope: { deliverBy: { at: 1_090_000, mode: 'notify' } },
    });
    const going = deliver();
    await clock.run({ until: clock.now() + 30_000 });
    await going;
    assert.equal(transactions()[0]?.parameters.deliverBy?.seconds, 60);
  });

  test('RFC 2852 §4: too late for who wants it back', async () => {
    const deliverBy = { at: 1_000_000, mode: 'return' } as const;
    const { deliver, transport } = setUp({ servers: { a: {} }, envelope: { deliverBy } });
    assert.deepEqual((await deliver()).map(brief), ['failed 5.4.7 -']);
    assert.equal(transport.asked.length, 0);
  });

  const sevenBitOnly: FakeServer = {
    answer: (transaction) =>
      transaction.parameters.body === '8BITMIME' || transaction.parameters.body === 'BINARYMIME'
        ? forAll(transaction, {
            result: 'unsuitable',
            missing: transaction.parameters.body === '8BITMIME' ? '8bitmime' : 'binarymime',
          })
        : forAll(transaction, { result: 'accepted', reply: accept }),
  };

  for (const body of ['8bitmime', 'binarymime'] as const) {
    test(`RFC 6152 §3: ${body} is re-encoded for a server of seven bits, and for it alone`, async () => {
      const { deliver, transport, transactions } = setUp({
        servers: { a: { ...sevenBitOnly }, b: {} },
        envelope: { body },
      });
      assert.deepEqual((await deliver()).map(brief), ['delivered 2.0.0 a']);
      assert.deepEqual(
        transactions().map(({ parameters }) => parameters.body),
        [body.toUpperCase(), '7BIT'],
      );
      const content = transport.opened[0]?.contents[1];
      let text = '';
      for await (const chunk of content?.open() ?? []) text += Buffer.from(chunk).toString('latin1');
      assert.match(text, /quoted-printable\r\n\r\ncaf=C3=A9\r\n$/);
      assert.equal(transactions()[1]?.size, text.length);
    });
  }

  test('a message is not re-encoded because a recipient beside those that wait lacks something else', async () => {
    const a: FakeServer = {
      answer: (transaction, number) =>
        number > 0
          ? forAll(transaction, { result: 'accepted', reply: accept })
          : {
              recipients: [{ result: 'unsuitable', missing: 'rrvs' }, { result: 'postponed' }],
              dsn: false,
              mended: false,
            },
    };
    const { deliver, transport, transactions } = setUp({
      servers: { a },
      recipients: 2,
      envelope: { body: '8bitmime' },
    });
    assert.deepEqual((await deliver()).map(brief), ['failed 5.7.19 a', 'delivered 2.0.0 a']);
    assert.equal(transactions()[1]?.parameters.body, '8BITMIME');
    assert.equal(transport.opened[0]?.contents[1], transport.opened[0]?.contents[0]);
  });

  test('what is too large to be re-encoded fails, unless the next server takes it', async () => {
    const scene = { envelope: { body: '8bitmime' }, largestReencoded: 20 } as const;
    const alone = setUp({ ...scene, servers: { a: sevenBitOnly } });
    assert.deepEqual((await alone.deliver()).map(brief), ['failed 5.6.3 a']);
    const beside = setUp({ ...scene, servers: { a: sevenBitOnly, b: {} } });
    assert.deepEqual((await beside.deliver()).map(brief), ['delivered 2.0.0 b']);
  });
});

suite('sites, limits and ends', () => {
  test('what is said of a destination without servers is said of each recipient', async () => {
    const { deliver } = setUp({ servers: { a: {} }, recipients: 2 });
    const outcome = { result: 'failed', status: '5.1.10', text: 'takes no mail' } as const;
    assert.deepEqual(await deliver({ find: async () => ({ ok: false, outcome }) }), [outcome, outcome]);
  });

  test('a shaper is asked before a server is, and gets its leave back in any case', async () => {
    const clock = new VirtualClock({ start: 0 });
    const limits = { rate: { messages: 1, per: 'minute' }, concurrency: 1 } as const;
    for (const server of [{}, closed('timeout', 'connect'), says(refuses(550, '5.1.1'))]) {
      const shaper = new Shaper({ clock, limits });
      const { deliver, transport } = setUp({ servers: { a: server }, shaper });
      await deliver();
      assert.deepEqual((await deliver()).map(brief), [`limited ${clock.now() + 60_000}`]);
      assert.equal(transport.asked.length, 1);
      assert.equal(shaper.counters.inUse, 0);
    }
  });

  const greylisted = refuses(451, '4.7.1');
  for (const [what, action, outcome, asked] of [
    ['a pause', { suspend: 5000 }, 'deferred 4.7.1 a until 1005000', 'a'],
    ['a later time', { retryAfter: 7000 }, 'deferred 4.7.1 a until 1007000', 'a'],
    ['slowness', { slow: 2, for: 1000 }, 'deferred 4.7.1 a until undefined', 'a'],
    ['giving up', { fail: true }, 'failed 5.0.0 a until undefined', 'a'],
  ] as const) {
    test(`a rule about the reply: ${what}`, async () => {
      for (const server of [says(greylisted), closed('refused', 'greeting', 451)]) {
        const shaper = new Shaper({ clock: new VirtualClock(), replies: [{ when: { code: 451 }, action }] });
        const { deliver, transport } = setUp({ servers: { a: server, b: {} }, shaper });
        const [got] = await deliver();
        const until = got?.result === 'deferred' ? got.notBefore : undefined;
        assert.equal(`${brief(got).replace('4.0.0', '4.7.1')} until ${until}`, outcome);
        assert.equal(transport.asked.join(''), asked);
        assert.equal(shaper.counters.inUse, 0);
      }
    });
  }

  test('a pause is for the recipients that were still to come, too', async () => {
    const replies = [{ when: { code: 451 }, action: { suspend: 5000 } }] as const;
    const shaper = new Shaper({ clock: new VirtualClock(), replies });
    const { deliver, transactions } = setUp({
      servers: { a: says(greylisted) },
      shaper,
      recipients: 3,
      perTransaction: 1,
    });
    assert.deepEqual((await deliver()).map(brief), [
      'deferred 4.7.1 a',
      'limited 1005000',
      'limited 1005000',
    ]);
    assert.equal(transactions().length, 1);
  });

  test('what is known is reported before anything else is sent, and nothing where that is all', async () => {
    const a: FakeServer = {
      answer: ({ recipients }) => ({
        recipients: recipients.map(({ path }) =>
          path === 'user1@example.org' ? greylisted : { result: 'accepted', reply: accept },
        ),
        dsn: false,
        mended: false,
      }),
    };
    const { deliver, reported } = setUp({ servers: { a, b: {} }, recipients: 5, perTransaction: 2 });
    const outcomes = await deliver();
    assert.deepEqual(reported, [
      [1, '0: delivered 2.0.0 a'],
      [2, '1: delivered 2.0.0 b'],
      [3, '2: delivered 2.0.0 a'],
      [3, '3: delivered 2.0.0 a'],
    ]);
    assert.deepEqual(
      outcomes.map(brief),
      ['a', 'b', 'a', 'a', 'a'].map((host) => `delivered 2.0.0 ${host}`),
    );
    const alone = setUp({ servers: { a: {} }, recipients: 2 });
    await alone.deliver();
    assert.deepEqual(alone.reported, []);
  });

  test('what was said before counts, where the next server is crowded', async () => {
    const pool = { perTarget: 1, waiting: 4 };
    const servers = { a: says(refuses(450, '4.2.0')), b: { answerMs: () => 1000 } };
    const { deliver, clock } = setUp({ servers, pool });
    const onlyB: Site = { ok: true, key: 'b', hosts: [{ target: targetOf('b'), mxName: 'b' }] };
    const others: Promise<readonly Outcome[]>[] = [];
    for (let i = 0; i < 3; i++) {
      others.push(deliver({ find: () => onlyB }));
      await clock.settle();
    }
    assert.deepEqual((await deliver({ find: () => onlyB })).map(brief), [`limited ${clock.now() + 5000}`]);
    assert.deepEqual((await deliver()).map(brief), ['deferred 4.2.0 a']);
    await clock.run({ until: clock.now() + 5000 });
    assert.deepEqual((await Promise.all(others)).flat().map(brief), Array(3).fill('delivered 2.0.0 b'));
  });

  test('an attempt that is ended is no failure', async () => {
    const { deliver, controller, clock, sender } = setUp({ servers: { a: { answerMs: () => 1000 } } });
    const going = deliver();
    await clock.run({ until: clock.now() + 10 });
    controller.abort();
    await clock.settle();
    assert.deepEqual((await going).map(brief), [`limited ${clock.now() + 1000}`]);
    assert.deepEqual((await deliver()).map(brief), [`limited ${clock.now() + 1000}`]);
    assert.equal(sender.counters.connections, 0);
  });

  test('a closed sender fails nothing', async () => {
    const { deliver, sender, clock } = setUp({ servers: { a: {} } });
    await deliver();
    await sender.close();
    assert.deepEqual((await deliver()).map(brief), [`limited ${clock.now() + 1000}`]);
  });

  test('what a host throws is told, and defers', async () => {
    const thrown: unknown[] = [];
    const { deliver } = setUp({
      servers: { a: {} },
      error: (error) => thrown.push(error),
      reversePath: () => {
        throw new Error('no path');
      },
    });
    assert.deepEqual((await deliver()).map(brief), ['deferred 4.3.0 -']);
    assert.equal(thrown.length, 1);
  });

  test('... and where what is told throws as well, that is a process warning', async (t) => {
    const emitted = t.mock.method(process, 'emitWarning', () => {});
    const fault = () => {
      throw new Error('no log');
    };
    const deferring = setUp({ servers: { a: {} }, error: fault, reversePath: fault });
    assert.deepEqual((await deferring.deliver()).map(brief), ['deferred 4.3.0 -']);
    const a: FakeServer = { observed: { ok: false, why: 'starttls-not-supported', text: 'none' } };
    const observing = setUp({ servers: { a } });
    assert.deepEqual((await observing.deliver({ onTls: fault })).map(brief), ['delivered 2.0.0 a']);
    assert.equal(emitted.mock.callCount(), 2);
  });

  test('TLS is observed once for each connection, whether it came about or not', async () => {
    const ok = { ok: true, tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' } } as const;
    const bad = { ok: false, why: 'certificate-expired', text: 'expired' } as const;
    const { deliver, observed } = setUp({
      servers: { a: { ...closed('tls-failed', 'handshake'), observed: bad }, b: { observed: ok } },
    });
    await deliver();
    await deliver();
    assert.deepEqual(observed, [
      ['a', bad, '192.0.2.1'],
      ['b', ok, '192.0.2.1'],
      ['a', bad, '192.0.2.1'],
    ]);
  });

  test('each transaction is published, for those who listen', async () => {
    const heard: unknown[] = [];
    const listen = (message: unknown) => {
      const { result: _, ...trace } = message as TransactionTrace & { result: unknown };
      heard.push(trace);
    };
    const name = 'tracing:mailwright:delivery.transaction:asyncEnd';
    const { deliver } = setUp({ servers: { a: closed('timeout', 'connect'), b: {} }, recipients: 2 });
    subscribe(name, listen);
    await deliver();
    unsubscribe(name, listen);
    await deliver();
    const common = {
      id: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
      kind: 'mx',
      destination: 'example.org',
      size: eightBit.size,
      recipients: 2,
    };
    assert.deepEqual(heard, [
      { ...common, host: 'a', outcome: 'unreachable' },
      { ...common, host: 'b', outcome: 'answered', address: '192.0.2.1', accepted: 2, refused: 0 },
    ]);
  });
});

test('law: whatever servers do, each recipient has one outcome, and is delivered to if it was taken, once', async () => {
  const each: fc.Arbitrary<RecipientResult> = fc.oneof(
    fc.constant<RecipientResult>({ result: 'accepted', reply: accept }),
    fc.constantFrom(refuses(450), refuses(550, '5.1.1')),
    fc.constant<RecipientResult>({ result: 'postponed' }),
  );
  const whole: fc.Arbitrary<RecipientResult> = fc.constantFrom(
    breaks(lost('gone', 'mail')),
    breaks(lost('timeout', 'end-of-data'), true),
    { result: 'unsuitable', missing: '8bitmime' },
    { result: 'unsuitable', missing: 'size' },
  );
  const answers = fc.infiniteStream(
    fc.oneof({ weight: 4, arbitrary: fc.infiniteStream(each) }, { weight: 1, arbitrary: whole }),
  );
  const luck = fc.infiniteStream(fc.nat({ max: 9 }));
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 12 }), answers, luck, async (more, stream, chances) => {
      const taken = new Map<string, number>();
      const server: FakeServer = {
        open: () => (chances.next().value === 0 ? lost('timeout', 'connect') : null),
        answer(transaction, _, session) {
          const answer = stream.next().value;
          if ('result' in answer) return forAll(transaction, answer);
          const recipients = transaction.recipients.map(() => answer.next().value);
          for (const [index, { result }] of recipients.entries()) {
            const { path } = transaction.recipients[index] as { path: string };
            if (result === 'accepted') taken.set(path, (taken.get(path) ?? 0) + 1);
          }
          if (chances.next().value === 0) session.drop();
          return { recipients, dsn: false, mended: false };
        },
      };
      const { deliver, sender, context } = setUp({
        servers: { a: server, b: server, c: server },
        recipients: more + 1,
        perTransaction: 5,
      });
      for (const [place, { result }] of (await deliver()).entries()) {
        const { path } = context.envelope.recipients[place] as { path: string };
        assert.equal(taken.get(path) ?? 0, result === 'delivered' ? 1 : 0, path);
      }
      const { connections, idle, waiting, underWay } = sender.counters;
      assert.deepEqual([connections - idle, waiting, underWay], [0, 0, 0]);
    }),
    { numRuns: 200 },
  );
});
