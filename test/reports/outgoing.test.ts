/** Reports on their way out: collected, made into messages, and read again by those who get them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluateDmarc, type ObservedMessage } from 'mailwright/dmarc';
import { type Zone, ZoneResolver } from 'mailwright/dns';
import { type Message, parseMessage } from 'mailwright/mime';
import {
  AggregateCollector,
  composeFailureReport,
  composeTlsReport,
  type FailedMessage,
  feedbackReportOf,
  MemoryReportStore,
  type ReadyReport,
  type Reporter,
  readReports,
  readyAggregateReports,
  TlsCollector,
} from 'mailwright/reports';

const day = 86_400_000;
const noon = Date.UTC(2026, 4, 1, 12);
const midnight = Date.UTC(2026, 4, 2);

const reporter: Reporter = {
  organization: 'Example & Sons',
  submitter: 'mx.example.net',
  from: 'dmarc-reports@mx.example.net',
  email: 'postmaster@example.net',
  generator: 'test/1.0',
};

async function observed(record: string, sourceIp = '192.0.2.1'): Promise<ObservedMessage> {
  const zone = new ZoneResolver({ '_dmarc.example.com': { TXT: [record] } });
  const verdict = await evaluateDmarc({ authorDomain: 'example.com' }, zone);
  return {
    verdict,
    sourceIp,
    envelopeFrom: 'bounce.example.com',
    dkim: [],
    spf: { domain: 'bounce.example.com', result: 'fail' },
  };
}

async function ready(collector: AggregateCollector, zone: Zone = {}, now = midnight): Promise<ReadyReport[]> {
  const records = { '_dmarc.example.com': { TXT: ['v=DMARC1'] }, ...zone };
  return Array.fromAsync(readyAggregateReports(collector, reporter, new ZoneResolver(records), now));
}

test('a day of messages becomes one report to each domain and policy', async () => {
  const collector = new AggregateCollector(new MemoryReportStore());
  const rejecting = 'v=DMARC1; p=reject; rua=mailto:dmarc@example.com';
  for (const source of ['192.0.2.1', '192.0.2.2', '192.0.2.1']) {
    await collector.observe(await observed(rejecting, source), noon);
  }
  await collector.observe(await observed('v=DMARC1; p=none; rua=mailto:dmarc@example.com'), noon);
  await collector.observe(await observed('v=DMARC1; p=none'), noon);
  assert.deepEqual(await ready(collector, {}, midnight - 1), []);
  const [first, second, ...others] = await ready(collector);
  assert.deepEqual(others, []);
  assert.ok(first?.kind === 'ready' && second?.kind === 'ready');
  assert.deepEqual(first.to, ['dmarc@example.com']);

  const message = parseMessage(first.message.octets());
  const { reports, faults } = await readReports(message);
  assert.deepEqual(faults, []);
  const [read] = reports;
  assert.ok(read?.kind === 'aggregate');
  const { metadata, policy, records } = read.report;
  assert.deepEqual(
    records.map(({ sourceIp, count }) => [sourceIp, count]),
    [
      ['192.0.2.1', 2],
      ['192.0.2.2', 1],
    ],
  );
  assert.deepEqual([policy.domain, policy.p, policy.discoveryMethod], ['example.com', 'reject', 'treewalk']);
  assert.deepEqual([metadata.organization, metadata.generator], ['Example & Sons', 'test/1.0']);
  assert.deepEqual([metadata.begin, metadata.end], [midnight - day, midnight - 1000]);

  // RFC 9990 §3.5.2: subject and file name; made again they are the same.
  const subject = `Report Domain: example.com Submitter: mx.example.net Report-ID: <${metadata.reportId}>`;
  assert.equal(message.header.get('subject')?.value, subject);
  const name = `mx.example.net!example.com!1777593600!1777679999!${metadata.reportId}.xml.gz`;
  assert.equal(fileNameOf(message), name);
  const [again] = await ready(collector);
  assert.equal(again?.kind === 'ready' && fileNameOf(parseMessage(again.message.octets())), name);

  for (const each of [first, second]) await each.due.done();
  assert.deepEqual(await ready(collector), []);
});

function fileNameOf(message: Message): string | undefined {
  return message.root.children[1]?.disposition?.parameters.get('filename');
}

test('reports go to others only where they consent; what DNS does not tell waits (RFC 9990 §4)', async () => {
  const collector = new AggregateCollector(new MemoryReportStore());
  await collector.observe(await observed('v=DMARC1; rua=mailto:d@example.org'), noon);
  const consent = 'example.com._report._dmarc.example.org';
  assert.deepEqual(
    (await ready(collector, { [consent]: 'TIMEOUT' })).map(({ kind }) => kind),
    ['later'],
  );
  const [granted] = await ready(collector, { [consent]: { TXT: ['v=DMARC1'] } });
  assert.deepEqual(granted?.kind === 'ready' && granted.to, ['d@example.org']);
  const [refused] = await ready(collector);
  assert.ok(refused?.kind === 'unwanted');
  assert.deepEqual(
    refused.refused.map(({ why }) => why),
    ['not-authorized'],
  );
  assert.deepEqual(await ready(collector), []);
});

test('TLS sessions become one report to each domain (RFC 8460)', async () => {
  const collector = new TlsCollector(new MemoryReportStore());
  const policy = {
    policyType: 'sts',
    policyStrings: ['version: STSv1', 'mode: testing'],
    policyDomain: 'example.com',
    mxHosts: ['mx.example.com'],
  } as const;
  const rua = ['mailto:tls@example.com'];
  const expired = { resultType: 'certificate-expired', receivingMxHostname: 'mx.example.com' };
  for (const more of [{}, {}, { failure: expired }, { failure: expired }]) {
    await collector.observe({ rua, policy, ...more }, noon);
  }
  await collector.observe({ rua: [], policy }, noon);
  assert.deepEqual(await Array.fromAsync(collector.due(midnight - 1)), []);
  const [due, ...others] = await Array.fromAsync(collector.due(midnight));
  assert.deepEqual(others, []);
  assert.ok(due);
  const { reportId, begin, end, policies, policyDomain } = due;
  const message = await composeTlsReport(
    { organization: 'Example', contact: 'tls@example.net', reportId, begin, end, policies },
    policyDomain,
    {
      from: 'tls@mx.example.net',
      to: ['tls@example.com'],
      submitter: 'mx.example.net',
      date: midnight,
      messageId: `${reportId}@mx.example.net`,
    },
  );
  const parsed = parseMessage(message.octets());
  const { reports } = await readReports(parsed);
  assert.ok(reports[0]?.kind === 'tls');
  assert.deepEqual(reports[0].report.policies, [
    { ...policy, successes: 2, failures: 2, details: [{ ...expired, sessions: 2 }] },
  ]);
  // RFC 8460 §5.3, RFC 8689 §3.
  const fields = ['tls-report-domain', 'tls-report-submitter', 'tls-required', 'auto-submitted'];
  const values = fields.map((key) => parsed.header.get(key)?.value);
  assert.deepEqual(values, ['example.com', 'mx.example.net', 'No', 'auto-generated']);
  assert.equal(parsed.root.contentType?.parameters.get('report-type'), 'tlsrpt');
  await due.done();
  assert.deepEqual(await Array.fromAsync(collector.due(midnight)), []);
});

test('collectors share a store', async () => {
  const store = new MemoryReportStore();
  const policy = {
    policyType: 'no-policy-found',
    policyStrings: [],
    policyDomain: 'example.com',
    mxHosts: [],
  } as const;
  await new TlsCollector(store).observe({ rua: ['mailto:a@example.com'], policy }, noon);
  await new AggregateCollector(store).observe(await observed('v=DMARC1; rua=mailto:a@example.com'), noon);
  assert.equal((await Array.fromAsync(new TlsCollector(store).due(midnight))).length, 1);
  assert.equal((await Array.fromAsync(new AggregateCollector(store).due(midnight))).length, 1);
});

const header = Buffer.from('From: a@example.com\r\nSubject: Hi\r\n\r\n');

test('a failure report says what RFC 9991 §4 asks for', async () => {
  const { verdict } = await observed('v=DMARC1; p=none; ruf=mailto:a@example.com');
  const failed: FailedMessage = {
    verdict,
    authenticationResults: 'mx.example.net;\r\n\tdmarc=fail header.from=example.com',
    sourceIp: '2001:db8::1',
    sourcePort: 2525,
    arrivalDate: noon,
    mailFrom: 'bounce@example.com',
    rcptTo: 'sam@example.net',
    envelopeId: 'one',
    deliveryResult: 'reject',
    dkim: { domain: 'example.com', selector: 'news', identity: '@example.com' },
    spf: { domain: 'example.com', record: 'v=spf1 "x" -all' },
    incidents: 3,
    original: { kind: 'header', octets: header },
  };
  const message = composeFailureReport(failed, 'Example/1.0', {
    from: 'dmarc@mx.example.net',
    to: ['a@example.com'],
    submitter: 'mx.example.net',
    date: noon,
    messageId: 'one@mx.example.net',
  });
  const report = feedbackReportOf(parseMessage(message.octets()));
  assert.ok(report?.failure);
  const { fields, original, failure, ...rest } = report;
  assert.deepEqual(rest, {
    feedbackType: 'auth-failure',
    userAgent: 'Example/1.0',
    version: '1',
    incidents: 3,
    arrivalDate: noon,
    sourceIp: '2001:db8::1',
    sourcePort: 2525,
    originalMailFrom: 'bounce@example.com',
    originalRcptTo: ['sam@example.net'],
    originalEnvelopeId: 'one',
    reportedDomains: ['example.com'],
    reportedUris: [],
    authenticationResults: ['mx.example.net; dmarc=fail header.from=example.com'],
  });
  assert.deepEqual(failure, {
    kind: 'dmarc',
    deliveryResult: 'reject',
    identityAlignment: ['dkim', 'spf'],
    dkimDomain: 'example.com',
    dkimIdentity: '@example.com',
    dkimSelector: 'news',
    spfDns: ['txt : example.com : "v=spf1 \\"x\\" -all"'],
  });
  assert.equal(original?.kind, 'header');
  assert.equal(Buffer.from(original.octets).toString(), header.toString());
});

test('nothing that a peer says begins a field or a part of its own', async () => {
  const { verdict } = await observed('v=DMARC1; p=none');
  const evil = 'x\r\nFeedback-Type: abuse\r\n\r\n--b';
  const message = composeFailureReport(
    {
      verdict: { ...verdict, authorDomain: evil },
      authenticationResults: evil,
      sourceIp: '192.0.2.1',
      arrivalDate: noon,
      mailFrom: evil,
      envelopeId: evil,
      dkim: { domain: evil, selector: evil },
      original: { kind: 'message', octets: Buffer.from(`${header}${evil}`) },
    },
    'Example/1.0',
    {
      from: 'd@example.net',
      to: ['a@example.com'],
      submitter: 'example.net',
      date: noon,
      messageId: 'one@example.net',
    },
  );
  const report = feedbackReportOf(parseMessage(message.octets()));
  assert.equal(report?.fields.all('feedback-type').length, 1);
  assert.equal(report?.feedbackType, 'auth-failure');
  assert.equal(report?.original?.kind, 'message');
});
