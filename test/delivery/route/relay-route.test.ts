import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { lmtpRoute, type RelayRouteOptions, relayRoute } from 'mailwright/delivery';
import type { Zone } from 'mailwright/dns';
import { Secret } from 'mailwright/machine';
import { VirtualClock } from 'mailwright/testing';
import { contextOf, demandOf, inShort, refusalOf, Survey, siteOf, still } from './survey.ts';

const zone: Zone = {
  'smtp.provider.example': { A: ['10.0.0.1'], AAAA: ['2001:db8::1'] },
  'backup.provider.example': { A: ['192.0.2.2'] },
  'signed.example': { A: ['192.0.2.3'], authentic: true },
  '_25._tcp.signed.example': {
    TLSA: [{ usage: 3, selector: 1, matching: 1, data: new Uint8Array(32) }],
    authentic: true,
  },
  'provider.example': {
    MX: [
      { preference: 20, exchange: 'backup.provider.example' },
      { preference: 10, exchange: 'smtp.provider.example' },
    ],
  },
  'dead.example': 'SERVFAIL',
};
const credentials = { type: 'password', user: 'us', password: new Secret('pencil') } as const;

type Settings = Partial<RelayRouteOptions> & Pick<RelayRouteOptions, 'servers'>;

async function find(settings: Settings, make = relayRoute) {
  const survey = new Survey();
  const route = make({ ...still(zone, survey), ...settings });
  return { route, survey, site: await siteOf(route, survey) };
}

async function demand(settings: Settings, make = relayRoute): Promise<string> {
  const { site } = await find(settings, make);
  return site.ok ? demandOf(site.hosts[0]?.target.tls ?? { mode: 'none' }) : refusalOf(site.outcome);
}

suite('a smart host', () => {
  test('servers are tried in their order, wherever they are', async () => {
    const { site, route } = await find({
      servers: ['smtp.provider.example', { host: 'backup.provider.example', port: 587 }],
    });
    assert.equal(
      inShort(site),
      'smtp.provider.example 2001:db8::1 10.0.0.1, backup.provider.example 192.0.2.2',
    );
    assert.ok(site.ok);
    assert.deepEqual(
      site.hosts.map(({ target: { at } }) => 'port' in at && at.port),
      [25, 587],
    );
    assert.equal(site.hosts[0]?.policy, undefined, 'TLS with it is no matter for reports');
    assert.equal(route.destination, 'smtp.provider.example');
  });
  test('servers of a domain by its MX records', async () => {
    const { site } = await find({ servers: { mxOf: 'provider.example' } });
    assert.equal(
      inShort(site),
      'smtp.provider.example 2001:db8::1 10.0.0.1, backup.provider.example 192.0.2.2',
    );
  });
  test('none of them has an address: never; or nobody knows: later', async () => {
    assert.equal(inShort((await find({ servers: ['gone.example'] })).site), '5.4.4 failed');
    assert.equal(inShort((await find({ servers: ['gone.example', 'dead.example'] })).site), '4.4.3 deferred');
  });
  test('a server whose name can not be resolved now is missed for five seconds only', async () => {
    const survey = new Survey();
    const clock = new VirtualClock();
    const options = still(zone, survey);
    const route = relayRoute({ ...options, clock, servers: ['dead.example', '192.0.2.9'] });
    assert.equal(inShort(await siteOf(route, survey)), '192.0.2.9 192.0.2.9');
    options.resolver.set('dead.example', { A: ['192.0.2.10'] });
    await clock.run({ until: clock.now() + 5_000 });
    assert.equal(inShort(await siteOf(route, survey)), 'dead.example 192.0.2.10, 192.0.2.9 192.0.2.9');
  });

  const tls: [what: string, settings: Settings, expected: string][] = [
    ['opportunistic by default', { servers: ['smtp.provider.example'] }, 'opportunistic'],
    [
      'required where there are credentials',
      { servers: ['smtp.provider.example'], credentials },
      'required pkix smtp.provider.example',
    ],
    [
      'opportunistic where they may go in clear',
      { servers: ['smtp.provider.example'], credentials, allowCleartext: true },
      'opportunistic',
    ],
    [
      'from the first octet (RFC 8314 §3.3)',
      { servers: ['smtp.provider.example'], implicitTls: true },
      'required implicit pkix smtp.provider.example',
    ],
    ['by DANE, where the server has it', { servers: ['signed.example'] }, 'required dane signed.example'],
    ['of an IP address', { servers: ['192.0.2.1'], tls: 'required' }, 'required pkix 192.0.2.1'],
  ];
  for (const [what, settings, expected] of tls) {
    test(`TLS ${what}`, async () => assert.equal(await demand(settings), expected));
  }

  test('REQUIRETLS is kept: the configuration vouches for the name (RFC 8689 §4.2.1)', async () => {
    const survey = new Survey();
    const route = relayRoute({ ...still(zone, survey), servers: ['smtp.provider.example'] });
    const site = await siteOf(route, survey, contextOf({ requireTls: true }));
    assert.ok(site.ok);
    assert.equal(
      demandOf(site.hosts[0]?.target.tls ?? { mode: 'none' }),
      'required pkix smtp.provider.example',
    );
  });
  test('it can be named', async () => {
    const { route } = await find({ servers: ['192.0.2.1'], destination: 'provider' });
    assert.deepEqual([route.kind, route.destination], ['relay', 'provider']);
  });
  test('two to one server are two, since they may differ in port or user', async () => {
    const { route } = await find({ servers: ['192.0.2.1'] });
    const other = await find({ servers: [{ host: '192.0.2.1', port: 587 }] });
    assert.notEqual(route.key, other.route.key);
  });
});

suite('LMTP (RFC 2033)', () => {
  test('by a Unix socket, in clear', async () => {
    const { site, route } = await find({ servers: [{ path: '/run/lmtp' }] }, lmtpRoute);
    assert.ok(site.ok);
    assert.deepEqual(site.hosts[0]?.target, {
      host: 'localhost',
      at: { path: '/run/lmtp' },
      protocol: 'lmtp',
      hostname: 'us.example',
      tls: { mode: 'none' },
    });
    assert.equal(route.kind, 'lmtp');
  });
  test('by TCP, not on port 25 (RFC 2033 §5)', async () => {
    const { site } = await find({ servers: ['192.0.2.1'] }, lmtpRoute);
    assert.ok(site.ok);
    assert.deepEqual(site.hosts[0]?.target.at, { addresses: ['192.0.2.1'], port: 24 });
    assert.equal(site.hosts[0].target.protocol, 'lmtp');
    assert.equal(await demand({ servers: ['192.0.2.1'] }, lmtpRoute), 'opportunistic');
  });
});
