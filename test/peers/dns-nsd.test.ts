/** Debian's nsd as name server, with a zone file: what it says, and how large answers come. */
import assert from 'node:assert/strict';
import { Resolver as SystemResolver } from 'node:dns/promises';
import { after, before, describe, test } from 'node:test';
import { NodeResolver, type RecordType, WireResolver } from 'mailwright/dns';
import { Nsd } from './nsd.ts';
import { pathOf } from './programs.ts';

const long = 'x'.repeat(250);
const hash = 'AB'.repeat(32);

/** A zone file (RFC 1035 §5). */
const zoneFile = `
$TTL 300
@ IN SOA ns hostmaster 1 7200 3600 604800 120
@ NS ns
ns A 192.0.2.53
@ A 192.0.2.1
@ A 192.0.2.2
@ 60 AAAA 2001:db8::1
@ MX 10 Mx1
@ MX 20 mx2.elsewhere.example.
@ TXT "v=spf1 " "-all"
@ TXT "caf\\233 \\"quoted\\" \\\\"
@ CAA 128 issue "ca.example; account=1"
null MX 0 .
_imaps._tcp SRV 1 2 993 imap
_25._tcp.mx1 TLSA 3 1 1 ${hash}
www 30 CNAME web
web 90 CNAME @
away CNAME elsewhere.example.
lost CNAME nowhere
*.wild A 192.0.2.9
big TXT ${`"${long}" `.repeat(6)}
${Array.from({ length: 60 }, (_, at) => `many TXT "${at} ${long}"`).join('\n')}
`;

const nsd = pathOf('nsd');
const missing = 'nsd is missing: the Debian package nsd gives it, .ci/peers installs it';
const optional = nsd === undefined && process.env['PEERS_OPTIONAL'] === '1';

describe('nsd', { timeout: 60_000, skip: optional ? missing : false }, () => {
  let server: Nsd;
  let resolver: WireResolver;

  before(async () => {
    assert.ok(nsd !== undefined, missing);
    server = await Nsd.start(nsd, { 'zone.example': zoneFile });
    resolver = new WireResolver({
      servers: [{ address: '127.0.0.1', port: server.port }],
      timeoutMs: 2000,
    });
  });

  after(() => server[Symbol.asyncDispose]());

  const found: readonly (readonly [
    name: string,
    type: RecordType,
    records: readonly unknown[],
    ttl: number,
  ])[] = [
    ['zone.example', 'A', ['192.0.2.1', '192.0.2.2'], 300],
    ['ZONE.example.', 'AAAA', ['2001:db8::1'], 60],
    [
      'zone.example',
      'MX',
      [
        { preference: 10, exchange: 'mx1.zone.example' },
        { preference: 20, exchange: 'mx2.elsewhere.example' },
      ],
      300,
    ],
    ['zone.example', 'TXT', ['caf\xe9 "quoted" \\', 'v=spf1 -all'], 300],
    ['zone.example', 'CAA', [{ flags: 128, tag: 'issue', value: 'ca.example; account=1' }], 300],
    ['null.zone.example', 'MX', [{ preference: 0, exchange: '' }], 300],
    [
      '_imaps._tcp.zone.example',
      'SRV',
      [{ priority: 1, weight: 2, port: 993, target: 'imap.zone.example' }],
      300,
    ],
    [
      '_25._tcp.mx1.zone.example',
      'TLSA',
      [{ usage: 3, selector: 1, matching: 1, data: Uint8Array.from(Buffer.from(hash, 'hex')) }],
      300,
    ],
    ['www.zone.example', 'CNAME', ['web.zone.example'], 30],
    ['www.zone.example', 'A', ['192.0.2.1', '192.0.2.2'], 30],
    ['any.wild.zone.example', 'A', ['192.0.2.9'], 300],
    ['big.zone.example', 'TXT', [long.repeat(6)], 300],
  ];
  for (const [name, type, records, ttl] of found) {
    test(`${type} ${name}`, async () => {
      const answer = await resolver.resolve(name, type);
      assert.ok(answer.status === 'ok', JSON.stringify(answer));
      const inOrder = answer.records.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
      assert.deepEqual(inOrder, records);
      assert.equal(answer.ttl, ttl);
    });
  }

  test('absence comes with the TTL of the SOA (RFC 2308 §5)', async () => {
    const nodata = await resolver.resolve('zone.example', 'SRV');
    assert.deepEqual(nodata, { status: 'nodata', ttl: 120, authentic: false });
    for (const name of ['nowhere.zone.example', 'lost.zone.example']) {
      assert.deepEqual(await resolver.resolve(name, 'A'), { status: 'nxdomain', ttl: 120, authentic: false });
    }
  });

  test('what is not in its zones is refused', async () => {
    const answer = await resolver.resolve('elsewhere.example', 'A');
    assert.equal(answer.status === 'failure' && answer.why, 'refused');
  });

  test('15 kB come over TCP', async () => {
    const answer = await resolver.resolve('many.zone.example', 'TXT');
    assert.equal(answer.status === 'ok' && answer.records.length, 60);
  });

  test('a thousand questions at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 1000 }, (_, at) => resolver.resolve(`h${at}.wild.zone.example`, 'A')),
    );
    assert.equal(answers.filter(({ status }) => status === 'ok').length, 1000);
  });

  test('node:dns says the same', async () => {
    const system = new SystemResolver({ timeout: 2000 });
    system.setServers([`127.0.0.1:${server.port}`]);
    const other = new NodeResolver(system);
    for (const [name, type] of [...found, ['nowhere.zone.example', 'MX'], ['zone.example', 'PTR']] as const) {
      const [ours, theirs] = await Promise.all([resolver.resolve(name, type), other.resolve(name, type)]);
      const told = [ours, theirs].map((answer) =>
        answer.status === 'ok'
          ? answer.records.map((record) => JSON.stringify(record)).sort()
          : answer.status,
      );
      assert.deepEqual(told[0], told[1], `${type} ${name}`);
    }
  });
});
