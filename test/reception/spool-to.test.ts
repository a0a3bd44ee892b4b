/** Messages on their way into a spool: content, context, and what happens when either side fails. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { channel } from 'node:diagnostics_channel';
import { suite, test } from 'node:test';
import {
  type CommitTrace,
  receivedBy,
  type SpoolToOptions,
  spoolTo,
  tlsRequiredNo,
} from 'mailwright/reception';
import { accepted } from 'mailwright/sasl';
import {
  auth,
  deliverBy,
  futureRelease,
  lmtp,
  mtPriority,
  mx,
  noSoliciting,
  reply,
  rrvs,
  xforward,
} from 'mailwright/smtp';
import { MemorySpool, type Spool, type SpoolError, type SpoolWriter } from 'mailwright/spool';
import { HeaderFacts } from '../../src/reception/header-facts.ts';
import { ends, TestSession } from './session.ts';

const now = Date.parse('2026-01-01T00:00:00Z');
const opening = 'EHLO client.example\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\n';
const message = `${opening}DATA\r\nSubject: x\r\n\r\n..dots\r\n.\r\n`;
const content = 'Subject: x\r\n\r\n.dots\r\n';

async function contentOf(spool: Spool, id: string): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of (await spool.open(id)).open()) pieces.push(piece);
  return Buffer.concat(pieces).toString('latin1');
}

test('a message is in the spool when 250 is said, under the id that is said', async () => {
  const spool = new MemorySpool();
  const session = new TestSession(spoolTo(spool), mx);
  const said = await session.say(message);
  const [, id = ''] = /\r\n250 2\.0\.0 Queued as (\S+)\r\n$/.exec(said) ?? [];
  assert.deepEqual(await spool.waitForCount(1), [id]);
  assert.equal(await contentOf(spool, id), content);
  assert.equal((await spool.context(id)).size, content.length);
});

test('BDAT brings the same content', async () => {
  const spool = new MemorySpool();
  const session = new TestSession(spoolTo(spool), mx);
  await session.say(
    `${opening}BDAT 12\r\n${content.slice(0, 12)}BDAT ${content.length - 12} LAST\r\n${content.slice(12)}`,
  );
  const [id = ''] = await spool.waitForCount(1);
  assert.equal(await contentOf(spool, id), content);
});

const tls = { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', servername: 'mx.example.org' };

test('the context holds all that is known: session, envelope, parameters', async () => {
  const spool = new MemorySpool();
  const handlers = {
    ...spoolTo(spool, { now: () => now }),
    credentials: { verifyPassword: () => accepted({ user: 'tim', actor: 'ann' }) },
  };
  const session = new TestSession(
    handlers,
    {
      ...mx,
      extensions: [
        ...mx.extensions,
        auth({ mechanisms: ['PLAIN'] }),
        deliverBy(),
        futureRelease({ maximum: 1000, now: () => now }),
        mtPriority(),
        noSoliciting(),
        rrvs(),
        xforward({ trusts: () => true }),
      ],
    },
    { ...tls, channelBindings: { 'tls-exporter': Buffer.alloc(32) } },
  );
  session.visit.metadata['greylist'] = { first: true };
  await session.say(
    'EHLO client.example\r\nXFORWARD ADDR=198.51.100.9\r\nAUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\r\n',
  );
  await session.say(
    'MAIL FROM:<"odd one"@Example.ORG> BODY=8BITMIME SMTPUTF8 SIZE=9 RET=HDRS ENVID=e+2B1 AUTH=t@example.org ' +
      'BY=60;RT HOLDFOR=30 MT-PRIORITY=-3 SOLICIT=org.example:ADV,x REQUIRETLS\r\n',
  );
  await session.say(
    'RCPT TO:<b@[192.0.2.1]> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;B+2B@x RRVS=2014-04-03T23:01:00Z;C\r\n',
  );
  await session.say('RCPT TO:<postmaster> NOTIFY=NEVER\r\n');
  assert.match(await session.say('DATA\r\nx\r\n.\r\n'), /250 2\.0\.0 /);
  const [id = ''] = await spool.waitForCount(1);
  assert.deepEqual(await spool.context(id), {
    v: 1,
    id,
    receivedAt: now,
    size: 3,
    protocol: 'UTF8SMTPSA',
    peer: ends,
    tls,
    user: 'tim',
    helo: 'client.example',
    envelope: {
      from: '"odd one"@Example.ORG',
      recipients: [
        {
          path: 'b@[192.0.2.1]',
          notify: ['success', 'delay'],
          orcpt: { type: 'rfc822', address: 'B+@x' },
          rrvs: { since: '2014-04-03T23:01:00Z', otherwise: 'continue' },
        },
        { path: 'Postmaster', notify: ['never'] },
      ],
      body: '8bitmime',
      smtputf8: true,
      auth: 't@example.org',
      dsn: { ret: 'hdrs', envid: 'e+1' },
      deliverBy: { at: now + 60_000, mode: 'return', trace: true },
      holdUntil: now + 30_000,
      mtPriority: -3,
      requireTls: true,
      solicit: ['org.example:ADV', 'x'],
    },
    delivery: {},
    queue: {},
    verdicts: {},
    metadata: { greylist: { first: true }, xforward: { addr: '198.51.100.9' } },
  });
});

test('the null path, AUTH=<>, HOLDUNTIL, and nothing beside', async () => {
  const spool = new MemorySpool();
  const session = new TestSession(spoolTo(spool, { now: () => now }), {
    extensions: [auth({ mechanisms: ['PLAIN'] }), futureRelease({ maximum: 1000, now: () => now })],
  });
  await session.say(
    'EHLO x\r\nMAIL FROM:<> AUTH=<> HOLDUNTIL=2026-01-01T01:00:30+01:00\r\nRCPT TO:<b@example.net>\r\nDATA\r\n.\r\n',
  );
  const [id = ''] = await spool.waitForCount(1);
  assert.deepEqual((await spool.context(id)).envelope, {
    from: '',
    recipients: [{ path: 'b@example.net' }],
    auth: '',
    holdUntil: now + 30_000,
  });
});

test('what does not end in a message leaves nothing behind', async () => {
  const endings: readonly (readonly [name: string, wire: string, dies?: true])[] = [
    ['the peer is gone in DATA', `${opening}DATA\r\nhalf`, true],
    ['the peer is gone in BDAT', `${opening}BDAT 9\r\nhalf`, true],
    ['RSET between chunks', `${opening}BDAT 4\r\nhalfRSET\r\n`],
    ['a new greeting between chunks', `${opening}BDAT 4\r\nhalfEHLO x\r\n`],
    ['QUIT between chunks', `${opening}BDAT 4\r\nhalfQUIT\r\n`],
    ['too much content', `${opening}DATA\r\n${'x'.repeat(200)}\r\n.\r\n`],
    ['a lone LF', `${opening}DATA\r\na\nb\r\n.\r\n`],
  ];
  for (const [name, wire, dies] of endings) {
    const spool = new MemorySpool();
    const writers = watched(spool);
    const session = new TestSession(spoolTo(spool), { ...mx, limits: { message: 100 } });
    await session.say(wire);
    if (dies) await session.die();
    assert.equal(await spool.count(), 0, name);
    assert.deepEqual(
      writers.map(({ aborts }) => aborts),
      [1],
      name,
    );
    assert.deepEqual(session.errors, [], name);
  }
});

/** Counts what is done to each writer of a spool. */
function watched(spool: MemorySpool): { readonly aborts: number }[] {
  const writers: { aborts: number }[] = [];
  const begin = spool.begin.bind(spool);
  spool.begin = (context, options) => {
    const writer = begin(context, options);
    const counts = { aborts: 0 };
    writers.push(counts);
    const abort = writer.abort.bind(writer);
    writer.abort = () => {
      counts.aborts += 1;
      return abort();
    };
    return writer;
  };
  return writers;
}

test('a full spool is 452, any other failure 451; the host is told, the session goes on', async () => {
  const full = new MemorySpool({ capacity: 10 });
  const session = new TestSession(spoolTo(full), mx);
  assert.match(await session.say(message), /\r\n452 4\.3\.1 .*\r\n$/);
  assert.equal((session.errors[0] as SpoolError).code, 'SPOOL_FULL');
  assert.match(
    await session.say('MAIL FROM:<>\r\nRCPT TO:<b@x>\r\nDATA\r\nshort\r\n.\r\n'),
    /250 2\.0\.0 Queued/,
  );
  assert.equal(await full.count(), 1);

  const closed = new MemorySpool();
  await closed.close();
  const other = new TestSession(spoolTo(closed), mx);
  assert.match(await other.say(`${opening}DATA\r\n`), /\r\n451 4\.3\.0 .*\r\n$/, 'before the content');
  assert.equal((other.errors[0] as SpoolError).code, 'SPOOL_CLOSED');

  const closing = new MemorySpool();
  const last = new TestSession(spoolTo(closing), mx);
  await last.say(`${opening}DATA\r\n`);
  await closing.close();
  assert.match(await last.say('x\r\n.\r\n'), /^451 4\.3\.0 /, 'behind the content');
});

test('a writer that fails at once, with what is prepended, is given up', async () => {
  const spool = new MemorySpool();
  const begin = spool.begin.bind(spool);
  let aborted = 0;
  spool.begin = (context, options) => {
    const writer = begin(context, options);
    writer.write = async () => {
      throw new Error('the disk is full');
    };
    writer.abort = async () => {
      aborted += 1;
    };
    return writer;
  };
  const session = new TestSession(spoolTo(spool, { prepend: receivedBy('mx.example.org') }), mx);
  assert.match(await session.say(`${opening}DATA\r\n`), /\r\n451 4\.3\.0 .*\r\n$/);
  assert.equal(aborted, 1);
});

test('metadata too large is refused before the content', async () => {
  const spool = new MemorySpool();
  const session = new TestSession(spoolTo(spool), mx);
  Object.assign(session.visit.metadata, { big: 'x'.repeat(9000) });
  assert.match(await session.say(`${opening}DATA\r\n`), /\r\n451 4\.3\.0 .*\r\n$/);
  assert.equal((session.errors[0] as SpoolError).code, 'SPOOL_CONTEXT_TOO_LARGE');
});

test('a slow spool holds the peer back, piece by piece', async () => {
  const spool = new MemorySpool();
  let pending = 0;
  let most = 0;
  const begin = spool.begin.bind(spool);
  spool.begin = (context, options) => {
    const writer = begin(context, options);
    const write = writer.write.bind(writer);
    const slow: SpoolWriter['write'] = async (chunk) => {
      pending += 1;
      most = Math.max(most, pending);
      await new Promise((resolve) => setImmediate(resolve));
      pending -= 1;
      await write(chunk);
    };
    return Object.assign(writer, { write: slow });
  };
  const session = new TestSession(spoolTo(spool), mx);
  await session.say(`${opening}DATA\r\n${'.x\r\n'.repeat(20)}.\r\n`);
  const [id = ''] = await spool.waitForCount(1);
  assert.equal(await contentOf(spool, id), 'x\r\n'.repeat(20));
  assert.equal(most, 1);
});

/** What comes of one message under these options. */
async function judged(
  options: SpoolToOptions,
): Promise<{ said: string; spool: MemorySpool; session: TestSession }> {
  const spool = new MemorySpool();
  const session = new TestSession(spoolTo(spool, options), mx);
  return { said: await session.say(message), spool, session };
}

test('judge has the last word: a refusal, a yes of its own, something to note', async () => {
  const refused = await judged({ judge: () => reply(554, '5.7.1', 'Spam') });
  assert.match(refused.said, /\r\n554 5\.7\.1 Spam\r\n$/);
  assert.equal(await refused.spool.count(), 0);

  const greeted = await judged({ judge: async () => reply(250, '2.6.0', 'Thank you') });
  assert.match(greeted.said, /\r\n250 2\.6\.0 Thank you\r\n$/);
  assert.equal(await greeted.spool.count(), 1);

  const noted = await judged({ judge: ({ size }) => ({ verdicts: { size } }) });
  const [id = ''] = await noted.spool.waitForCount(1);
  assert.deepEqual((await noted.spool.context(id)).verdicts, { size: content.length });
});

test('a judge that fails: 451, nothing is kept', async () => {
  const { said, spool, session } = await judged({
    judge: () => {
      throw new Error('out of order');
    },
  });
  assert.match(said, /\r\n451 4\.3\.0 /);
  assert.equal(await spool.count(), 0);
  assert.equal((session.errors[0] as Error).message, 'out of order');
});

test('what is prepended stands before the content, and knows the id', async () => {
  const { spool } = await judged({
    prepend: (id, { recipients }, { session }) =>
      Buffer.from(`X-Trace: ${id} ${session.protocol()} ${recipients.length}\r\n`),
  });
  const [id = ''] = await spool.waitForCount(1);
  assert.equal(await contentOf(spool, id), `X-Trace: ${id} ESMTP 1\r\n${content}`);
});

test('a prepend that fails: 451, nothing is kept', async () => {
  const { said, spool, session } = await judged({
    prepend: () => {
      throw new Error('no clock');
    },
  });
  assert.match(said, /\r\n451 4\.3\.0 /);
  assert.equal(await spool.count(), 0);
  assert.equal((session.errors[0] as Error).message, 'no clock');
});

test('LMTP: custody is for all recipients (RFC 2033 §4.2)', async () => {
  const spool = new MemorySpool();
  const session = new TestSession(spoolTo(spool), lmtp);
  const said = await session.say('LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n.\r\n');
  assert.match(said, /\r\n354 .*\r\n250 2\.0\.0 Queued as (\S+)\r\n250 2\.0\.0 Queued as \1\r\n$/);
});

test('each commit is traced, with its session', async () => {
  const seen: CommitTrace[] = [];
  const listen = (trace: unknown) => void seen.push(trace as CommitTrace);
  const started = channel('tracing:mailwright:reception.commit:start');
  started.subscribe(listen);
  try {
    const { spool } = await judged({});
    const [id] = await spool.waitForCount(1);
    assert.deepEqual(
      seen.map((trace) => [trace.id, trace.session, trace.size]),
      [[id, 'session', content.length]],
    );
  } finally {
    started.unsubscribe(listen);
  }
});

test('RFC 5321 §4.4: receivedBy tells who sent the message, how, when, and under which id', async () => {
  const spool = new MemorySpool();
  const prepend = receivedBy('mx.example.org', { now: () => now });
  const session = new TestSession(spoolTo(spool, { prepend }), mx, tls);
  await session.say(message);
  const [id = ''] = await spool.waitForCount(1);
  assert.equal(
    await contentOf(spool, id),
    'Received: from client.example ([IPv6:2001:db8::1])\r\n' +
      `\tby mx.example.org with ESMTPS id ${id}\r\n` +
      '\tfor <b@example.net> tls TLS_AES_256_GCM_SHA384;\r\n' +
      `\tThu, 1 Jan 2026 00:00:00 +0000\r\n${content}`,
  );
});

test('RFC 5321 §7.2: receivedBy names no recipient where there are several', async () => {
  const spool = new MemorySpool();
  const session = new TestSession(spoolTo(spool, { prepend: receivedBy('mx.example.org') }), mx);
  await session.say(message.replace('DATA', 'RCPT TO:<blind@example.net>\r\nDATA'));
  const [id = ''] = await spool.waitForCount(1);
  assert.doesNotMatch(await contentOf(spool, id), /for </);
});

function factsOf(chunks: readonly string[]): HeaderFacts {
  const facts = new HeaderFacts();
  for (const chunk of chunks) facts.write(Buffer.from(chunk));
  facts.end();
  return facts;
}

const hop = 'Received: from a\r\n\tby b; Thu, 1 Jan 2026 00:00:00 +0000\r\n';
const header = `${hop}X-Received: 1\r\nreceived: x\r\nSubject: Received: y\r\n${hop}\r\nReceived: in the body\r\n`;

test('RFC 5321 §6.3: a message with too many hops goes in circles, however its octets come', async () => {
  for (let cut = 1; cut < header.length; cut++) {
    assert.equal(factsOf([header.slice(0, cut), header.slice(cut)]).hops, 3, `cut at ${cut}`);
  }
  for (const [hopLimit, code] of [
    [2, '554 5.4.6'],
    [3, '250 2.0.0'],
  ] as const) {
    const spool = new MemorySpool();
    const session = new TestSession(spoolTo(spool, { hopLimit }), mx);
    const said = await session.say(`${opening}DATA\r\n${header}.\r\n`);
    assert.equal(said.split('\r\n').at(-2)?.slice(0, 9), code);
    assert.equal(await spool.count(), hopLimit === 3 ? 1 : 0);
  }
});

suite('RFC 8689 §3: TLS-Required', () => {
  for (const [name, fields, isNo] of [
    ['No', 'TLS-Required: No\r\n', true],
    ['in any case, without a blank', 'tls-required:no\r\n', true],
    ['folded, behind a long field', `X: ${'y'.repeat(200)}\r\n z\r\nTLS-Required:\r\n\tNO \r\n`, true],
    ['the end of a header section without a body', 'Subject: x\r\nTLS-Required: No', true],
    ['another word', 'TLS-Required: Yes\r\n', false],
    ['more than a word', `TLS-Required: ${' '.repeat(60)}x${' '.repeat(60)}No\r\n`, false],
    ['more than one field', 'TLS-Required: No\r\nTLS-Required: No\r\n', false],
    ['within another field', 'Subject: a\r\n TLS-Required: No\r\n', false],
    ['in the body', 'Subject: a\r\n\r\nTLS-Required: No\r\n', false],
  ] as const) {
    test(`${name}, however its octets come`, () => {
      for (let cut = 0; cut <= fields.length; cut++) {
        const { tlsRequiredNo: found } = factsOf([fields.slice(0, cut), fields.slice(cut)]);
        assert.equal(found, isNo, `cut at ${cut}`);
      }
      assert.equal(factsOf([...fields]).tlsRequiredNo, isNo, 'octet by octet');
    });
  }

  test('a header section without an end costs a bounded memory, and is looked at only so far', () => {
    const facts = new HeaderFacts();
    const chunk = Buffer.from('x'.repeat(65_536));
    for (let chunks = 0; chunks < 16; chunks++) facts.write(chunk);
    facts.write(Buffer.from('\r\nTLS-Required: No\r\n\r\n'));
    facts.end();
    assert.equal(facts.tlsRequiredNo, false);
  });

  test('is noted with the message beside what its judge notes, and REQUIRETLS goes before it (§4.1)', async () => {
    const spool = new MemorySpool();
    const judge = () => ({ metadata: { judge: 1 } });
    const session = new TestSession(spoolTo(spool, { judge }), mx);
    await session.say(`${opening}DATA\r\nTLS-Required: No\r\n\r\ntext\r\n.\r\n`);
    const [id = ''] = await spool.waitForCount(1);
    const context = await spool.context(id);
    assert.deepEqual(context.metadata, { judge: 1, tlsRequired: 'no' });
    assert.equal(tlsRequiredNo(context), true);
    assert.equal(tlsRequiredNo({ ...context, metadata: {} }), false);
    assert.equal(tlsRequiredNo({ ...context, envelope: { ...context.envelope, requireTls: true } }), false);
  });
});
