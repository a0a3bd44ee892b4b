/** TLS as it follows from what DNS and policies say, and from overrides. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  type DeliveryWarning,
  type MxRouteOptions,
  mxRoutes,
  type Site,
  type TlsObservation,
  type TlsSession,
} from 'mailwright/delivery';
import type { TlsaData, Zone } from 'mailwright/dns';
import { Secret } from 'mailwright/machine';
import { MtaSts } from 'mailwright/mtasts';
import { MemoryReportStore, TlsCollector } from 'mailwright/reports';
import type { Context } from 'mailwright/spool';
import { contextOf, demandOf, inShort, refusalOf, routeTo, Survey, siteOf, still } from './survey.ts';

const tlsa = (usage: number): TlsaData => ({ usage, selector: 1, matching: 1, data: new Uint8Array(32) });
const proved = { authentic: true };

/** `example.org` with one server, all of it signed. */
const signed: Zone = {
  'example.org': { MX: [{ preference: 10, exchange: 'mx.example.org' }], ...proved },
  'mx.example.org': { A: ['192.0.2.1'], ...proved },
  '_25._tcp.mx.example.org': { TLSA: [tlsa(3)], ...proved },
};

async function find(zone: Zone, options: Partial<MxRouteOptions> = {}, context?: Context): Promise<Site> {
  const survey = new Survey();
  const router = mxRoutes({ ...still(zone, survey), ...options });
  return siteOf(routeTo(router, 'example.org'), survey, context);
}

/** The demand of the first server, or the refusal. */
function demand(site: Site): string {
  if (!site.ok) return refusalOf(site.outcome);
  const [first] = site.hosts;
  return first === undefined ? 'nothing' : demandOf(first.target.tls);
}

suite('DANE takes authentic answers all the way (RFC 7672 §2.2.1)', () => {
  const table: [what: string, zone: Zone, expected: string][] = [
    ['all is signed', signed, 'required dane mx.example.org example.org'],
    [
      'the MX records are not',
      { ...signed, 'example.org': { MX: [{ preference: 10, exchange: 'mx.example.org' }] } },
      'opportunistic',
    ],
    ['the addresses are not', { ...signed, 'mx.example.org': { A: ['192.0.2.1'] } }, 'opportunistic'],
    [
      'the TLSA records are not',
      { ...signed, '_25._tcp.mx.example.org': { TLSA: [tlsa(3)] } },
      'opportunistic',
    ],
    ['no TLSA records', { ...signed, '_25._tcp.mx.example.org': { TXT: [], ...proved } }, 'opportunistic'],
    // RFC 7672 §3.1.3: PKIX-EE(1) is of no use to SMTP.
    [
      'useless TLSA records',
      { ...signed, '_25._tcp.mx.example.org': { TLSA: [tlsa(1)], ...proved } },
      'required any',
    ],
    ['TLSA records can not be had', { ...signed, '_25._tcp.mx.example.org': 'SERVFAIL' }, '4.7.5 deferred'],
    [
      'TLSA records of one server can not be had, and another server has none',
      {
        ...signed,
        'example.org': {
          MX: [
            { preference: 10, exchange: 'mx.example.org' },
            { preference: 20, exchange: 'plain.example.org' },
          ],
          ...proved,
        },
        'plain.example.org': { A: ['192.0.2.2'], ...proved },
        '_25._tcp.mx.example.org': 'SERVFAIL',
      },
      'opportunistic',
    ],
    [
      'no MX record, and that is signed',
      {
        'example.org': { A: ['192.0.2.1'], ...proved },
        '_25._tcp.example.org': { TLSA: [tlsa(3)], ...proved },
      },
      'required dane example.org',
    ],
    [
      'a server that is a CNAME: records at its end go first (RFC 7672 §2.2.2)',
      {
        ...signed,
        'mx.example.org': { CNAME: ['real.example.net'], ...proved },
        'real.example.net': { A: ['192.0.2.1'], ...proved },
        '_25._tcp.real.example.net': { TLSA: [tlsa(3)], ...proved },
      },
      'required dane real.example.net mx.example.org example.org',
    ],
    [
      'a server that is a CNAME, with records at its own name only',
      {
        ...signed,
        'mx.example.org': { CNAME: ['real.example.net'], ...proved },
        'real.example.net': { A: ['192.0.2.1'], ...proved },
      },
      'required dane mx.example.org example.org',
    ],
  ];
  for (const [what, zone, expected] of table) {
    test(what, async () => assert.equal(demand(await find(zone)), expected));
  }

  test('without DANE nobody asks for TLSA records', async () => {
    const survey = new Survey();
    const options = still(signed, survey);
    await siteOf(routeTo(mxRoutes({ ...options, dane: false }), 'example.org'), survey);
    assert.deepEqual(
      [...options.resolver.queries.keys()].filter((question) => question.startsWith('TLSA')),
      [],
    );
  });

  test('the port is that of the session', async () => {
    const zone = { ...signed, '_2525._tcp.mx.example.org': { TLSA: [tlsa(2)], ...proved } };
    const site = await find(zone, { port: 2525 });
    assert.equal(demand(site), 'required dane mx.example.org example.org');
    assert.ok(site.ok);
    const [first] = site.hosts;
    assert.ok(first?.target.tls.mode === 'required' && first.target.tls.certificate.kind === 'dane');
    assert.equal(first.target.tls.certificate.records[0]?.usage, 2);
  });

  test('SNI is the TLSA base domain (RFC 7672 §8.1)', async () => {
    const zone = {
      ...signed,
      'mx.example.org': { CNAME: ['real.example.net'], ...proved },
      'real.example.net': { A: ['192.0.2.1'], ...proved },
      '_25._tcp.real.example.net': { TLSA: [tlsa(3)], ...proved },
    };
    const site = await find(zone);
    assert.ok(site.ok);
    assert.equal(site.hosts[0]?.target.host, 'real.example.net');
  });
});

/** MTA-STS for `example.org` from a policy's text. */
function stsWith(policy: string, zone: Zone): Pick<MtaSts, 'find'> {
  const resolver = still(
    { ...zone, '_mta-sts.example.org': { TXT: ['v=STSv1; id=1'] } },
    new Survey(),
  ).resolver;
  const fetch = async () => new Response(policy, { headers: { 'content-type': 'text/plain' } });
  return new MtaSts({ resolver, fetch: fetch as never });
}

suite('MTA-STS (RFC 8461 §5)', () => {
  const zone: Zone = {
    'example.org': {
      MX: [
        { preference: 10, exchange: 'evil.example.net' },
        { preference: 20, exchange: 'mx.example.org' },
      ],
    },
    'evil.example.net': { A: ['192.0.2.66'] },
    'mx.example.org': { A: ['192.0.2.1'] },
  };
  const text = (mode: string) => `version: STSv1\nmode: ${mode}\nmx: mx.example.org\nmax_age: 86400\n`;

  test('enforce: servers that the policy does not name are left out, however preferred', async () => {
    const site = await find(zone, { mtaSts: stsWith(text('enforce'), zone) });
    assert.equal(inShort(site), 'mx.example.org 192.0.2.1');
    assert.equal(demand(site), 'required pkix mx.example.org');
  });
  test('enforce: no server is named: later, since the policy may change (RFC 8461 §5.1)', async () => {
    const only = { ...zone, 'example.org': { MX: [{ preference: 1, exchange: 'evil.example.net' }] } };
    assert.equal(demand(await find(only, { mtaSts: stsWith(text('enforce'), zone) })), '4.7.5 deferred');
  });
  test('testing: all servers are tried as ever', async () => {
    const site = await find(zone, { mtaSts: stsWith(text('testing'), zone) });
    assert.equal(inShort(site), 'evil.example.net 192.0.2.66, mx.example.org 192.0.2.1');
    assert.equal(demand(site), 'opportunistic');
  });
  test('a policy that can not be had is none', async () => {
    assert.equal(demand(await find(zone, { mtaSts: stsWith('no policy', zone) })), 'opportunistic');
  });
  test('a cache of policies that fails costs an attempt, not security', async () => {
    const warnings: DeliveryWarning[] = [];
    const mtaSts = { find: () => Promise.reject(new Error('disk')) };
    const site = await find(zone, { mtaSts, warn: (warning) => warnings.push(warning) });
    assert.equal(demand(site), '4.3.0 deferred');
    assert.equal(warnings[0]?.code, 'LOOKUP_FAULT');
  });
  test('REQUIRETLS and TLS-Required: No (RFC 8689 §4.2.1, §4.2.2)', async () => {
    const mtaSts = stsWith(text('testing'), zone);
    assert.equal(
      inShort(await find(zone, { mtaSts }, contextOf({ requireTls: true }))),
      'mx.example.org 192.0.2.1',
    );
    assert.equal(demand(await find(zone, {}, contextOf({ requireTls: true }))), '5.7.30 failed');
    const tlsOptional = ({ metadata }: Context) => metadata['tlsRequired'] === 'no';
    const context = contextOf({}, { tlsRequired: 'no' });
    const site = await find(zone, { mtaSts: stsWith(text('enforce'), zone), tlsOptional }, context);
    assert.equal(inShort(site), 'evil.example.net 192.0.2.66, mx.example.org 192.0.2.1');
  });
});

suite('overrides', () => {
  const zone: Zone = {
    'example.org': { MX: [{ preference: 10, exchange: 'mx.example.org' }] },
    'mx.example.org': { A: ['192.0.2.1'] },
    'gateway.example.net': { A: ['10.1.2.3'] },
  };
  const credentials = { type: 'password', user: 'us', password: new Secret('pencil') } as const;

  test('of servers: names, addresses and ports, wherever they are', async () => {
    const servers = ['gateway.example.net', { host: '127.0.0.1', port: 2525 }, '[IPv6:2001:db8::1]'];
    const site = await find(zone, { overrides: { 'example.org': { servers, port: 26 } } });
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
    const site = await find(zone, { overrides: { 'example.org': override } });
    assert.ok(site.ok);
    const [first] = site.hosts;
    assert.deepEqual(first?.target.at, { addresses: ['192.0.2.1'], port: 587 });
    assert.equal(demand(site), 'required pkix example.org');
    assert.equal(first.target.credentials, credentials);
  });
  test('TLS from the first octet (RFC 8314 §3.3)', async () => {
    const site = await find(zone, { overrides: { 'example.org': { implicitTls: true, port: 465 } } });
    assert.equal(demand(site), 'required implicit pkix mx.example.org');
  });
  test('the nearest entry wins', async () => {
    const overrides = {
      '*': { tls: 'none' },
      '.org': { tls: 'any' },
      'example.org': { tls: 'required' },
    } as const;
    assert.equal(demand(await find(zone, { overrides })), 'required pkix mx.example.org');
    assert.equal(
      demand(await find(zone, { overrides: { '*': { tls: 'none' }, '.org': { tls: 'any' } } })),
      'required any',
    );
    assert.equal(demand(await find(zone, { overrides: { '*': { tls: 'none' } } })), 'none');
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

suite('sessions for TLS reports (RFC 8460 §4.3)', () => {
  const asking: Zone = {
    '_smtp._tls.example.org': { TXT: ['v=TLSRPTv1; rua=mailto:tls@example.org'] },
    '_smtp._tls.mx.example.org': { TXT: ['v=TLSRPTv1; rua=https://mx.example.org/tls'] },
  };
  const tls = { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' };
  const expired = { why: 'certificate-expired', text: 'yesterday' } as const;

  async function sessionsOf(zone: Zone, observed: TlsObservation[], options: Partial<MxRouteOptions> = {}) {
    const survey = new Survey();
    const sessions: TlsSession[] = [];
    const router = mxRoutes({
      ...still(zone, survey),
      ...options,
      onTlsSession: (session) => {
        sessions.push(session);
      },
    });
    const site = await siteOf(routeTo(router, 'example.org'), survey);
    if (site.ok)
      for (const each of observed) survey.route?.onTls?.(site.hosts[0] as never, each, '192.0.2.1');
    await new Promise(setImmediate);
    return sessions;
  }
  const inBrief = ({ rua, policy, failure }: TlsSession) =>
    `${rua.join(' ')} ${policy.policyType} ${policy.policyDomain} ${failure?.resultType ?? 'ok'}`;

  const plain = { ...signed, '_25._tcp.mx.example.org': { TXT: [] }, ...asking } as Zone;
  test('successes and failures, with the servers they were made with', async () => {
    const sessions = await sessionsOf(plain, [
      { ok: true, tls },
      { ok: false, ...expired },
    ]);
    assert.deepEqual(sessions.map(inBrief), [
      'mailto:tls@example.org no-policy-found example.org ok',
      'mailto:tls@example.org no-policy-found example.org certificate-expired',
    ]);
    assert.deepEqual(sessions[1]?.failure, {
      resultType: 'certificate-expired',
      receivingMxHostname: 'mx.example.org',
      receivingIp: '192.0.2.1',
    });
  });
  test('what covers many faults comes with a reason (RFC 8460 §4.3.1)', async () => {
    const why = 'certificate-not-trusted';
    const sessions = await sessionsOf(plain, [{ ok: false, why, text: 'self-signed certificate' }]);
    assert.equal(sessions[0]?.failure?.reasonCode, 'self-signed certificate');
  });
  test('a certificate that mode testing would refuse is a failure', async () => {
    const sessions = await sessionsOf(plain, [{ ok: true, tls, flaw: expired }]);
    assert.deepEqual(sessions.map(inBrief), [
      'mailto:tls@example.org no-policy-found example.org certificate-expired',
    ]);
  });
  test('of DANE the server itself is told (RFC 8460 §1.1)', async () => {
    const sessions = await sessionsOf({ ...signed, ...asking }, [{ ok: true, tls }]);
    assert.deepEqual(sessions.map(inBrief), ['https://mx.example.org/tls tlsa mx.example.org ok']);
  });
  test('a policy that can not be had is told of with each attempt (RFC 8460 §4.3.2.2)', async () => {
    const sessions = await sessionsOf(plain, [], { mtaSts: stsWith('no policy', plain) });
    assert.deepEqual(sessions.map(inBrief), ['mailto:tls@example.org sts example.org sts-policy-invalid']);
  });
  test('who asks for no reports is not told of', async () => {
    assert.deepEqual(await sessionsOf(signed, [{ ok: true, tls }]), []);
  });
  test('an address literal has nobody to ask', async () => {
    const survey = new Survey();
    const options = { ...still({}, survey), onTlsSession: () => {} };
    const site = await siteOf(routeTo(mxRoutes(options), '[192.0.2.1]'), survey);
    assert.ok(site.ok);
    survey.route?.onTls?.(site.hosts[0] as never, { ok: true, tls }, '192.0.2.1');
    assert.equal(options.resolver.queryCount, 0);
  });
  test('nobody is asked where nobody listens', async () => {
    const survey = new Survey();
    const options = still(plain, survey);
    const site = await siteOf(routeTo(mxRoutes(options), 'example.org'), survey);
    assert.ok(site.ok);
    survey.route?.onTls?.(site.hosts[0] as never, { ok: true, tls }, '192.0.2.1');
    assert.equal(options.resolver.queries.has('TXT _smtp._tls.example.org'), false);
  });
  test('the collector of reports takes them as they are', async () => {
    const collector = new TlsCollector(new MemoryReportStore());
    const sessions = await sessionsOf(plain, [{ ok: true, tls }]);
    for (const session of sessions) await collector.observe(session, 0);
    const due = await Array.fromAsync(collector.due(2 * 86_400_000));
    assert.equal(due[0]?.policies[0]?.successes, 1);
  });
  test('an observer that fails is a warning', async () => {
    const survey = new Survey();
    const codes: string[] = [];
    const router = mxRoutes({
      ...still(plain, survey),
      onTlsSession: () => Promise.reject(new Error('disk')),
      warn: ({ code }) => codes.push(code),
    });
    const site = await siteOf(routeTo(router, 'example.org'), survey);
    assert.ok(site.ok);
    survey.route?.onTls?.(site.hosts[0] as never, { ok: true, tls }, '192.0.2.1');
    await new Promise(setImmediate);
    assert.deepEqual(codes, ['REPORT_FAULT']);
  });
});
