import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Zone, ZoneResolver } from 'mailwright/dns';
import { checkIprev, type IprevResult } from 'mailwright/spf';

const reverse = '1.2.0.192.in-addr.arpa';
const host = { A: ['192.0.2.9', '192.0.2.1'] };

test('reverse and forward lookups agree, or not (RFC 8601 §2.7.3, §3)', async () => {
  const table: readonly (readonly [Zone, IprevResult, string?])[] = [
    [{ [reverse]: { PTR: ['mx.example'] }, 'mx.example': host }, 'pass', 'mx.example'],
    [{ [reverse]: { PTR: ['a.example', 'mx.example'] }, 'mx.example': host }, 'pass', 'mx.example'],
    [
      { [reverse]: { PTR: ['a.example', 'mx.example'] }, 'a.example': 'TIMEOUT', 'mx.example': host },
      'pass',
      'mx.example',
    ],
    [
      {
        [reverse]: { CNAME: ['1.net.example'] },
        '1.net.example': { PTR: ['mx.example'] },
        'mx.example': host,
      },
      'pass',
      'mx.example',
    ],
    [{ [reverse]: { PTR: ['mx.example'] }, 'mx.example': { A: ['192.0.2.2'] } }, 'fail'],
    [{ [reverse]: { PTR: ['mx.example'] } }, 'fail'],
    [{ [reverse]: { PTR: ['mx.example'] }, 'mx.example': 'SERVFAIL' }, 'temperror'],
    [{ [reverse]: 'TIMEOUT' }, 'temperror'],
    [{ [reverse]: { A: ['192.0.2.1'] } }, 'permerror'],
    [{}, 'permerror'],
    // Header fields are made of these names.
    [{ [reverse]: { PTR: ['a\r\nb.example'] }, 'a\r\nb.example': host }, 'fail'],
  ];
  for (const [zone, result, name] of table) {
    const verdict = await checkIprev('192.0.2.1', new ZoneResolver(zone));
    assert.deepEqual([verdict.result, verdict.name], [result, name], JSON.stringify(zone));
  }
});

test('IPv6 has a reverse of its own, IPv4 within it has not', async () => {
  const zone = new ZoneResolver({
    [`1.0.0.0.${'0.'.repeat(20)}8.b.d.0.1.0.0.2.ip6.arpa`]: { PTR: ['six.example'] },
    'six.example': { AAAA: ['2001:0DB8::0:1'] },
    [reverse]: { PTR: ['mx.example'] },
    'mx.example': host,
  });
  assert.equal((await checkIprev('2001:db8::1', zone)).name, 'six.example');
  assert.equal((await checkIprev('::ffff:192.0.2.1', zone)).name, 'mx.example');
  assert.equal((await checkIprev('no address', zone)).result, 'permerror');
});

test('ten names are asked for, not more', async () => {
  const names = Array.from({ length: 50 }, (_, at) => `h${at}.example`);
  const zone = new ZoneResolver({ [reverse]: { PTR: names }, 'h10.example': host });
  const verdict = await checkIprev('192.0.2.1', zone);
  assert.equal(verdict.result, 'fail');
  assert.equal(zone.queryCount, 11);
  assert.equal(verdict.names.length, 10);
});
