import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { type FamilyOrder, type MxRouteOptions, mxRoutes } from 'mailwright/delivery';
import type { Zone } from 'mailwright/dns';
import { SeededRandom } from 'mailwright/testing';
import { inShort, routeTo, Survey, siteOf, still } from './survey.ts';
import { hosts, mx } from './zones.ts';

async function find(
  records: Zone,
  options: Partial<MxRouteOptions> = {},
  domain = 'example.org',
): Promise<string> {
  const survey = new Survey();
  const router = mxRoutes({ ...still({ ...hosts, ...records }, survey), ...options });
  return inShort(await siteOf(routeTo(router, domain), survey));
}

suite('servers of a domain', () => {
  const table: [what: string, records: Zone, expected: string][] = [
    ['one MX record', { 'example.org': mx([10, 'mx1.example']) }, 'mx1.example 192.0.2.1'],
    [
      'the lowest preference goes first (RFC 5321 §5.1)',
      { 'example.org': mx([20, 'mx2.example'], [5, 'mx3.example'], [10, 'mx1.example']) },
      'mx3.example 2001:db8::3 192.0.2.3, mx1.example 192.0.2.1, mx2.example 192.0.2.2',
    ],
    [
      'a host that stands there twice is tried once, where it is preferred most',
      { 'example.org': mx([20, 'mx2.example'], [30, 'mx1.example'], [10, 'mx1.example']) },
      'mx1.example 192.0.2.1, mx2.example 192.0.2.2',
    ],
    [
      'no MX record: the domain itself (RFC 5321 §5.1)',
      { 'example.org': { A: ['192.0.2.8'] } },
      'example.org 192.0.2.8',
    ],
    [
      'no MX record, and only IPv6 (RFC 5321 §5.2)',
      { 'example.org': { AAAA: ['2001:db8::8'] } },
      'example.org 2001:db8::8',
    ],
    ['neither MX record nor address', { 'example.org': { TXT: ['v=spf1 -all'] } }, '5.1.2 failed'],
    ['no such domain', {}, '5.1.2 failed'],
    [
      'a null MX, whatever address there is (RFC 7505 §3)',
      { 'example.org': { ...mx([0, '']), A: ['192.0.2.8'] } },
      '5.1.10 failed',
    ],
    [
      'a null MX beside others says nothing',
      { 'example.org': mx([0, ''], [10, 'mx1.example']) },
      'mx1.example 192.0.2.1',
    ],
    ['MX records can not be had', { 'example.org': 'SERVFAIL' }, '4.4.3 deferred'],
    ['no answer in time', { 'example.org': 'TIMEOUT' }, '4.4.3 deferred'],
    [
      'a domain that is a CNAME has the MX records of its target (RFC 5321 §5.1)',
      { 'example.org': { CNAME: ['real.example'] }, 'real.example': mx([1, 'mx1.example']) },
      'mx1.example 192.0.2.1',
    ],
    ['CNAMEs in a circle', { 'example.org': { CNAME: ['example.org'] } }, '4.4.3 deferred'],
    ['an MX host that is a CNAME', { 'example.org': mx([1, 'alias.example']) }, 'alias.example 192.0.2.1'],
  ];
  for (const [what, records, expected] of table) {
    test(what, async () => assert.equal(await find(records), expected));
  }
});

suite('servers that are of no use are passed over', () => {
  const table: [what: string, records: Zone, expected: string][] = [
    ['no such name', { 'example.org': mx([1, 'gone.example'], [2, 'mx1.example']) }, 'mx1.example 192.0.2.1'],
    ['a name without address', { 'example.org': mx([1, 'textless.example']) }, '5.4.4 failed'],
    [
      'an MX record that points nowhere is an error, and no implicit MX helps (RFC 5321 §5.1)',
      { 'example.org': { ...mx([1, 'gone.example']), A: ['192.0.2.8'] } },
      '5.4.4 failed',
    ],
    [
      'a name that can not be resolved now',
      { 'example.org': mx([1, 'dead.example'], [2, 'mx1.example']) },
      'mx1.example 192.0.2.1',
    ],
    [
      'none can be resolved now: later',
      { 'example.org': mx([1, 'dead.example'], [2, 'gone.example']) },
      '4.4.3 deferred',
    ],
    [
      'an IP address in the place of a name (RFC 5321 §5.1)',
      { 'example.org': mx([1, '192.0.2.1'], [2, 'mx1.example']) },
      'mx1.example 192.0.2.1',
    ],
    ['nothing but an IP address', { 'example.org': mx([1, '192.0.2.1']) }, '5.4.4 failed'],
    [
      'octets that no host name has',
      { 'example.org': mx([1, 'a b.example'], [2, 'a\nb.example'], [3, 'mx1.example']) },
      'mx1.example 192.0.2.1',
    ],
  ];
  for (const [what, records, expected] of table) {
    test(what, async () => assert.equal(await find(records), expected));
  }
});

suite('mail does not go in circles (RFC 5321 §5.1)', () => {
  const own = { own: { names: ['Also-us.example', 'Bücher.example.'], addresses: ['192.0.2.99'] } };
  const table: [what: string, records: Zone, expected: string][] = [
    ['we are the only server', { 'example.org': mx([10, 'us.example']) }, '5.4.6 failed'],
    [
      'we are the best server',
      { 'example.org': mx([10, 'us.example'], [20, 'mx1.example']) },
      '5.4.6 failed',
    ],
    [
      'servers better than us are tried; those that are not, are not',
      {
        'example.org': mx([10, 'mx1.example'], [20, 'us.example'], [20, 'mx2.example'], [30, 'mx3.example']),
      },
      'mx1.example 192.0.2.1',
    ],
    [
      'by another of our names',
      { 'example.org': mx([10, 'mx1.example'], [20, 'also-us.example'], [30, 'mx3.example']) },
      'mx1.example 192.0.2.1',
    ],
    [
      'by one that is told as U-labels',
      { 'example.org': mx([10, 'mx1.example'], [20, 'xn--bcher-kva.example'], [30, 'mx3.example']) },
      'mx1.example 192.0.2.1',
    ],
    [
      'by our address',
      { 'example.org': mx([10, 'mx1.example'], [20, 'other-name-of-us.example'], [30, 'mx3.example']) },
      'mx1.example 192.0.2.1',
    ],
    [
      'by our address, best server',
      { 'example.org': mx([10, 'other-name-of-us.example'], [30, 'mx3.example']) },
      '5.4.6 failed',
    ],
    ['without an MX record, by our address', { 'example.org': { A: ['192.0.2.99'] } }, '5.4.6 failed'],
  ];
  for (const [what, records, expected] of table) {
    test(what, async () => assert.equal(await find(records, own), expected));
  }

  test('without an MX record, by our name', async () => {
    assert.equal(await find({}, {}, 'us.example'), '5.4.6 failed');
  });
});

suite('addresses that mail is not sent to', () => {
  test('a server on our own loopback is passed over', async () => {
    const records = { 'example.org': mx([1, 'here.example'], [2, 'mx1.example']) };
    assert.equal(await find(records), 'mx1.example 192.0.2.1');
  });
  test('a domain that has no other gets nothing', async () => {
    assert.equal(await find({ 'example.org': mx([1, 'here.example']) }), '5.4.4 failed');
    assert.equal(await find({ 'example.org': { A: ['10.0.0.1'] } }), '5.4.4 failed');
  });
  test('of a server with several, the others are used', async () => {
    assert.equal(await find({ 'example.org': mx([1, 'inside.example']) }), 'inside.example 192.0.2.7');
  });
  test('the host may allow what it wants', async () => {
    const records = { 'example.org': mx([1, 'here.example']) };
    assert.equal(await find(records, { allowAddress: () => true }), 'here.example 127.0.0.1');
  });
});

suite('address literals (RFC 5321 §4.1.3)', () => {
  const table: [domain: string, expected: string][] = [
    ['[192.0.2.1]', '[192.0.2.1] 192.0.2.1'],
    ['[IPv6:2001:db8::1]', '[IPv6:2001:db8::1] 2001:db8::1'],
    ['[127.0.0.1]', '5.4.4 failed'],
    ['[IPv6:::1]', '5.4.4 failed'],
    ['[IPv6:::ffff:127.0.0.1]', '5.4.4 failed'],
    ['[192.0.2.99]', '5.4.6 failed'],
    ['[x400:anything]', '5.1.2 failed'],
  ];
  for (const [domain, expected] of table) {
    test(domain, async () => {
      assert.equal(await find({}, { own: { addresses: ['192.0.2.99'] } }, domain), expected);
    });
  }

  test('the connection goes to the address, without a name for TLS', async () => {
    const survey = new Survey();
    const site = await siteOf(routeTo(mxRoutes(still({}, survey)), '[192.0.2.1]'), survey);
    assert.ok(site.ok);
    const [host] = site.hosts;
    assert.equal(host?.target.host, '192.0.2.1');
    assert.deepEqual(host?.target.at, { addresses: ['192.0.2.1'], port: 25 });
  });
});

suite('families of addresses', () => {
  const records = { 'example.org': mx([1, 'mx3.example'], [2, 'mx1.example']) };
  const table: [families: FamilyOrder, expected: string][] = [
    ['ipv6-first', 'mx3.example 2001:db8::3 192.0.2.3, mx1.example 192.0.2.1'],
    ['ipv4-first', 'mx3.example 192.0.2.3 2001:db8::3, mx1.example 192.0.2.1'],
    ['ipv6-only', 'mx3.example 2001:db8::3'],
    ['ipv4-only', 'mx3.example 192.0.2.3, mx1.example 192.0.2.1'],
  ];
  for (const [families, expected] of table) {
    test(families, async () => assert.equal(await find(records, { families }), expected));
  }
  test('one family can not be resolved now: the other is used', async () => {
    const zone = {
      'example.org': mx([1, 'half.example']),
      'half.example': { A: ['192.0.2.6'], AAAA: 'SERVFAIL' },
    };
    assert.equal(await find(zone as Zone), 'half.example 192.0.2.6');
  });
});

suite('equal servers', () => {
  const zone = { ...hosts, 'example.org': mx([10, 'mx1.example'], [10, 'mx2.example'], [20, 'mx3.example']) };

  test('share the load: each goes first about as often (RFC 5321 §5.1)', async () => {
    const survey = new Survey();
    const router = mxRoutes({ ...still(zone, survey), random: new SeededRandom(7).fraction });
    const firsts = new Map<string, number>();
    for (let message = 0; message < 1000; message++) {
      const site = await siteOf(routeTo(router, 'example.org'), survey);
      assert.ok(site.ok);
      assert.equal(site.hosts.at(-1)?.mxName, 'mx3.example', 'the less preferred one stays behind');
      const first = site.hosts[0]?.mxName ?? '';
      firsts.set(first, (firsts.get(first) ?? 0) + 1);
    }
    assert.deepEqual([...firsts.keys()].sort(), ['mx1.example', 'mx2.example']);
    for (const count of firsts.values()) assert.ok(count > 400, `${count} of 1000`);
  });

  test('make one key with those behind them, by which limits are shared', async () => {
    const survey = new Survey();
    const site = await siteOf(routeTo(mxRoutes(still(zone, survey)), 'example.org'), survey);
    assert.ok(site.ok);
    assert.equal(site.key, 'mx1.example mx2.example mx3.example');
  });
});

test('whatever the records are, mail goes to better servers than us, the best first, each once', async () => {
  const name = fc.constantFrom('mx1.example', 'mx2.example', 'mx3.example', 'us.example', 'gone.example', '');
  const records = fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), name), { minLength: 1, maxLength: 8 });
  const law = fc.asyncProperty(records, fc.integer(), async (list, seed) => {
    const survey = new Survey();
    const zone = { ...hosts, 'example.org': mx(...list) };
    const router = mxRoutes({ ...still(zone, survey), random: new SeededRandom(seed).fraction });
    const site = await siteOf(routeTo(router, 'example.org'), survey);
    const best = (host: string) =>
      Math.min(...list.filter(([, each]) => each === host).map(([each]) => each));
    const usable = ['mx1.example', 'mx2.example', 'mx3.example'].filter(
      (host) => best(host) < best('us.example'),
    );
    if (!site.ok) assert.equal(usable.length, 0);
    else {
      const found = site.hosts.map(({ mxName }) => mxName);
      assert.deepEqual([...found].sort(), usable);
      const preferences = found.map(best);
      assert.deepEqual(preferences, [...preferences].sort());
    }
  });
  await fc.assert(law, { numRuns: 300 });
});
