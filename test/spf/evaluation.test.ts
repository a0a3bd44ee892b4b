/** Results, and how they come about. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Resolver, type Zone, type ZoneRecords, ZoneResolver } from 'mailwright/dns';
import { checkHelo, checkMailFrom, explainSpf, type SpfResult } from 'mailwright/spf';

const client = { ip: '192.0.2.1', helo: 'mx.example.com', mailFrom: 'bob@example.com' };

function check(record: string, zone: Zone = {}, ip = client.ip) {
  const all = { 'example.com': { TXT: [record] }, ...zone };
  return checkMailFrom({ ...client, ip }, new ZoneResolver(all));
}

const addresses: Zone = {
  'v4.example': { A: ['192.0.2.99', '198.51.100.7'] },
  'v6.example': { AAAA: ['2001:DB8:0:1::99'] },
  'mail.example': {
    MX: [
      { preference: 10, exchange: 'v4.example' },
      { preference: 20, exchange: 'v6.example' },
    ],
  },
  'null.example': { MX: [{ preference: 0, exchange: '' }] },
  'slow.example': 'TIMEOUT',
  'slowmx.example': { MX: [{ preference: 1, exchange: 'slow.example' }] },
  'pass.example': { TXT: ['v=spf1 +all'] },
  'fail.example': { TXT: ['v=spf1 -all exp=why.example'] },
  'soft.example': { TXT: ['v=spf1 ~all'] },
  'neutral.example': { TXT: ['v=spf1'] },
  'broken.example': { TXT: ['v=spf1 nonsense'] },
  'two.example': { TXT: ['v=spf1 -all', 'v=spf1 +all'] },
  'none.example': { TXT: ['something else'] },
  'why.example': { TXT: ['because'] },
};

describe('IPv4 client 192.0.2.1', () => {
  const table: readonly (readonly [string, SpfResult])[] = [
    ['v=spf1', 'neutral'],
    ['v=spf1 +all', 'pass'],
    ['v=spf1 -all', 'fail'],
    ['v=spf1 ~all', 'softfail'],
    ['v=spf1 ?all', 'neutral'],
    ['v=spf1 ip4:192.0.2.1 -all', 'pass'],
    ['v=spf1 ip4:192.0.2.2 -all', 'fail'],
    ['v=spf1 ip4:192.0.2.254/24 -all', 'pass'],
    ['v=spf1 ip4:192.0.2.2/31 -all', 'fail'],
    ['v=spf1 ip4:192.0.2.0/31 -all', 'pass'],
    ['v=spf1 ip4:255.255.255.255/0 -all', 'pass'],
    ['v=spf1 ip6:::/0 -all', 'fail'], // RFC 7208 §5.6: an IPv4 address matches no ip6
    ['v=spf1 ip6:::ffff:192.0.2.1 -all', 'fail'],
    ['v=spf1 a:v4.example -all', 'fail'],
    ['v=spf1 a:v4.example/24 -all', 'pass'],
    ['v=spf1 a:v4.example//0 -all', 'fail'],
    ['v=spf1 a:v6.example/0 -all', 'fail'],
    ['v=spf1 a:nowhere.example -all', 'fail'],
    ['v=spf1 a:slow.example -all', 'temperror'],
    ['v=spf1 mx:mail.example/24 -all', 'pass'],
    ['v=spf1 mx:mail.example -all', 'fail'],
    ['v=spf1 mx:v4.example/0 -all', 'fail'], // RFC 7208 §5.4: no MX is no match
    ['v=spf1 mx:null.example -all', 'fail'],
    ['v=spf1 mx:slow.example -all', 'temperror'],
    ['v=spf1 mx:slowmx.example -all', 'temperror'],
    ['v=spf1 exists:v4.example -all', 'pass'],
    ['v=spf1 exists:v6.example -all', 'fail'],
    ['v=spf1 exists:slow.example -all', 'temperror'],
    ['v=spf1 include:pass.example -all', 'pass'], // RFC 7208 §5.2
    ['v=spf1 ?include:pass.example -all', 'neutral'],
    ['v=spf1 include:fail.example ~all', 'softfail'],
    ['v=spf1 include:soft.example -all', 'fail'],
    ['v=spf1 include:neutral.example -all', 'fail'],
    ['v=spf1 include:slow.example -all', 'temperror'],
    ['v=spf1 include:broken.example +all', 'permerror'],
    ['v=spf1 include:two.example +all', 'permerror'],
    ['v=spf1 include:none.example +all', 'permerror'],
    ['v=spf1 include:nowhere.example +all', 'permerror'],
    ['v=spf1 redirect=pass.example', 'pass'], // RFC 7208 §6.1
    ['v=spf1 redirect=fail.example', 'fail'],
    ['v=spf1 redirect=fail.example ?all', 'neutral'],
    ['v=spf1 redirect=none.example', 'permerror'],
    ['v=spf1 redirect=nowhere.example', 'permerror'],
    ['v=spf1 redirect=slow.example', 'temperror'],
    ['v=spf1 redirect=broken.example', 'permerror'],
    ['v=spf1 redirect=a..example', 'permerror'],
    ['v=spf1 redirect=%{h1}', 'permerror'],
    ['v=spf1 +all nonsense', 'permerror'], // RFC 7208 §4.6: faults anywhere
  ];
  for (const [record, result] of table) {
    test(`${record}: ${result}`, async () => assert.equal((await check(record, addresses)).result, result));
  }
});

describe('IPv6 client 2001:db8:0:1::1', () => {
  const table: readonly (readonly [string, SpfResult])[] = [
    ['v=spf1 ip4:0.0.0.0/0 -all', 'fail'],
    ['v=spf1 ip6:2001:db8:0:1::1 -all', 'pass'],
    ['v=spf1 ip6:2001:db8::/47 -all', 'pass'],
    ['v=spf1 ip6:2001:db8:0:2::/63 -all', 'fail'],
    ['v=spf1 ip6:2001:db8:0:0::/63 -all', 'pass'],
    ['v=spf1 ip6:::/0 -all', 'pass'],
    ['v=spf1 a:v6.example//64 -all', 'pass'],
    ['v=spf1 a:v6.example/0 -all', 'fail'],
    ['v=spf1 a:v4.example//0 -all', 'fail'],
    ['v=spf1 mx:mail.example//64 -all', 'pass'],
    ['v=spf1 exists:v6.example -all', 'fail'],
  ];
  for (const [record, result] of table) {
    test(`${record}: ${result}`, async () => {
      assert.equal((await check(record, addresses, '2001:db8:0:1::1')).result, result);
    });
  }

  test('IPv4 within IPv6 is IPv4 (RFC 7208 §5)', async () => {
    assert.equal((await check('v=spf1 ip4:192.0.2.1 -all', {}, '::ffff:192.0.2.1')).result, 'pass');
    assert.equal((await check('v=spf1 ip4:192.0.2.1 -all', {}, '::FFFF:C000:201')).result, 'pass');
  });
});

describe('ptr (RFC 7208 §5.5)', () => {
  const reverse = '1.2.0.192.in-addr.arpa';
  const host: ZoneRecords = { A: ['192.0.2.1'] };
  const table: readonly (readonly [string, Zone, SpfResult])[] = [
    ['v=spf1 ptr -all', { [reverse]: { PTR: ['MX.Example.Com.'] }, 'mx.example.com': host }, 'pass'],
    [
      'v=spf1 ptr:other.example -all',
      { [reverse]: { PTR: ['mx.example.com'] }, 'mx.example.com': host },
      'fail',
    ],
    [
      'v=spf1 ptr:other.example -all',
      { [reverse]: { PTR: ['other.example'] }, 'other.example': host },
      'pass',
    ],
    [
      'v=spf1 ptr:other.example -all',
      { [reverse]: { PTR: ['another.example'] }, 'another.example': host },
      'fail',
    ],
    ['v=spf1 ptr -all', { [reverse]: { PTR: ['mx.example.com'] } }, 'fail'],
    ['v=spf1 ptr -all', { [reverse]: { PTR: ['mx.example.com'] }, 'mx.example.com': 'TIMEOUT' }, 'fail'],
    [
      'v=spf1 ptr -all',
      {
        [reverse]: { PTR: ['a.example.com', 'b.example.com'] },
        'a.example.com': 'TIMEOUT',
        'b.example.com': host,
      },
      'pass',
    ],
    ['v=spf1 ptr -all', { [reverse]: 'TIMEOUT' }, 'fail'],
    ['v=spf1 ptr -all', {}, 'fail'],
  ];
  for (const [record, zone, result] of table) {
    test(`${record}, ${JSON.stringify(zone)}`, async () =>
      assert.equal((await check(record, zone)).result, result));
  }
});

describe('identities', () => {
  const zone = new ZoneResolver({
    'example.com': { TXT: ['v=spf1 ip4:192.0.2.1 -all'] },
    'mx.example.com': { TXT: ['v=spf1 -all exp=why.example'] },
    'why.example': { TXT: ['%{s} from %{d}'] },
    'xn--bcher-kva.example': { TXT: ['v=spf1 -all exp=why.example'] },
  });

  test('MAIL FROM, and HELO where it is empty (RFC 7208 §2.4)', async () => {
    const sender = await checkMailFrom(client, zone);
    assert.deepEqual([sender.result, sender.identity, sender.domain], ['pass', 'mailfrom', 'example.com']);
    const bounce = await checkMailFrom({ ...client, mailFrom: '' }, zone);
    assert.deepEqual([bounce.result, bounce.identity, bounce.domain], ['fail', 'helo', 'mx.example.com']);
    assert.equal(bounce.explanation, 'postmaster@mx.example.com from mx.example.com');
    assert.deepEqual(await checkHelo(client, zone), bounce);
  });

  test('the domain is behind the last @; without a local-part it is postmaster (RFC 7208 §4.3)', async () => {
    const explanations = ['"a@b"@mx.example.com', '@mx.example.com', 'mx.example.com'].map(
      async (mailFrom) => (await checkMailFrom({ ...client, mailFrom }, zone)).explanation,
    );
    assert.deepEqual(await Promise.all(explanations), [
      '"a@b"@mx.example.com from mx.example.com',
      'postmaster@mx.example.com from mx.example.com',
      'postmaster@mx.example.com from mx.example.com',
    ]);
  });

  test('U-labels are checked as A-labels (RFC 8616 §4)', async () => {
    const verdict = await checkMailFrom({ ...client, mailFrom: 'bob@Bücher.example' }, zone);
    assert.equal(verdict.domain, 'xn--bcher-kva.example');
    assert.equal(verdict.explanation, 'bob@xn--bcher-kva.example from xn--bcher-kva.example');
  });

  test('what is no domain, or no address, is none', async () => {
    const label = 'a'.repeat(64);
    for (const mailFrom of [
      'a@[192.0.2.1]',
      'a@localhost',
      `a@${label}.example`,
      'a@b..example',
      'a@',
      'a@ü..x',
      'a@.',
    ]) {
      assert.equal((await checkMailFrom({ ...client, mailFrom }, zone)).result, 'none', mailFrom);
    }
    for (const ip of ['', 'unix', '192.0.2', '[192.0.2.1]']) {
      assert.equal((await checkMailFrom({ ...client, ip }, zone)).result, 'none', ip);
    }
    assert.equal((await checkHelo({ ip: client.ip, helo: '[192.0.2.1]' }, zone)).result, 'none');
  });
});

describe('explanations (RFC 7208 §6.2)', () => {
  const explanation = async (record: string, zone: Zone) => (await check(record, zone)).explanation;

  test('are of the record that failed, not of one that includes or redirects to it', async () => {
    const zone: Zone = { ...addresses, 'mine.example': { TXT: ['mine'] } };
    assert.equal(await explanation('v=spf1 redirect=fail.example exp=mine.example', zone), 'because');
    assert.equal(await explanation('v=spf1 include:fail.example -all exp=mine.example', zone), 'mine');
    assert.equal(await explanation('v=spf1 include:fail.example -all', zone), undefined);
    assert.equal(await explanation('v=spf1 ~all exp=mine.example', zone), undefined);
  });

  test('are absent whenever anything is wrong with them, and count for no limit', async () => {
    const record = 'v=spf1 a:x1.example a:x2.example -all exp=why.example';
    for (const records of [
      {},
      { TXT: ['a', 'b'] },
      { TXT: ['%{x}'] },
      { TXT: [] },
      'TIMEOUT',
      'SERVFAIL',
    ] as const) {
      const verdict = await check(record, { 'why.example': records });
      assert.deepEqual([verdict.result, verdict.explanation], ['fail', undefined]);
      assert.deepEqual([verdict.lookups, verdict.voidLookups], [2, 2]);
    }
  });

  test('are no longer than a reply can be', async () => {
    const flood = { 'why.example': { TXT: ['%{s}'.repeat(16_000)] } };
    assert.equal(await explanation('v=spf1 -all exp=why.example', flood), undefined);
  });
});

test('the verdict tells what decided', async () => {
  const verdict = await check('v=spf1 a:nowhere.example ip4:192.0.2.0/24 -all');
  assert.deepEqual(verdict, {
    result: 'pass',
    identity: 'mailfrom',
    domain: 'example.com',
    reason: 'ip4:192.0.2.0/24',
    directive: 'ip4:192.0.2.0/24',
    lookups: 1,
    voidLookups: 1,
  });
});

test('the trace tells every step, for people', async () => {
  const zone = new ZoneResolver({
    ...addresses,
    'example.com': { TXT: ['v=spf1 a:slow.v4.example include:soft.example redirect=fail.example'] },
  });
  const { trace = [] } = await checkMailFrom(client, zone, { trace: true });
  assert.deepEqual(explainSpf(trace).split('\n'), [
    'TXT example.com: 1 record',
    'example.com: v=spf1 a:slow.v4.example include:soft.example redirect=fail.example',
    'A slow.v4.example: nxdomain',
    '  a:slow.v4.example: no match',
    '  TXT soft.example: 1 record',
    '  soft.example: v=spf1 ~all',
    '    ~all: match',
    '  soft.example: softfail (~all)',
    '  include:soft.example: no match',
    '  redirect to fail.example',
    '  TXT fail.example: 1 record',
    '  fail.example: v=spf1 -all exp=why.example',
    '    -all: match',
    '  fail.example: fail (-all)',
    'example.com: fail (-all)',
    'TXT why.example: 1 record',
  ]);
});

test('texts of strangers come out printable', async () => {
  const zone: Zone = {
    'slow\r\nname.example': 'TIMEOUT',
    'mail.example': { MX: [{ preference: 1, exchange: 'slow\r\nname.example' }] },
  };
  const { reason } = await check('v=spf1 mx:mail.example', zone);
  assert.equal(reason, 'slow??name.example: timeout');
  assert.match((await check('v=spf1 \x00\xff\r\n')).reason, /^[ -~]+$/);
});

describe('limits', () => {
  /** What the client's own resolver is asked, at the most, for a check of the worst that a domain can publish. */
  const count = async (zone: Zone, mailFrom = 'bob@example.com') => {
    const resolver = new ZoneResolver(zone);
    const verdict = await checkMailFrom({ ...client, mailFrom }, resolver);
    return { result: verdict.result, lookups: verdict.lookups, queries: resolver.queryCount };
  };
  const txt = (text: string) => ({ TXT: [text] });

  test('ten terms that ask DNS, wherever they stand (RFC 7208 §4.6.4)', async () => {
    const zone = {
      'v4.example': { A: ['192.0.2.77'] },
      'inc.example': txt(`v=spf1 ${'a:v4.example '.repeat(4)}`),
    };
    const record = (terms: number) => txt(`v=spf1 include:inc.example ${'a:v4.example '.repeat(terms)} +all`);
    assert.equal((await count({ ...zone, 'example.com': record(5) })).result, 'pass');
    assert.equal((await count({ ...zone, 'example.com': record(6) })).result, 'permerror');
  });

  test('records that lead to themselves end', async () => {
    for (const terms of [
      'include:example.com',
      'redirect=example.com',
      'redirect=%{d}',
      'include:%{o} -all',
    ]) {
      const { result, queries } = await count({ 'example.com': txt(`v=spf1 ${terms}`) });
      assert.equal(result, 'permerror', terms);
      assert.equal(queries, 11, terms);
    }
    const fan = await count({ 'example.com': txt(`v=spf1 ${'include:example.com '.repeat(10)}`) });
    assert.equal(fan.queries, 11);
  });

  test('two void lookups (RFC 7208 §4.6.4), or as many as the host says', async () => {
    const record = txt('v=spf1 a:x.example mx:y.example exists:z.example +all');
    assert.equal((await count({ 'example.com': record })).result, 'permerror');
    const resolver = new ZoneResolver({ 'example.com': record });
    const verdict = await checkMailFrom(client, resolver, { maxVoidLookups: 3 });
    assert.deepEqual([verdict.result, verdict.voidLookups], ['pass', 3]);
  });

  test('ten hosts of an MX; more are a fault of the record', async () => {
    const hosts = (number: number) =>
      Array.from({ length: number }, (_, at) => ({ preference: at, exchange: `mx${at}.example` }));
    const ten = await count({ 'example.com': { ...txt('v=spf1 mx -all'), MX: hosts(10) } });
    assert.deepEqual(ten, { result: 'fail', lookups: 1, queries: 12 });
    const eleven = await count({ 'example.com': { ...txt('v=spf1 mx -all'), MX: hosts(11) } });
    assert.deepEqual(eleven, { result: 'permerror', lookups: 1, queries: 2 });
  });

  test('ten names of the client; the others are not looked at', async () => {
    const names = Array.from({ length: 1000 }, (_, at) => `h${at}.example.com`);
    const zone: Zone = { '1.2.0.192.in-addr.arpa': { PTR: names }, 'h10.example.com': { A: ['192.0.2.1'] } };
    const { result, queries } = await count({ ...zone, 'example.com': txt('v=spf1 ptr ptr ptr -all') });
    assert.equal(result, 'fail');
    assert.equal(queries, 1 + 1 + 10, 'each of them once');
  });

  test('the lookup for %{p} counts as one term, once', async () => {
    const zone = { 'v4.example': { A: ['192.0.2.77'] } };
    const record = (terms: number) =>
      txt(
        `v=spf1 ${'a:v4.example '.repeat(terms)} exists:%{p}.example ${'-exists:%{p}.example '.repeat(2)} +all`,
      );
    const answers = { 'unknown.example': { AAAA: ['::1'] } };
    const options = { maxVoidLookups: 9 };
    const result = async (terms: number) => {
      const resolver = new ZoneResolver({ ...zone, ...answers, 'example.com': record(terms) });
      return (await checkMailFrom(client, resolver, options)).result;
    };
    assert.equal(await result(6), 'pass');
    assert.equal(await result(7), 'permerror');
  });

  test('the worst records ask about a hundred times, whatever its size', async () => {
    const hosts = Array.from({ length: 10 }, (_, at) => ({ preference: at, exchange: `mx${at}.example` }));
    const record = `v=spf1 ${'mx '.repeat(15_000)} -all`;
    const { result, queries } = await count({ 'example.com': { ...txt(record), MX: hosts } });
    assert.equal(result, 'permerror');
    assert.equal(queries, 1 + 10 * 11);
    // With the client's names in between: the PTR records are a term, and each of ten names is asked for once.
    const names = Array.from({ length: 20 }, (_, at) => `h${at}.example.com`);
    const named = await count({
      '1.2.0.192.in-addr.arpa': { PTR: names },
      'example.com': { ...txt(`v=spf1 exists:%{p}.x ptr ${'mx '.repeat(9)}`), MX: hosts },
    });
    // The record, PTR, its names, exists; then as many terms as are left.
    assert.deepEqual(named, { result: 'permerror', lookups: 10, queries: 1 + 1 + 10 + 1 + 7 * 11 });
  });

  test('records and macros of 64 kB are read at their length', async () => {
    const bombs = [
      `v=spf1 ${'ip4:198.51.100.1 '.repeat(3800)}+all`,
      `v=spf1 exists:${'%{s}'.repeat(16_000)} +all`,
      `v=spf1 exists:${'%{l1-}'.repeat(10_000)} +all`,
      `v=spf1 exists:%{l${'-'.repeat(64_000)}} +all`,
      `v=spf1 x=${'%{d'.repeat(21_000)}`,
      `v=spf1 ${'x='.repeat(32_000)} +all`,
      `v=spf1 a:${'.'.repeat(65_000)}com +all`,
      `v=spf1 a${'/'.repeat(65_000)} +all`,
      `v=spf1 ${'%'.repeat(65_000)}`,
    ];
    const results = await Promise.all(
      bombs.map(async (bomb) => {
        const mailFrom = `${'-'.repeat(64)}@example.com`;
        return (await count({ 'example.com': txt(bomb) }, mailFrom)).result;
      }),
    );
    const valid = results.map((result) => result === 'pass');
    assert.deepEqual(valid, [true, true, true, true, false, true, true, false, false]);
  });

  test('time, as the signal says', async () => {
    const stuck: Resolver = {
      resolve: (_name, _type, { signal } = {}) =>
        new Promise((resolve) => {
          signal?.addEventListener('abort', () => resolve({ status: 'failure', why: 'aborted', text: '' }));
        }),
    };
    const control = new AbortController();
    setTimeout(() => control.abort(), 5);
    const verdict = await checkMailFrom(client, stuck, { signal: control.signal });
    assert.deepEqual([verdict.result, verdict.reason], ['temperror', 'example.com: aborted']);
  });

  test('of itself a check ends after 20 seconds of waiting; without waiting there is no timer', async () => {
    const signals: (AbortSignal | undefined)[] = [];
    const known = new ZoneResolver({ 'example.com': txt('v=spf1 a:x.example a:y.example -all') });
    const waiting: Resolver = {
      resolve: async (name, type, options) => {
        signals.push(options?.signal);
        return known.resolve(name, type);
      },
    };
    await checkMailFrom(client, waiting);
    assert.equal(signals.length, 3);
    assert.ok(signals[0] instanceof AbortSignal && signals.every((signal) => signal === signals[0]));
  });
});
