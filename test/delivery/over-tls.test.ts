/**
 * A queue and domains that demand TLS: what is put off while a server's certificate is wrong, what becomes of it,
 * and what their postmasters are told (RFC 8461, RFC 7672, RFC 8460).
 */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import {
  type Deferred,
  type Delivered,
  domainRoutes,
  type Failed,
  firstOf,
  localRoute,
  mxRoutes,
  notifier,
  type OutcomeNotice,
  Queue,
  SmtpSender,
  systemClock,
} from 'mailwright/delivery';
import { type Zone, ZoneResolver } from 'mailwright/dns';
import type { Body, Clock } from 'mailwright/machine';
import { parseMessage } from 'mailwright/mime';
import { MtaSts } from 'mailwright/mtasts';
import {
  Certificates,
  SmtpServer,
  type SmtpServerSettings,
  SmtpTransport,
  selfSignedCertificate,
} from 'mailwright/node';
import { spoolTo, tlsRequiredNo } from 'mailwright/reception';
import {
  composeTlsReport,
  deliveryStatusOf,
  MemoryReportStore,
  readReports,
  TlsCollector,
} from 'mailwright/reports';
import { mx } from 'mailwright/smtp';
import { type Envelope, MemorySpool } from 'mailwright/spool';
import type { TlsReport } from 'mailwright/tlsrpt';
import { Client } from '../node/client.ts';
import { proved, tlsaOf } from './route/zones.ts';

const day = 86_400_000;
const good = selfSignedCertificate({ names: ['mx.example.org'] });
const wrong = selfSignedCertificate({ names: ['mx.example.net'] });

async function octetsOf(body: Body): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(body.open()));
}

const zone: Zone = {
  'example.org': { MX: [{ preference: 10, exchange: 'mx.example.org' }], ...proved },
  'mx.example.org': { A: ['127.0.0.1'], ...proved },
  '_smtp._tls.example.org': { TXT: ['v=TLSRPTv1; rua=mailto:tls@example.org'] },
  '_smtp._tls.mx.example.org': { TXT: ['v=TLSRPTv1; rua=mailto:tls@example.org'] },
};
const policyFile = 'version: STSv1\nmode: enforce\nmx: mx.example.org\nmax_age: 86400\n';

/** How the domain says that it wants TLS. */
type Way = 'sts' | 'tlsa';

/** `example.org`, whose server shows a wrong certificate until it is mended, and a queue that sends to it. */
async function demanding(way: Way, { extensions = mx.extensions }: Partial<SmtpServerSettings> = {}) {
  const certificates = new Certificates(wrong);
  /** What arrived at `example.org`. */
  const arrived: { readonly octets: Buffer; readonly inTls: boolean }[] = [];
  const server = new SmtpServer({
    extensions,
    hostname: 'mx.example.org',
    tls: certificates,
    data: (_envelope, { session }) => {
      const chunks: Buffer[] = [];
      return {
        write: (chunk) => void chunks.push(Buffer.from(chunk)),
        end: () => {
          arrived.push({ octets: Buffer.concat(chunks), inTls: session.tls !== null });
          return undefined;
        },
        abort: () => {},
      };
    },
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  const resolver = new ZoneResolver({
    ...zone,
    ...(way === 'sts'
      ? { '_mta-sts.example.org': { TXT: ['v=STSv1; id=1'] } }
      : { [`_${server.port}._tcp.mx.example.org`]: { TLSA: [tlsaOf(good)], ...proved } }),
  });
  const fetch = async () => new Response(policyFile, { headers: { 'content-type': 'text/plain' } });
  let later = 0;
  const clock: Clock = { ...systemClock, now: () => Date.now() + later };
  const collector = new TlsCollector(new MemoryReportStore());
  const sender = new SmtpSender({
    transport: new SmtpTransport({ authorities: [good.cert, wrong.cert] }),
    clock,
  });
  /** What `sender.example` was told. */
  const told: Buffer[] = [];
  let news: string[] = [];
  const note = ({ outcome }: OutcomeNotice<Delivered | Deferred | Failed>) => {
    news.push(`${outcome.result} ${outcome.status}`);
    return undefined;
  };
  const spool = new MemorySpool();
  const queue = new Queue({
    spool,
    clock,
    router: firstOf(
      domainRoutes({
        'sender.example': localRoute(async ({ body }) => {
          told.push(await octetsOf(body));
        }),
      }),
      mxRoutes({
        sender,
        resolver,
        clock,
        hostname: 'us.example',
        port: server.port,
        allowAddress: () => true,
        mtaSts: new MtaSts({ resolver, fetch: fetch as never }),
        tlsOptional: tlsRequiredNo,
        onTlsSession: (session) => collector.observe(session, clock.now()),
      }),
    ),
    hooks: { delivered: note, delayed: note, failed: note },
    notifier: notifier({ hostname: 'us.example', clock }),
  });
  const reception = new SmtpServer({ ...mx, hostname: 'us.example', ...spoolTo(spool) });
  await reception.listen({ port: 0, host: '127.0.0.1' });
  await queue.start();
  after(async () => {
    await queue.stop({ within: 100 });
    await sender.close();
    await Promise.all([server.destroy(), reception.destroy()]);
  });
  const settle = async () => {
    await queue.idle();
    const latest = news;
    news = [];
    return latest;
  };
  return {
    arrived,
    told,
    collector,
    certificates,
    queue,
    reception,
    pass: (ms: number) => {
      later += ms;
    },
    /** What has become of recipients since it was asked last. */
    settle,
    async send(envelope: Partial<Envelope> = {}): Promise<readonly string[]> {
      const whole = { from: 'a@sender.example', recipients: [{ path: 'b@example.org' }], ...envelope };
      const octets = Buffer.from('Subject: hello\r\n\r\nhello\r\n');
      await queue.enqueue({ protocol: 'ESMTP', envelope: whole }, octets);
      return settle();
    },
    /** Tries all that is queued. */
    async retry(): Promise<readonly string[]> {
      await queue.retry('all');
      return settle();
    },
  };
}

/** What the way is to be told of, and how a wrong certificate fails by it. */
const ways: readonly (readonly [name: string, way: Way, failure: string, domain: string])[] = [
  ['MTA-STS (RFC 8461 §5)', 'sts', 'certificate-host-mismatch', 'example.org'],
  ['DANE (RFC 7672 §2.2)', 'tlsa', 'validation-failure', 'mx.example.org'],
];

for (const [name, way, failure, domain] of ways) {
  suite(name, () => {
    test('a wrong certificate puts mail off, and a mended one lets it go', async () => {
      const { send, retry, certificates, arrived } = await demanding(way);
      assert.deepEqual(await send(), ['deferred 4.7.5']);
      assert.deepEqual(await retry(), ['deferred 4.7.5']);
      assert.equal(arrived.length, 0);
      certificates.replace(good);
      assert.deepEqual(await retry(), ['delivered 2.0.0']);
      assert.deepEqual(
        arrived.map(({ inTls }) => inTls),
        [true],
      );
    });

    test('what is never mended comes back to its sender, who is told why', async () => {
      const { send, retry, pass, told, arrived } = await demanding(way);
      await send();
      pass(6 * day);
      // The failure, and the notification of it.
      assert.deepEqual(await retry(), ['failed 5.4.7', 'delivered 2.0.0']);
      const report = deliveryStatusOf(parseMessage(told[0] ?? Buffer.alloc(0)));
      assert.deepEqual(
        report?.recipients.map(({ finalRecipient, action, status }) => [
          finalRecipient?.text,
          action,
          status,
        ]),
        [['b@example.org', 'failed', '5.4.7']],
      );
      assert.match(told[0]?.toString() ?? '', /given up after 2 attempts/);
      assert.equal(arrived.length, 0);
    });

    test('REQUIRETLS of the sender comes back at once where the server will not keep it', async () => {
      const dsn = { ret: 'full' } as const;
      const keeping = await demanding(way);
      keeping.certificates.replace(good);
      assert.deepEqual(await keeping.send({ requireTls: true, dsn }), ['delivered 2.0.0']);
      const extensions = mx.extensions.filter(({ keyword }) => keyword !== 'REQUIRETLS');
      const { send, certificates, told } = await demanding(way, { extensions });
      certificates.replace(good);
      assert.deepEqual(await send({ requireTls: true, dsn }), ['failed 5.7.30', 'delivered 2.0.0']);
      // RFC 8689 §5: as if the sender had asked for RET=HDRS.
      assert.match(told[0]?.toString() ?? '', /^Content-Type: text\/rfc822-headers/m);
    });

    test('what tells of it is not lost for want of REQUIRETLS itself (RFC 8689 §5)', async () => {
      const extensions = mx.extensions.filter(({ keyword }) => keyword !== 'REQUIRETLS');
      const { send, certificates, arrived } = await demanding(way, { extensions });
      certificates.replace(good);
      const envelope = { from: 'a@example.org', requireTls: true } as const;
      assert.deepEqual(await send(envelope), ['failed 5.7.30', 'delivered 2.0.0']);
      assert.deepEqual(
        arrived.map(({ octets, inTls }) => [
          deliveryStatusOf(parseMessage(octets))?.recipients.length,
          inTls,
        ]),
        [[1, true]],
      );
    });

    test('the postmaster reads of both in a report, which needs no TLS itself (RFC 8460 §4, §5.3)', async () => {
      const { send, retry, settle, pass, collector, certificates, arrived, reception } = await demanding(way);
      await send();
      certificates.replace(good);
      await retry();
      certificates.replace(wrong);
      pass(day);
      const [due] = await Array.fromAsync(collector.due(Date.now() + day));
      assert.ok(due !== undefined);
      const { reportId, begin, end, policies } = due;
      const contact = 'tls@us.example';
      const report: TlsReport = { organization: 'us.example', contact, reportId, begin, end, policies };
      const composed = await composeTlsReport(report, due.policyDomain, {
        from: contact,
        to: ['tls@example.org'],
        submitter: 'us.example',
        date: Date.now(),
        messageId: `${reportId}@us.example`,
      });
      // Its header says TLS-Required: No, which reception notes and the route heeds.
      const client = await Client.connect(reception.port);
      await client.reply();
      for (const line of ['EHLO us.example', `MAIL FROM:<${contact}>`, 'RCPT TO:<tls@example.org>', 'DATA']) {
        assert.match(await client.say(line), /^[23]/);
      }
      assert.match(await client.say(`${composed.octets().toString()}.`), /^250 /);
      client.socket.destroy();
      while ((await settle()).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      const { reports, faults } = await readReports(parseMessage(arrived[1]?.octets ?? Buffer.alloc(0)));
      assert.deepEqual(faults, []);
      assert.ok(reports[0]?.kind === 'tls');
      const [policy, ...others] = reports[0].report.policies;
      assert.equal(others.length, 0);
      const { policyType, policyDomain, successes, failures, details = [] } = policy ?? {};
      assert.deepEqual([policyType, policyDomain, successes, failures], [way, domain, 1, 1]);
      assert.deepEqual(
        details.map(({ resultType, receivingMxHostname, sessions }) => [
          resultType,
          receivingMxHostname,
          sessions,
        ]),
        [[failure, 'mx.example.org', 1]],
      );
    });
  });
}
