/**
 * reports-opendmarc, reports-stalwart, reports-mox, reports-kumomta: reports as they were received.
 *
 * Stalwart's expectations have Stalwart's names and its own reading of what is absent; they are
 * compared by meaning.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AggregateReport, formatAggregateReport, parseAggregateReport } from 'mailwright/dmarc';
import { parseMessage } from 'mailwright/mime';
import {
  deliveryStatusOf,
  type FeedbackReport,
  feedbackReportOf,
  type IncomingReport,
  readReports,
} from 'mailwright/reports';
import { formatTlsReport, parseTlsReport, type TlsReport } from 'mailwright/tlsrpt';
import { type Case, filesOf, suite } from './suite.ts';

suite('reports-opendmarc', 'reports-opendmarc', function* (folder) {
  for (const file of filesOf(folder, '.xml')) {
    yield {
      name: file,
      check() {
        const xml = readFileSync(join(folder, file));
        const report = aggregateOf(xml);
        assert.equal(report.records.length, xml.toString().split('<record>').length - 1);
        assertRoundTrip(report);
      },
    };
  }
});

suite('reports-stalwart', 'reports-stalwart', function* (folder) {
  for (const file of [...filesOf(folder, '.eml'), ...filesOf(folder, '.xml')].sort()) {
    const expected = file.replace(/\.\w+$/, '.json');
    if (!existsSync(join(folder, expected))) continue;
    yield {
      name: file,
      async check() {
        const octets = readFileSync(join(folder, file));
        const json = JSON.parse(readFileSync(join(folder, expected), 'utf8'));
        if (file.endsWith('.xml')) return assertAggregate(aggregateOf(octets), json);
        const [report] = (await readReports(parseMessage(octets))).reports;
        assert.ok(report, 'no report');
        if (report.kind === 'aggregate') assertAggregate(report.report, json);
        else if (report.kind === 'tls') assertTls(report.report, json);
        else if (report.kind === 'feedback') assertFeedback(report.report, json);
      },
    };
  }
  for (const file of filesOf(folder, '.json')) {
    if (!file.startsWith('tlsrpt') || existsSync(join(folder, file.replace(/json$/, 'eml')))) continue;
    yield { name: file, check: () => assertTlsJson(readFileSync(join(folder, file))) };
  }
});

suite('reports-mox', 'reports-mox', function* (folder) {
  for (const file of filesOf(folder, '.eml')) yield reportMail(folder, file);
});

suite('reports-kumomta', 'reports-kumomta', function* (folder) {
  for (const file of filesOf(folder, '.eml')) yield reportMail(folder, file);
});

function reportMail(folder: string, file: string): Case {
  return {
    name: file,
    async check() {
      const message = parseMessage(readFileSync(join(folder, file)));
      const { reports, faults } = await readReports(message);
      assert.deepEqual(faults, []);
      const kinds = reports.map(({ kind }) => kind);
      const text = message.octets.toString();
      if (/dmarc/.test(file)) assert.deepEqual(kinds, ['aggregate']);
      else if (/tls/.test(file)) assert.deepEqual(kinds, ['tls']);
      else if (/message\/feedback-report/i.test(text)) assert.deepEqual(kinds, ['feedback']);
      else if (/message\/delivery-status/i.test(text)) assert.deepEqual(kinds, ['delivery-status']);
      reports.forEach(assertSense);
      const status = deliveryStatusOf(message);
      const feedback = feedbackReportOf(message);
      assert.equal(kinds.includes('delivery-status'), status !== null);
      assert.equal(kinds.includes('feedback'), feedback !== null);
    },
  };
}

/** What any report of its kind must say. */
function assertSense(incoming: IncomingReport): void {
  switch (incoming.kind) {
    case 'aggregate': {
      const { metadata, policy, records } = incoming.report;
      assert.match(policy.domain, /^[\w.-]+$/);
      assert.ok(metadata.begin > 0 && metadata.end > metadata.begin && metadata.reportId !== '');
      assert.ok(records.length > 0 && records.every(({ count }) => count > 0));
      assert.equal(incoming.dropped, 0);
      assertRoundTrip(incoming.report);
      break;
    }
    case 'tls':
      assert.ok(incoming.report.policies.length > 0 && incoming.report.begin > 0);
      break;
    case 'feedback':
      assert.match(incoming.report.feedbackType, /^[a-z-]+$/);
      assert.ok(incoming.report.original);
      break;
    case 'delivery-status':
      assert.ok(incoming.report.recipients.length > 0);
      for (const { action, status, fields } of incoming.report.recipients) {
        assert.match(action, /^[a-z]+$/);
        if (fields.get('status')) assert.match(status, /^[245]\.\d+\.\d+$/);
      }
  }
}

function aggregateOf(xml: Uint8Array): AggregateReport {
  const parsed = parseAggregateReport(xml);
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.why);
  assert.equal(parsed.dropped, 0);
  return parsed.report;
}

/** What was read can be written and read again; only extensions and the version are not kept. */
function assertRoundTrip(report: AggregateReport): void {
  const again = aggregateOf(new TextEncoder().encode(formatAggregateReport(report)));
  const { errors, ...metadata } = report.metadata;
  assert.deepEqual(again.metadata, { ...metadata, errors: errors.length > 0 ? [errors.join('\n')] : [] });
  assert.deepEqual(again.policy, report.policy);
  const bare = report.records.map((record) => ({ ...record, extensions: [] }));
  assert.deepEqual(again.records, bare);
}

interface Json {
  readonly [key: string]: Json;
}

/** Stalwart's names for words: `Pass`, `TempError`, `TrustedForwarder`; what it leaves unspecified is absent here. */
function word(text: unknown): string | undefined {
  return text === undefined || text === 'Unspecified'
    ? undefined
    : String(text).replace(/_/g, '').toLowerCase();
}

function assertAggregate(report: AggregateReport, json: Json): void {
  const { metadata, policy, records } = report;
  const meta = json['report_metadata'] ?? {};
  assert.equal(Number(report.version ?? 0), json['version']);
  assert.equal(metadata.organization, meta['org_name']);
  assert.equal(metadata.email, meta['email']);
  assert.equal(metadata.extraContact ?? null, meta['extra_contact_info']);
  assert.equal(metadata.reportId, meta['report_id']);
  assert.deepEqual(metadata.errors, meta['error']);
  assert.equal(metadata.begin / 1000, meta['date_range']?.['begin']);
  assert.equal(metadata.end / 1000, meta['date_range']?.['end']);
  const published = json['policy_published'] ?? {};
  assert.equal(policy.domain, published['domain']);
  for (const key of ['p', 'sp', 'np'] as const) assert.equal(policy[key], word(published[key]), key);
  for (const key of ['adkim', 'aspf'] as const) assert.equal(policy[key], word(published[key])?.[0], key);
  assert.equal(policy.testing ?? false, published['testing']);
  assert.equal(policy.fo ?? null, published['fo']);
  const wanted = listIn(json, 'record');
  assert.equal(records.length, wanted.length);
  for (const [index, record] of records.entries()) assertRecord(record, wanted[index] as Json);
  assert.deepEqual(report.extensions, json['extensions']);
}

function assertRecord(record: AggregateReport['records'][number], json: Json): void {
  const { row, identifiers, auth_results: results } = json as unknown as Record<string, Json>;
  const evaluated = row?.['policy_evaluated'] ?? {};
  assert.equal(record.sourceIp, row?.['source_ip']);
  assert.equal(record.count, row?.['count']);
  for (const key of ['disposition', 'dkim', 'spf'] as const)
    assert.equal(record[key], word(evaluated[key]), key);
  const reasons = listIn(evaluated, 'reason');
  assert.equal(record.overrides.length, reasons.length);
  for (const [index, { type, comment }] of record.overrides.entries()) {
    const expected = word(reasons[index]?.['type_']);
    // Types that RFC 9990 dropped are "other" there.
    if (expected !== 'other') assert.equal(word(type), expected);
    assert.equal(comment ?? null, reasons[index]?.['comment']);
  }
  assert.equal(record.headerFrom, identifiers?.['header_from']);
  assert.equal(record.envelopeFrom ?? '', identifiers?.['envelope_from']);
  assert.equal(record.envelopeTo, identifiers?.['envelope_to']);
  const dkim = record.dkimResults.map(({ domain, selector, result, humanResult = null }) => [
    domain,
    selector,
    result,
    humanResult,
  ]);
  const spf = record.spfResults.map(({ domain, scope, result, humanResult = null }) => [
    domain,
    scope,
    result,
    humanResult,
  ]);
  assert.deepEqual(
    dkim,
    listIn(results, 'dkim').map((each) => [
      each['domain'],
      each['selector'],
      word(each['result']),
      each['human_result'],
    ]),
  );
  const scopes: Readonly<Record<string, string>> = { mailfrom: 'mfrom' };
  assert.deepEqual(
    spf,
    listIn(results, 'spf').map((each) => {
      const scope = word(each['scope']);
      return [each['domain'], scope && (scopes[scope] ?? scope), word(each['result']), each['human_result']];
    }),
  );
  assert.deepEqual(record.extensions, json['extensions']);
}

function listIn(json: Json | undefined, key: string): readonly Json[] {
  const list: unknown = json?.[key];
  return Array.isArray(list) ? list : [];
}

function assertTls(report: TlsReport, json: unknown): void {
  assert.deepEqual(withoutZeros(JSON.parse(formatTlsReport(report))), withoutZeros(json));
}

function assertTlsJson(octets: Uint8Array): void {
  const parsed = parseTlsReport(octets);
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.why);
  assertTls(parsed.report, JSON.parse(Buffer.from(octets).toString()));
}

/** Counts of 0, empty texts and policy types that nobody knows say the same as nothing. */
function withoutZeros(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutZeros);
  if (typeof value !== 'object' || value === null) return value;
  const known = Object.entries(value).filter(
    ([key, each]) =>
      each !== 0 &&
      each !== '' &&
      (key !== 'policy-type' || /^(?:tlsa|sts|no-policy-found)$/.test(String(each))),
  );
  return Object.fromEntries(known.map(([key, each]) => [key, withoutZeros(each)]));
}

function assertFeedback(report: FeedbackReport, json: Json): void {
  const plain = (text: unknown) => (typeof text === 'string' ? text.replace(/\s+/g, ' ').trim() : text);
  const address = (text: unknown) => (typeof text === 'string' ? text.replace(/^<|>$/g, '') : text);
  const letters = (text: unknown) =>
    String(text)
      .replace(/[^a-z]/gi, '')
      .toLowerCase();
  assert.equal(letters(report.feedbackType), letters(json['feedback_type']));
  assert.equal(report.arrivalDate === undefined ? null : report.arrivalDate / 1000, json['arrival_date']);
  assert.equal(report.incidents, json['incidents']);
  assert.equal(report.userAgent ?? null, json['user_agent']);
  assert.equal(Number(report.version), json['version']);
  assert.equal(report.sourceIp ?? null, json['source_ip']);
  assert.equal(report.sourcePort ?? 0, json['source_port']);
  assert.equal(report.originalEnvelopeId ?? null, json['original_envelope_id']);
  assert.equal(report.originalMailFrom ?? null, address(json['original_mail_from']));
  assert.equal(report.originalRcptTo.at(-1) ?? null, address(json['original_rcpt_to']));
  assert.deepEqual(report.reportedDomains, json['reported_domain']);
  assert.deepEqual(report.reportedUris, json['reported_uri']);
  const results = json['authentication_results'] as unknown as string[];
  assert.deepEqual(report.authenticationResults.map(plain), results.map(plain));
  const mta = report.reportingMta;
  assert.equal(
    mta === undefined ? null : `${mta.type};${mta.text}`,
    json['reporting_mta'] && plain(json['reporting_mta'])?.toString().replace(/;\s+/, ';'),
  );
  const { failure } = report;
  const unless = (text: unknown) => (text === 'Unspecified' ? undefined : letters(text));
  assert.equal(failure?.kind, unless(json['auth_failure']));
  assert.equal(failure?.deliveryResult, unless(json['delivery_result']));
  for (const [key, name] of [
    ['dkimDomain', 'dkim_domain'],
    ['dkimIdentity', 'dkim_identity'],
    ['dkimSelector', 'dkim_selector'],
    ['dkimSelectorDns', 'dkim_selector_dns'],
    ['dkimAdspDns', 'dkim_adsp_dns'],
  ] as const) {
    assert.equal(failure?.[key] ?? null, plain(json[name]), name);
  }
  for (const [key, name] of [
    ['dkimCanonicalizedBody', 'dkim_canonicalized_body'],
    ['dkimCanonicalizedHeader', 'dkim_canonicalized_header'],
  ] as const) {
    const octets = failure?.[key];
    const text = json[name] as unknown;
    assert.equal(
      octets === undefined ? null : Buffer.from(octets).toString('base64'),
      typeof text === 'string' ? text.replace(/\s/g, '') : text,
    );
  }
  if (typeof json['headers'] === 'string') assert.equal(text(report), plain(json['headers']));
  if (json['message'] === null && json['headers'] === null) assert.equal(report.original?.kind, 'message');

  function text({ original }: FeedbackReport): unknown {
    return original?.kind === 'header' ? plain(Buffer.from(original.octets).toString()) : null;
  }
}
