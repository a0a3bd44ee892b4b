import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZoneMisuse, ZoneResolver } from 'mailwright/dns';

test('questions are counted, by type and name', () => {
  const zone = new ZoneResolver({ 'example.com': { A: ['192.0.2.1'] } });
  zone.resolve('example.com', 'A');
  zone.resolve('EXAMPLE.com.', 'A');
  zone.resolve('example.com', 'MX');
  zone.resolve('not a name..', 'A');
  assert.deepEqual(
    [...zone.queries],
    [
      ['A example.com', 2],
      ['MX example.com', 1],
    ],
  );
  assert.equal(zone.queryCount, 3);
});

test('a flood of names fills no memory', () => {
  const zone = new ZoneResolver({});
  for (let count = 0; count < 12_000; count++) zone.resolve(`n${count}.example`, 'A');
  assert.equal(zone.queryCount, 12_000);
  assert.equal(zone.queries.size, 10_000);
});

test('trouble stands for one type or for a name', () => {
  const zone = new ZoneResolver({
    'example.com': { A: ['192.0.2.1'], TXT: 'TIMEOUT', MX: 'SERVFAIL' },
    'slow.example': 'TIMEOUT',
    'www.example.com': { CNAME: ['slow.example'] },
  });
  const why = (name: string, type: 'A' | 'TXT' | 'MX') => {
    const answer = zone.resolve(name, type);
    return answer.status === 'failure' ? answer.why : answer.status;
  };
  assert.equal(why('example.com', 'A'), 'ok');
  assert.equal(why('example.com', 'TXT'), 'timeout');
  assert.equal(why('example.com', 'MX'), 'servfail');
  assert.equal(why('slow.example', 'A'), 'timeout');
  assert.equal(why('www.example.com', 'A'), 'timeout');
});

test('wildcards answer for what does not exist, and for nothing else (RFC 4592 §2.2.1)', () => {
  const zone = new ZoneResolver({
    '*.example': { TXT: ['wild'] },
    'host1.example': { A: ['192.0.2.1'] },
    'a.sub.example': { A: ['192.0.2.2'] },
  });
  const status = (name: string) => zone.resolve(name, 'TXT').status;
  assert.equal(status('host3.example'), 'ok');
  assert.equal(status('foo.bar.example'), 'ok');
  assert.equal(status('*.example'), 'ok');
  assert.equal(status('host1.example'), 'nodata');
  assert.equal(status('sub.example'), 'nodata', 'exists because of a name below it');
  assert.equal(status('ghost.sub.example'), 'nxdomain');
  assert.equal(status('_telnet.host1.example'), 'nxdomain');
  assert.equal(status('example'), 'nodata');
});

test('records change and go; the names above them go with the last one below', () => {
  const zone = new ZoneResolver({ 'a.b.example': { A: ['192.0.2.1'] }, 'c.b.example': { A: ['192.0.2.2'] } });
  zone.set('a.b.example', { A: ['192.0.2.3'] });
  zone.set('A.B.example', null);
  zone.set('a.b.example', null);
  assert.equal(zone.resolve('b.example', 'A').status, 'nodata');
  zone.set('c.b.example', null);
  assert.equal(zone.resolve('b.example', 'A').status, 'nxdomain');
  assert.equal(zone.resolve('', 'A').status, 'nodata', 'the root is always there');
});

test('TTL and proof are of the zone, of a name, of the weakest link of a chain', () => {
  const zone = new ZoneResolver(
    {
      'a.example': { CNAME: ['b.example'], ttl: 10 },
      'b.example': { A: ['192.0.2.1'] },
      'c.example': { CNAME: ['d.example'] },
      'd.example': { A: ['192.0.2.1'], authentic: false },
    },
    { ttl: 50, authentic: true },
  );
  const facts = (name: string) => {
    const answer = zone.resolve(name, 'A');
    return answer.status === 'failure' ? null : [answer.ttl, answer.authentic];
  };
  assert.deepEqual(facts('a.example'), [10, true]);
  assert.deepEqual(facts('b.example'), [50, true]);
  assert.deepEqual(facts('c.example'), [50, false]);
  assert.deepEqual(facts('x.example'), [50, true]);
});

test('names in records are in lower case and without dot', () => {
  const zone = new ZoneResolver({
    'example.com': { MX: [{ preference: 1, exchange: 'MX.Example.com.' }], PTR: ['Host.Example.'] },
  });
  const mx = zone.resolve('example.com', 'MX');
  const ptr = zone.resolve('example.com', 'PTR');
  assert.deepEqual(mx.status === 'ok' && mx.records, [{ preference: 1, exchange: 'mx.example.com' }]);
  assert.deepEqual(ptr.status === 'ok' && ptr.records, ['host.example']);
});

test('zones that cannot be are misuse', () => {
  assert.throws(() => new ZoneResolver({ 'a..b': {} }), ZoneMisuse);
  assert.throws(() => new ZoneResolver({ 'a.b': {}, 'A.b.': {} }), ZoneMisuse);
  assert.throws(() => new ZoneResolver({}).set('x'.repeat(64), null), ZoneMisuse);
});
