/** What every resolver must do, over one zone: as data, over the wire, cached, and through node:dns. */
import assert from 'node:assert/strict';
import { Resolver as SystemResolver } from 'node:dns/promises';
import { after, before, describe, test } from 'node:test';
import {
  CachingResolver,
  NodeResolver,
  type RecordType,
  type Resolver,
  WireResolver,
  ZoneResolver,
} from 'mailwright/dns';
import { example, ZoneServer } from './zone-server.ts';

const table: readonly (readonly [name: string, type: RecordType, expected: unknown])[] = [
  ['example.com', 'A', ['192.0.2.1', '192.0.2.2']],
  ['EXAMPLE.com.', 'AAAA', ['2001:db8::1']],
  [
    'example.com',
    'MX',
    [
      { preference: 10, exchange: 'mx.example.com' },
      { preference: 20, exchange: 'mx2.example.com' },
    ],
  ],
  ['null.example.com', 'MX', [{ preference: 0, exchange: '' }]], // RFC 7505 §3
  ['example.com', 'TXT', ['v=spf1 -all', `${'long '.repeat(70)}end`, 'caf\xe9 \xff']], // RFC 7208 §3.3
  ['example.com', 'CAA', [{ flags: 128, tag: 'issue', value: 'ca.example' }]],
  ['1.2.0.192.in-addr.arpa', 'PTR', ['example.com']],
  ['_imaps._tcp.example.com', 'SRV', [{ priority: 1, weight: 2, port: 993, target: 'imap.example.net' }]],
  [
    '_25._tcp.mx.example.com',
    'TLSA',
    [{ usage: 3, selector: 1, matching: 1, data: Uint8Array.from({ length: 32 }, (_, at) => at * 8) }],
  ],
  ['www.example.com', 'CNAME', ['web.example.com']],
  ['www.example.com', 'A', ['192.0.2.1', '192.0.2.2']], // RFC 1034 §3.6.2
  ['any.wild.example.com', 'A', ['192.0.2.9']], // RFC 4592 §3.3.1
  ['example.com', 'SRV', 'nodata'],
  ['_tcp.example.com', 'A', 'nodata'], // RFC 8020 §2: a name exists where another one stands below it
  ['www.example.com', 'TLSA', 'nodata'],
  ['nowhere.example.com', 'A', 'nxdomain'],
  ['astray.example.com', 'A', 'nxdomain'],
  [`${'a'.repeat(64)}.example.com`, 'A', 'nxdomain'],
  ['example..com', 'A', 'nxdomain'],
  [`${'a.'.repeat(126)}toolong`, 'A', 'nxdomain'],
  ['snowman\u2603.example.com', 'A', 'nxdomain'],
  ['broken.example.com', 'A', 'failure'],
  ['loop.example.com', 'A', 'failure'],
];

const zone = new ZoneResolver(example);
let server: ZoneServer;
before(async () => {
  server = await ZoneServer.start(zone);
});
after(() => server[Symbol.asyncDispose]());

function nodeDns(): NodeResolver {
  const system = new SystemResolver({ timeout: 500, tries: 2 });
  system.setServers([`127.0.0.1:${server.port}`]);
  return new NodeResolver(system);
}

const resolvers: Readonly<Record<string, () => Resolver>> = {
  ZoneResolver: () => zone,
  WireResolver: () => new WireResolver({ servers: [server.address] }),
  CachingResolver: () => new CachingResolver(new WireResolver({ servers: [server.address] })),
  'CachingResolver over data': () => new CachingResolver(zone),
  NodeResolver: nodeDns,
};

/** Servers turn records as they like. */
function ordered(records: readonly unknown[]): readonly unknown[] {
  return records.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

for (const [implementation, open] of Object.entries(resolvers)) {
  describe(implementation, () => {
    for (const [name, type, expected] of table) {
      test(`${type} ${name.slice(0, 30)}`, async () => {
        const answer = await open().resolve(name, type);
        if (answer.status !== 'ok' || !Array.isArray(expected)) assert.equal(answer.status, expected);
        else assert.deepEqual(ordered(answer.records), ordered(expected));
      });
    }

    test('an aborted question is a failure', async () => {
      const answer = await open().resolve('example.com', 'A', { signal: AbortSignal.abort() });
      // What is known needs no wait, so nothing can be aborted.
      if (answer.status === 'ok') assert.ok(implementation.match(/Zone|over data/));
      else assert.equal(answer.status === 'failure' && answer.why, 'aborted');
    });
  });
}

test('a chain of CNAMEs is told by its end, its lowest TTL', async () => {
  for (const name of ['ZoneResolver', 'WireResolver', 'CachingResolver']) {
    const answer = await resolvers[name]?.().resolve('www.example.com', 'A');
    assert.ok(answer?.status === 'ok');
    assert.deepEqual([answer.name, answer.ttl], ['example.com', 30], name);
  }
});
