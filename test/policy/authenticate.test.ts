/** authenticate(): all verdicts of one message in one pass (RFC 8601, RFC 9989 §5.3). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAuthenticationResults } from 'mailwright/authres';
import { generateDkimKey, signDkim } from 'mailwright/dkim';
import { observeMessage } from 'mailwright/dmarc';
import { type Resolver, type Zone, ZoneResolver } from 'mailwright/dns';
import {
  type AuthenticateOptions,
  type Authenticity,
  authenticate,
  type ConnectionFacts,
  observedMessage,
} from 'mailwright/policy';
import { SigningKey } from 'mailwright/signature';

const { privateKey, record } = await generateDkimKey('ed25519');
const key = new SigningKey({ domain: 'example.com', selector: 'a', privateKey });

const zone: Zone = {
  'example.com': { TXT: ['v=spf1 ip4:192.0.2.1 -all'] },
  'a._domainkey.example.com': { TXT: [record] },
  '_dmarc.example.com': { TXT: ['v=DMARC1; p=reject'] },
  '1.2.0.192.in-addr.arpa': { PTR: ['mx.example.com'] },
  'mx.example.com': { A: ['192.0.2.1'] },
};
const facts: ConnectionFacts = { ip: '192.0.2.1', helo: 'mx.example.com', mailFrom: 'bob@example.com' };
const options: AuthenticateOptions = { authservId: 'mx.example.org' };

const unsigned = Buffer.from('From: Bob <bob@example.com>\r\nSubject: Hi\r\n\r\nHello\r\n');
const signed = Buffer.concat([await signDkim(unsigned, { keys: [key] }), unsigned]);

function check(
  message: Uint8Array,
  more: Partial<ConnectionFacts> = {},
  records: Zone = {},
  others: Partial<AuthenticateOptions> = {},
): Promise<Authenticity> {
  return authenticate(message, { ...facts, ...more }, new ZoneResolver({ ...zone, ...records }), {
    ...options,
    ...others,
  });
}

test('everything passes, and the field says so', async () => {
  const found = await check(signed);
  const beginning = /header\.b=[^;\s]+/;
  assert.equal(
    found.field.replace(beginning, 'header.b=...'),
    [
      'Authentication-Results: mx.example.org;',
      '\tiprev=pass (mx.example.com) policy.iprev=192.0.2.1;',
      '\tspf=pass smtp.mailfrom=example.com;',
      '\tdkim=pass header.d=example.com header.i=@example.com header.s=a',
      '\theader.a=ed25519-sha256 header.b=...;',
      '\tdmarc=pass (p=reject) header.from=example.com policy.dmarc=reject',
      '',
    ].join('\r\n'),
  );
  assert.deepEqual(found.dmarc.aligned, { dkim: true, spf: true });
  assert.equal(found.arc.status, 'none');
});

const cases: readonly [
  what: string,
  message: Uint8Array,
  facts: Partial<ConnectionFacts>,
  zone: Zone,
  says: string,
][] = [
  ['forged', unsigned, { ip: '192.0.2.9' }, {}, 'spf=fail dkim=none dmarc=fail reject'],
  [
    'forwarded: the signature alone',
    signed,
    { ip: '192.0.2.9', mailFrom: 'list@example.net' },
    {},
    'spf=none dkim=pass dmarc=pass none',
  ],
  [
    'changed on its way',
    Buffer.concat([signed, Buffer.from('More\r\n')]),
    { ip: '192.0.2.9' },
    {},
    'spf=fail dkim=fail dmarc=fail reject',
  ],
  ['without an address of the client', signed, { ip: null }, {}, 'spf=none dkim=pass dmarc=pass none'],
  // RFC 7208 §2.4: the null path is postmaster at the HELO name, and DMARC heeds that.
  [
    'a bounce',
    unsigned,
    { mailFrom: null },
    { 'mx.example.com': { TXT: ['v=spf1 ip4:192.0.2.1'] } },
    'spf=pass dkim=none dmarc=pass none',
  ],
  [
    'the envelope as the machine has it',
    unsigned,
    { mailFrom: { localPart: 'bob', domain: 'Example.COM' } },
    {},
    'spf=pass dkim=none dmarc=pass none',
  ],
  [
    'no answer about the key',
    signed,
    { ip: '192.0.2.9' },
    { 'a._domainkey.example.com': 'TIMEOUT' },
    'spf=fail dkim=temperror dmarc=temperror none',
  ],
  ['no record', unsigned, {}, { '_dmarc.example.com': {} }, 'spf=pass dkim=none dmarc=none none'],
  ['no author', Buffer.from('Subject: Hi\r\n\r\n'), {}, {}, 'spf=pass dkim=none dmarc=none none'],
  [
    'two authors',
    Buffer.from('From: a@example.com\r\nFrom: b@example.net\r\n\r\n'),
    {},
    {},
    'spf=pass dkim=none dmarc=none none',
  ],
  ['nothing at all', new Uint8Array(), {}, {}, 'spf=pass dkim=none dmarc=none none'],
];

for (const [what, message, more, records, says] of cases) {
  test(`authenticate: ${what}`, async () => {
    const { spf, dkim, dmarc } = await check(message, more, records);
    const statuses = dkim.map(({ status }) => status).join(',');
    assert.equal(`spf=${spf.result} dkim=${statuses} dmarc=${dmarc.result} ${dmarc.disposition}`, says);
  });
}

test('several authors do not evade the policy of one (RFC 9989 §11.5)', async () => {
  const strict = { '_dmarc.example.net': { TXT: ['v=DMARC1; p=quarantine'] } };
  const cases: readonly [header: string, says: string][] = [
    ['From: a@example.com\r\nFrom: b@example.org', 'fail reject'],
    ['From: a@example.org, b@example.com', 'fail reject'],
    ['From: a@example.net, b@example.com', 'fail reject'],
    ['From: a@example.net, b@example.org', 'fail quarantine'],
    ['From: a@example.org, b@example.edu', 'none none'],
    [`From: ${Array.from({ length: 50 }, (_, index) => `a@d${index}.example`).join(', ')}`, 'none none'],
  ];
  for (const [header, says] of cases) {
    const message = Buffer.from(`${header}\r\n\r\n`);
    const { dmarc } = await check(message, { mailFrom: 'x@example.org' }, strict);
    assert.equal(`${dmarc.result} ${dmarc.disposition}`, says, header.slice(0, 60));
  }
});

test('names that no host may have do not evade a policy', async () => {
  const records = {
    '_dmarc.a_b.example': { TXT: ['v=DMARC1; p=reject'] },
    '_dmarc.xn--bcher-kva.example': { TXT: ['v=DMARC1; p=reject'] },
  };
  for (const domain of ['a_b.example', 'A_B.example', 'bücher.example', 'xn--bcher-kva.example']) {
    const { dmarc } = await check(Buffer.from(`From: x@${domain}\r\n\r\n`), {}, records);
    assert.equal(dmarc.disposition, 'reject', domain);
  }
});

test('any split of a message into chunks gives the same field', async () => {
  const { field } = await check(signed);
  const resolver = new ZoneResolver(zone);
  for (const size of [1, 2, 3, 7, 100]) {
    const chunks = async function* () {
      for (let at = 0; at < signed.length; at += size) yield signed.subarray(at, at + size);
    };
    assert.equal((await authenticate(chunks(), facts, resolver, options)).field, field);
  }
});

test('reverse DNS is asked only where it is wanted', async () => {
  const resolver = new ZoneResolver(zone);
  const { iprev, field } = await authenticate(unsigned, facts, resolver, { ...options, iprev: false });
  assert.equal(iprev, null);
  assert.doesNotMatch(field, /iprev/);
  assert.equal(resolver.queries.get('PTR 1.2.0.192.in-addr.arpa'), undefined);
});

test('a header section over its bound is told, and nothing in it is believed', async () => {
  const found = await check(Buffer.concat([Buffer.alloc(2_000_000, 'X-A: b\r\n'), unsigned]));
  assert.equal(found.header, null);
  assert.equal(found.dmarc.reason, 'no-author-domain');
});

test('what a peer chooses stays within its value in the field', async () => {
  const { field } = await check(unsigned, { mailFrom: 'a@"x; dmarc=pass (\r\n"', helo: 'x\r\nX: y' });
  assert.equal(field.split('\r\n').filter((line) => /^[^\t]/.test(line)).length, 1);
  const read = parseAuthenticationResults(field.slice('Authentication-Results:'.length));
  const methods = read?.results.map(({ method, result }) => `${method}=${result}`);
  assert.deepEqual(methods, ['iprev=pass', 'spf=none', 'dkim=none', 'dmarc=fail']);
});

test('a signal ends every wait', async () => {
  const never: Resolver = {
    resolve: (_name, _type, waiting) =>
      new Promise((resolve) => {
        const failed = { status: 'failure', why: 'aborted', text: 'aborted' } as const;
        waiting?.signal?.addEventListener('abort', () => resolve(failed), { once: true });
        if (waiting?.signal?.aborted) resolve(failed);
      }),
  };
  const { spf, dmarc } = await authenticate(signed, facts, never, {
    ...options,
    signal: AbortSignal.timeout(20),
  });
  assert.deepEqual([spf.result, dmarc.result], ['temperror', 'temperror']);
});

test('ten thousand signatures cost ten questions', async () => {
  const field = signed.subarray(0, signed.length - unsigned.length);
  const flood = Buffer.concat([...Array.from({ length: 500 }, () => field), unsigned]);
  const resolver = new ZoneResolver(zone);
  const { dkim } = await authenticate(flood, facts, resolver, options);
  assert.ok(dkim.length <= 11);
  assert.ok(resolver.queryCount <= 20, `${resolver.queryCount} questions`);
});

test('what was found becomes a row of an aggregate report', async () => {
  const found = await check(signed, { ip: '192.0.2.9', mailFrom: null });
  const seen = observeMessage(observedMessage(found, { sourceIp: '192.0.2.9' }));
  assert.deepEqual(seen?.record, {
    sourceIp: '192.0.2.9',
    count: 1,
    disposition: 'pass',
    dkim: 'pass',
    spf: 'fail',
    overrides: [],
    headerFrom: 'example.com',
    envelopeFrom: '',
    envelopeTo: null,
    dkimResults: [{ domain: 'example.com', selector: 'a', result: 'pass' }],
    spfResults: [{ domain: 'mx.example.com', scope: 'mfrom', result: 'none' }],
    extensions: [],
  });
});
