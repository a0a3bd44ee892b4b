import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type MxRouteOptions, mxRoutes, type TlsObservation, type TlsSession } from 'mailwright/delivery';
import type { Zone } from 'mailwright/dns';
import { MemoryReportStore, TlsCollector } from 'mailwright/reports';
import { routeTo, Survey, siteOf, still, stsWith } from './survey.ts';
import { signed } from './zones.ts';

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
