/** TLS as it follows from what a domain publishes. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type DeliveryWarning, mxRoutes } from 'mailwright/delivery';
import type { Zone } from 'mailwright/dns';
import { tlsRequiredNo } from 'mailwright/reception';
import { contextOf, demand, inShort, mxSite, routeTo, Survey, siteOf, still, stsWith } from './survey.ts';
import { proved, signed, tlsa } from './zones.ts';

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
    [
      'a server that is a signed CNAME of one that is not signed',
      {
        ...signed,
        'mx.example.org': { CNAME: ['real.example.net'], ...proved },
        'real.example.net': { A: ['192.0.2.1'] },
        '_25._tcp.real.example.net': { TLSA: [tlsa(3)], ...proved },
      },
      'required dane mx.example.org example.org',
    ],
    [
      'a server that is an unsigned CNAME',
      {
        ...signed,
        'mx.example.org': { CNAME: ['real.example.net'] },
        'real.example.net': { A: ['192.0.2.1'], ...proved },
        '_25._tcp.real.example.net': { TLSA: [tlsa(3)], ...proved },
      },
      'opportunistic',
    ],
  ];
  for (const [what, zone, expected] of table) {
    test(what, async () => assert.equal(demand(await mxSite(zone)), expected));
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
    const site = await mxSite(zone, { port: 2525 });
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
    const site = await mxSite(zone);
    assert.ok(site.ok);
    assert.equal(site.hosts[0]?.target.host, 'real.example.net');
  });
});

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
    const site = await mxSite(zone, { mtaSts: stsWith(text('enforce'), zone) });
    assert.equal(inShort(site), 'mx.example.org 192.0.2.1');
    assert.equal(demand(site), 'required pkix mx.example.org');
  });
  test('enforce: no server is named: later, since the policy may change (RFC 8461 §5.1)', async () => {
    const only = { ...zone, 'example.org': { MX: [{ preference: 1, exchange: 'evil.example.net' }] } };
    assert.equal(demand(await mxSite(only, { mtaSts: stsWith(text('enforce'), zone) })), '4.7.5 deferred');
  });
  test('testing: all servers are tried as ever', async () => {
    const site = await mxSite(zone, { mtaSts: stsWith(text('testing'), zone) });
    assert.equal(inShort(site), 'evil.example.net 192.0.2.66, mx.example.org 192.0.2.1');
    assert.equal(demand(site), 'opportunistic');
  });
  test('a policy that can not be had is none', async () => {
    assert.equal(demand(await mxSite(zone, { mtaSts: stsWith('no policy', zone) })), 'opportunistic');
  });
  test('a cache of policies that fails costs an attempt, not security', async () => {
    const warnings: DeliveryWarning[] = [];
    const mtaSts = { find: () => Promise.reject(new Error('disk')) };
    const site = await mxSite(zone, { mtaSts, warn: (warning) => warnings.push(warning) });
    assert.equal(demand(site), '4.3.0 deferred');
    assert.equal(warnings[0]?.code, 'LOOKUP_FAULT');
  });
  test('REQUIRETLS and TLS-Required: No (RFC 8689 §4.2.1, §4.2.2)', async () => {
    const mtaSts = stsWith(text('testing'), zone);
    assert.equal(
      inShort(await mxSite(zone, { mtaSts }, contextOf({ requireTls: true }))),
      'mx.example.org 192.0.2.1',
    );
    assert.equal(demand(await mxSite(zone, {}, contextOf({ requireTls: true }))), '5.7.30 failed');
    const context = contextOf({}, { tlsRequired: 'no' });
    const enforced = { mtaSts: stsWith(text('enforce'), zone), tlsOptional: tlsRequiredNo };
    const site = await mxSite(zone, enforced, context);
    assert.equal(inShort(site), 'evil.example.net 192.0.2.66, mx.example.org 192.0.2.1');
  });
  test('REQUIRETLS loses no bounce (RFC 8689 §5)', async () => {
    const bounce = contextOf({ from: '', requireTls: true });
    assert.equal(demand(await mxSite(zone, {}, bounce)), 'opportunistic');
  });
});
