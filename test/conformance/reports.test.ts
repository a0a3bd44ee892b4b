/**
 * reports-opendmarc, reports-stalwart, reports-mox, reports-kumomta, mime-mimekit: reports as they were received.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AggregateReport, formatAggregateReport, parseAggregateReport } from 'mailwright/dmarc';
import { type Message, parseMessage } from 'mailwright/mime';
import {
  bouncesOf,
  type DeliveryStatusReport,
  deliveryStatusOf,
  feedbackReportOf,
  type IncomingReport,
  type RecipientStatus,
  readReports,
} from 'mailwright/reports';
import { parseTlsReport } from 'mailwright/tlsrpt';
import { assertAggregate, assertFeedback, assertTls } from './stalwart-reports.ts';
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

suite('mime-mimekit reports', 'mime-mimekit', function* (folder) {
  for (const file of [...filesOf(folder, '.eml'), ...filesOf(folder, '.txt')]) {
    yield {
      name: file,
      check() {
        const message = parseMessage(readFileSync(join(folder, file)));
        assertBounces(message, deliveryStatusOf(message));
      },
    };
  }
});

function reportMail(folder: string, file: string): Case {
  return {
    name: file,
    async check() {
      const message = parseMessage(readFileSync(join(folder, file)));
      const { reports, faults } = await readReports(message);
      assert.deepEqual(faults, []);
      const kinds = reports.map(({ kind }) => kind);
      const { root } = message;
      const type = root.contentType?.parameters.get('report-type') ?? '';
      if (/dmarc/.test(file)) assert.deepEqual(kinds, ['aggregate']);
      else if (/tls/.test(file)) assert.deepEqual(kinds, ['tls']);
      else if (/^feedback-report$/i.test(type)) assert.deepEqual(kinds, ['feedback']);
      else if (/^delivery-status$/i.test(type)) assert.deepEqual(kinds, ['delivery-status']);
      reports.forEach(assertSense);
      const status = deliveryStatusOf(message);
      const feedback = feedbackReportOf(message);
      assert.equal(kinds.includes('delivery-status'), status !== null);
      assert.equal(kinds.includes('feedback'), feedback !== null);
      assertBounces(message, status);
    },
  };
}

/** Each address that was given up or delayed is a bounce, classed as its status and its texts say. */
function assertBounces(message: Message, status: DeliveryStatusReport | null): void {
  const bounces = bouncesOf(message);
  const failed = status?.recipients.filter(isBounced) ?? [];
  assert.equal(bounces.length, failed.length);
  for (const [index, { address, text, bounce }] of bounces.entries()) {
    assert.notEqual(address, '');
    // Reporters that contradict themselves are left to the classification's own tests.
    const own = failed[index]?.status ?? '';
    const quoted = [...text.matchAll(/\b[245]\.\d\.\d+|\b[245]\d\d(?=[ -])/g)].map(([code]) => code);
    if (own === '5.1.1' && quoted.every((code) => code === '5.1.1' || code === '550')) {
      assert.deepEqual(bounce, { kind: 'hard', reason: 'no-such-user' });
    } else if (own.startsWith('4') && quoted.every((code) => code.startsWith('4'))) {
      assert.equal(bounce.kind, 'soft');
    }
  }
}

function isBounced({ action, status, finalRecipient, originalRecipient }: RecipientStatus): boolean {
  if ((originalRecipient ?? finalRecipient) === undefined) return false;
  return /^(failed|delayed)$/.test(action) || (action === '' && status.startsWith('5'));
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

function assertTlsJson(octets: Uint8Array): void {
  const parsed = parseTlsReport(octets);
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.why);
  assertTls(parsed.report, JSON.parse(Buffer.from(octets).toString()));
}
