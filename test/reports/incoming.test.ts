/** Reports in messages: where they are found, and what is no report. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { composeMessage, mixed, type PartInput, parseMessage, report, textPart } from 'mailwright/mime';
import { deliveryStatusOf, feedbackReportOf, readReports } from 'mailwright/reports';

const xml =
  '<feedback><report_metadata/><policy_published><domain>example.com</domain></policy_published></feedback>';
const json = '{"date-range":{},"policies":[]}';

function mail(...parts: readonly PartInput[]) {
  const head = { from: 'a@example.com', date: 0, messageId: 'one@example.com' };
  return parseMessage(composeMessage({ ...head, body: mixed(textPart('Hello'), ...parts) }).octets());
}

async function found(part: PartInput): Promise<string> {
  const { reports, faults } = await readReports(mail(part));
  return [...reports.map(({ kind }) => kind), ...faults].join(' ');
}

const file = (type: string, content: Uint8Array | string, filename?: string): PartInput => ({
  kind: 'file',
  type,
  content: typeof content === 'string' ? Buffer.from(content) : content,
  ...(filename !== undefined && { filename }),
});

const attachments: readonly [what: string, part: PartInput, outcome: string][] = [
  ['by RFC 9990', file('application/gzip', gzipSync(xml)), 'aggregate'],
  ['uncompressed', file('text/xml', xml), 'aggregate'],
  [
    'by its name alone',
    file('application/octet-stream', gzipSync(xml), 'a.example!b.example!1!2.xml.gz'),
    'aggregate',
  ],
  ['by RFC 8460', file('application/tlsrpt+gzip', gzipSync(json)), 'tls'],
  ['TLS, uncompressed, after a byte order mark', file('application/tlsrpt+json', `\ufeff\n${json}`), 'tls'],
  ['another attachment', file('application/octet-stream', gzipSync(xml), 'a.xml.gz'), ''],
  ['an archive of something else', file('application/gzip', gzipSync('Hello')), 'cut'],
  ['a bomb of entities', file('application/gzip', gzipSync(`<!DOCTYPE a>${xml}`)), 'dtd'],
  ['broken', file('application/gzip', gzipSync(xml).subarray(0, -9)), 'corrupt'],
  [
    'within a message within the message',
    { kind: 'message', octets: Buffer.from('Content-Type: text/xml\r\n\r\n<feedback/>') },
    '',
  ],
];

for (const [what, part, outcome] of attachments) {
  test(`attachment: ${what}`, async () => assert.equal(await found(part), outcome));
}

test('attachments are bounded in number and size', async () => {
  const parts = Array.from({ length: 30 }, () => file('application/gzip', gzipSync(xml)));
  assert.equal((await readReports(mail(...parts))).reports.length, 10);
  assert.equal((await readReports(mail(...parts), { attachments: 3 })).reports.length, 3);
  const { faults } = await readReports(mail(file('application/gzip', gzipSync(xml))), { bytes: 20 });
  assert.deepEqual(faults, ['too-large']);
});

function statusMail(text: string) {
  const part: PartInput = { kind: 'text', type: 'message/delivery-status', text };
  const head = { from: 'a@example.com', date: 0, messageId: 'one@example.com' };
  const body = report('delivery-status', textPart('Not delivered.'), part);
  return parseMessage(composeMessage({ ...head, body }).octets());
}

test('a delivery status notification (RFC 3464 §2)', () => {
  const status = deliveryStatusOf(
    statusMail(
      [
        'Reporting-MTA: dns; mx.example.com',
        'Original-Envelope-Id: one',
        'Arrival-Date: Fri, 1 May 2026 12:00:00 +0000',
        '',
        'Final-Recipient: rfc822; sam@example.org',
        'Original-Recipient: RFC822;Sam@example.org',
        'Action: Failed (for good)',
        'Status: 5.1.1 (no such user)',
        'Remote-MTA: dns; mx.example.org',
        'Diagnostic-Code: smtp; 550 5.1.1 No such',
        '\tuser; here',
        '',
        '',
        'Final-Recipient: unknown',
        'Action: delayed',
        'Status: 9.1',
        'Will-Retry-Until: Sat, 2 May 2026 12:00:00 +0000',
        '',
      ].join('\r\n'),
    ),
  );
  assert.ok(status);
  assert.deepEqual(status.reportingMta, { type: 'dns', text: 'mx.example.com' });
  assert.deepEqual([status.originalEnvelopeId, status.arrivalDate], ['one', Date.UTC(2026, 4, 1, 12)]);
  const [first, second] = status.recipients.map(({ fields, ...rest }) => rest);
  assert.deepEqual(first, {
    finalRecipient: { type: 'rfc822', text: 'sam@example.org' },
    originalRecipient: { type: 'rfc822', text: 'Sam@example.org' },
    action: 'failed',
    status: '5.1.1',
    remoteMta: { type: 'dns', text: 'mx.example.org' },
    diagnosticCode: { type: 'smtp', text: '550 5.1.1 No such\tuser; here' },
  });
  assert.deepEqual(second, {
    finalRecipient: { type: '', text: 'unknown' },
    action: 'delayed',
    status: '',
    willRetryUntil: Date.UTC(2026, 4, 2, 12),
  });
  assert.equal(status.original, null);
});

test('a notification with as many recipients as it likes', () => {
  const status = deliveryStatusOf(
    statusMail(`Reporting-MTA: dns; a\r\n\r\n${'Action: failed\r\n\r\n'.repeat(5000)}`),
  );
  assert.equal(status?.recipients.length, 999);
});

test('messages that are no reports', async () => {
  const octets = Buffer.from('From: a@example.com\r\n\r\nHello\r\n');
  const message = parseMessage(octets);
  assert.equal(feedbackReportOf(message), null);
  assert.equal(deliveryStatusOf(message), null);
  assert.deepEqual(await readReports(message), { reports: [], faults: [] });
  const empty = parseMessage(Buffer.from('Content-Type: message/feedback-report\r\n\r\n'));
  assert.equal(feedbackReportOf(empty), null);
});

test('fields of a feedback report that make no sense are absent', () => {
  const text =
    'Feedback-Type: Abuse\r\nSource-IP: x.x.x.x\r\nSource-Port: 99999\r\nIncidents: -1\r\nArrival-Date: once\r\n';
  const feedback = feedbackReportOf(
    parseMessage(Buffer.from(`Content-Type: message/feedback-report\r\n\r\n${text}`)),
  );
  assert.ok(feedback);
  const { fields, ...rest } = feedback;
  assert.deepEqual(rest, {
    feedbackType: 'abuse',
    incidents: 1,
    originalRcptTo: [],
    reportedDomains: [],
    reportedUris: [],
    authenticationResults: [],
    failure: null,
    original: null,
  });
});
