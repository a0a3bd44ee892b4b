/** From a domain's records to its server over real TLS: who gets the mail, who does not, and what is reported. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import {
  bodyOf,
  type DeliveryWarning,
  type MxOverride,
  mxRoutes,
  type Outcome,
  SmtpSender,
  type TlsSession,
} from 'mailwright/delivery';
import { type TlsaData, type Zone, ZoneResolver } from 'mailwright/dns';
import { MtaSts } from 'mailwright/mtasts';
import { SmtpServer, SmtpTransport, selfSignedCertificate } from 'mailwright/node';
import { mx } from 'mailwright/smtp';
import { contextOf, recipientAt, routeTo } from './survey.ts';
import { proved, tlsaOf } from './zones.ts';

const good = selfSignedCertificate({ names: ['mx.example.org'] });
const expired = selfSignedCertificate({ names: ['mx.example.org'], now: 0 });
const others = selfSignedCertificate({ names: ['mx.example.net'] });

const plain: Zone = {
  'example.org': { MX: [{ preference: 10, exchange: 'mx.example.org' }], ...proved },
  'mx.example.org': { A: ['127.0.0.1'], ...proved },
  '_smtp._tls.example.org': { TXT: ['v=TLSRPTv1; rua=mailto:tls@example.org'] },
  '_smtp._tls.mx.example.org': { TXT: ['v=TLSRPTv1; rua=mailto:tls@example.org'] },
};

interface Case {
  /** Of the server; `null`: it has no TLS. */
  readonly shows: { readonly cert: string; readonly key: string } | null;
  readonly tlsa?: TlsaData;
  readonly sts?: 'enforce' | 'testing';
  readonly override?: MxOverride;
  readonly requireTls?: true;
}

/** Sends a message to `example.org`, and says in short what came of it. */
async function send({ shows, tlsa, sts, override, requireTls }: Case) {
  const secured: boolean[] = [];
  const server = new SmtpServer({
    ...mx,
    hostname: 'mx.example.org',
    ...(shows !== null && { tls: shows }),
    data: (_envelope, { session }) => ({
      write: () => {},
      end: () => {
        secured.push(session.tls !== null);
        return undefined;
      },
      abort: () => {},
    }),
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  const resolver = new ZoneResolver({
    ...plain,
    ...(tlsa && { [`_${server.port}._tcp.mx.example.org`]: { TLSA: [tlsa], ...proved } }),
    ...(sts && { '_mta-sts.example.org': { TXT: ['v=STSv1; id=1'] } }),
  });
  const policy = `version: STSv1\nmode: ${sts}\nmx: mx.example.org\nmax_age: 86400\n`;
  const fetch = async () => new Response(policy, { headers: { 'content-type': 'text/plain' } });
  const sessions: TlsSession[] = [];
  const warnings: DeliveryWarning[] = [];
  const sender = new SmtpSender({
    transport: new SmtpTransport({ authorities: [good.cert, expired.cert, others.cert] }),
  });
  after(() => sender.close());
  const router = mxRoutes({
    sender,
    resolver,
    hostname: 'us.example',
    port: server.port,
    allowAddress: () => true,
    mtaSts: new MtaSts({ resolver, fetch: fetch as never }),
    onTlsSession: (session) => {
      sessions.push(session);
    },
    warn: (warning) => warnings.push(warning),
    ...(override && { overrides: { 'example.org': override } }),
  });
  const outcomes: readonly Outcome[] = await routeTo(router, 'example.org').deliver({
    context: contextOf(requireTls === true ? { requireTls } : {}),
    recipients: [recipientAt('example.org')],
    body: bodyOf(Buffer.from('Subject: hello\r\n\r\nhello\r\n')),
    signal: new AbortController().signal,
  });
  await sender.close();
  await server.close();
  const [outcome] = outcomes;
  const reports = sessions.map(
    ({ policy: { policyType }, failure }) => `${policyType} ${failure?.resultType ?? 'ok'}`,
  );
  const sent = secured.length === 0 ? 'nothing arrived' : secured[0] ? 'in TLS' : 'in clear';
  const warned = warnings.map(({ code }) => code);
  const status = outcome?.result === 'limited' ? '' : outcome?.status;
  return [outcome?.result, status, sent, ...reports, ...warned].join(', ');
}

suite('DANE (RFC 7672)', () => {
  test('the key is the one in DNS', async () => {
    assert.equal(await send({ shows: good, tlsa: tlsaOf(good) }), 'delivered, 2.0.0, in TLS, tlsa ok');
  });
  test('names and dates count for nothing then (RFC 7672 §3.1.1)', async () => {
    assert.equal(await send({ shows: expired, tlsa: tlsaOf(expired) }), 'delivered, 2.0.0, in TLS, tlsa ok');
  });
  test('another key', async () => {
    assert.match(
      await send({ shows: good, tlsa: tlsaOf(others) }),
      /^deferred, 4\.7\.\d, nothing arrived, tlsa /,
    );
  });
  test('no TLS', async () => {
    assert.match(
      await send({ shows: null, tlsa: tlsaOf(good) }),
      /^deferred, 4\.7\.\d+, nothing arrived, tlsa starttls-not-supported$/,
    );
  });
});

suite('MTA-STS (RFC 8461 §4, §5)', () => {
  test('enforce: the certificate is valid', async () => {
    assert.equal(await send({ shows: good, sts: 'enforce' }), 'delivered, 2.0.0, in TLS, sts ok');
  });
  test('enforce: of another name', async () => {
    assert.match(
      await send({ shows: others, sts: 'enforce' }),
      /^deferred, 4\.7\.\d, nothing arrived, sts certificate-host-mismatch$/,
    );
  });
  test('enforce: expired', async () => {
    assert.match(
      await send({ shows: expired, sts: 'enforce' }),
      /^deferred, 4\.7\.\d, nothing arrived, sts certificate-expired$/,
    );
  });
  test('enforce: no TLS', async () => {
    assert.match(
      await send({ shows: null, sts: 'enforce' }),
      /^deferred, 4\.7\.\d+, nothing arrived, sts starttls-not-supported$/,
    );
  });
  test('testing: what would fail is delivered, and reported', async () => {
    assert.equal(
      await send({ shows: others, sts: 'testing' }),
      'delivered, 2.0.0, in TLS, sts certificate-host-mismatch',
    );
    assert.equal(
      await send({ shows: null, sts: 'testing' }),
      'delivered, 2.0.0, in clear, sts starttls-not-supported',
    );
    assert.equal(await send({ shows: good, sts: 'testing' }), 'delivered, 2.0.0, in TLS, sts ok');
  });
});

suite('without a policy', () => {
  test('TLS where it is offered, clear text where it is not (RFC 7435 §4)', async () => {
    assert.equal(await send({ shows: others }), 'delivered, 2.0.0, in TLS, no-policy-found ok');
    assert.equal(
      await send({ shows: null }),
      'delivered, 2.0.0, in clear, no-policy-found starttls-not-supported',
    );
  });
  test('required by the configuration', async () => {
    const override = { tls: 'required' } as const;
    assert.equal(await send({ shows: good, override }), 'delivered, 2.0.0, in TLS, no-policy-found ok');
    assert.match(await send({ shows: others, override }), /^deferred, 4\.7\.\d, nothing arrived/);
    assert.match(await send({ shows: null, override }), /^deferred, 4\.7\.\d+, nothing arrived/);
  });
  test('invalid certificates accepted, with a warning', async () => {
    const override = { tls: 'required', acceptInvalidCertificates: true } as const;
    assert.equal(
      await send({ shows: others, override }),
      'delivered, 2.0.0, in TLS, no-policy-found ok, INVALID_CERTIFICATE_ACCEPTED',
    );
  });
});
