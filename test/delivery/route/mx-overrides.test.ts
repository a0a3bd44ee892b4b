/** What is different for some domains, and where connections come from. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type DeliveryWarning, type MxRouteOptions, mxRoutes, relayRoute } from 'mailwright/delivery';
import type { Zone } from 'mailwright/dns';
import { Secret } from 'mailwright/machine';
import type { Context } from 'mailwright/spool';
import { contextOf, demand, inShort, mxSite, routeTo, Survey, siteOf, still } from './survey.ts';
import { signed } from './zones.ts';

suite('overrides', () => {
  const zone: Zone = {
    'example.org': { MX: [{ preference: 10, exchange: 'mx.example.org' }] },
    'mx.example.org': { A: ['192.0.2.1'] },
    'gateway.example.net': { A: ['10.1.2.3'] },
  };
  const credentials = { type: 'password', user: 'us', password: new Secret('pencil') } as const;

  test('of servers: names, addresses and ports, wherever they are', async () => {
    const servers = ['gateway.example.net', { host: '127.0.0.1', port: 2525 }, '[IPv6:2001:db8::1]'];
    const site = await mxSite(zone, { overrides: { 'example.org': { servers, port: 26 } } });
    assert.equal(
      inShort(site),
      'gateway.example.net 10.1.2.3, 127.0.0.1 127.0.0.1, [IPv6:2001:db8::1] 2001:db8::1',
    );
    assert.ok(site.ok);
    assert.deepEqual(
      site.hosts.map(({ target: { at } }) => 'port' in at && at.port),
      [26, 2525, 26],
    );
  });
  test('of port, names and credentials, with MX records as ever', async () => {
    const override = { port: 587, tls: 'required', certificateNames: ['example.org'], credentials } as const;
    const site = await mxSite(zone, { overrides: { 'example.org': override } });
    assert.ok(site.ok);
    const [first] = site.hosts;
    assert.deepEqual(first?.target.at, { addresses: ['192.0.2.1'], port: 587 });
    assert.equal(demand(site), 'required pkix example.org');
    assert.equal(first.target.credentials, credentials);
  });
  test('TLS from the first octet (RFC 8314 §3.3)', async () => {
    const site = await mxSite(zone, { overrides: { 'example.org': { implicitTls: true, port: 465 } } });
    assert.equal(demand(site), 'required implicit pkix mx.example.org');
  });
  test('the nearest entry wins', async () => {
    const overrides = {
      '*': { tls: 'none' },
      '.org': { tls: 'any' },
      'example.org': { tls: 'required' },
    } as const;
    assert.equal(demand(await mxSite(zone, { overrides })), 'required pkix mx.example.org');
    assert.equal(
      demand(await mxSite(zone, { overrides: { '*': { tls: 'none' }, '.org': { tls: 'any' } } })),
      'required any',
    );
    assert.equal(demand(await mxSite(zone, { overrides: { '*': { tls: 'none' } } })), 'none');
  });

  test('invalid certificates are accepted only so, and each connection makes a warning', async () => {
    const survey = new Survey();
    const warnings: DeliveryWarning[] = [];
    const router = mxRoutes({
      ...still(signed, survey),
      overrides: { 'example.org': { acceptInvalidCertificates: true } },
      warn: (warning) => warnings.push(warning),
    });
    const site = await siteOf(routeTo(router, 'example.org'), survey);
    assert.equal(demand(site), 'required any', 'DANE asked for a certificate');
    assert.ok(site.ok);
    const [host] = site.hosts;
    assert.ok(host);
    const tls = { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' };
    survey.route?.onTls?.(host, { ok: true, tls }, '192.0.2.1');
    survey.route?.onTls?.(host, { ok: true, tls }, '192.0.2.1');
    assert.equal(warnings.length, 2);
    assert.equal(warnings[0]?.code, 'INVALID_CERTIFICATE_ACCEPTED');
    assert.match(warnings[0].text, /^SECURITY: .* mx\.example\.org \[192\.0\.2\.1\]/);

    const strict = await siteOf(routeTo(router, 'example.org'), survey, contextOf({ requireTls: true }));
    assert.equal(demand(strict), 'required dane mx.example.org example.org', 'REQUIRETLS is not lowered');
  });

  test('what can not be is refused when it is configured', () => {
    const refused = (overrides: MxRouteOptions['overrides'], code: string) =>
      assert.throws(() => mxRoutes({ ...still({}, new Survey()), ...(overrides && { overrides }) }), {
        code,
      });
    refused({ 'exa mple.org': {} }, 'BAD_DOMAIN');
    refused({ 'example.org': {}, 'EXAMPLE.org': {} }, 'BAD_DOMAIN');
    refused({ 'example.org': { servers: [] } }, 'BAD_SERVER');
    refused({ 'example.org': { servers: ['not a host'] } }, 'BAD_SERVER');
    refused({ 'example.org': { servers: [{ host: 'a.example', port: 70_000 }] } }, 'BAD_SERVER');
    refused({ 'example.org': { implicitTls: true, tls: 'opportunistic' } }, 'BAD_TLS');
  });

  test('a name that no EHLO can say is refused when it is configured, and puts off no mail', () => {
    const options = still({}, new Survey());
    for (const hostname of ['', 'two words', 'mx.example.org\n', 'mäil.example.org']) {
      const misuse = { code: 'BAD_HOSTNAME', message: /^no host name: ".*"\. Give / };
      assert.throws(() => mxRoutes({ ...options, hostname }), misuse);
      assert.throws(() => mxRoutes({ ...options, sources: [{ hostname }] }), misuse);
      assert.throws(() => relayRoute({ ...options, hostname, servers: ['192.0.2.1'] }), misuse);
    }
    assert.doesNotThrow(() => mxRoutes({ ...options, hostname: '[192.0.2.1]' }));
  });
});

suite('sources', () => {
  const sourcesOf = async (sources: MxRouteOptions['sources'], context: Context, times: number) => {
    const survey = new Survey();
    const router = mxRoutes({ ...still(signed, survey), ...(sources && { sources }) });
    const found: string[] = [];
    for (let time = 0; time < times; time++) {
      const site = await siteOf(routeTo(router, 'example.org'), survey, context);
      assert.ok(site.ok);
      const { source, hostname } = site.hosts[0]?.target ?? {};
      found.push(`${hostname} ${source?.ipv4 ?? '-'} ${source?.ipv6 ?? '-'}`);
    }
    return found;
  };
  const one = { ipv4: '198.51.100.1', hostname: 'out1.us.example' };
  const two = { ipv4: '198.51.100.2', ipv6: '2001:db8::2' };

  test('none: the system chooses', async () => {
    assert.deepEqual(await sourcesOf(undefined, contextOf(), 1), ['us.example - -']);
  });
  test('a pool is used in turn', async () => {
    assert.deepEqual(await sourcesOf([one, two], contextOf(), 3), [
      'out1.us.example 198.51.100.1 -',
      'us.example 198.51.100.2 2001:db8::2',
      'out1.us.example 198.51.100.1 -',
    ]);
  });
  test('a function chooses by the message', async () => {
    const sources = ({ envelope }: Context) => (envelope.from.endsWith('@bulk.example') ? [two] : [one]);
    assert.deepEqual(await sourcesOf(sources, contextOf({ from: 'x@bulk.example' }), 1), [
      'us.example 198.51.100.2 2001:db8::2',
    ]);
    assert.deepEqual(await sourcesOf(sources, contextOf(), 1), ['out1.us.example 198.51.100.1 -']);
  });
});
