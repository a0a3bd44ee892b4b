/**
 * Our reports in the shape of Stalwart's expectations, and what it takes to be the same: its words are
 * in other letters (`TrustedForwarder`), and it has several ways to say that something is absent.
 */
import assert from 'node:assert/strict';
import type { AggregateRecord, AggregateReport } from 'mailwright/dmarc';
import type { FeedbackReport } from 'mailwright/reports';
import { formatTlsReport, type TlsReport } from 'mailwright/tlsrpt';

type Tree = string | number | boolean | null | undefined | readonly Tree[] | { readonly [key: string]: Tree };

/** Asserts that a report says what Stalwart says of it. */
export function assertAggregate(report: AggregateReport, expected: Tree): void {
  const { metadata, policy, records, extensions, version } = report;
  assertSame(
    {
      version: Number(version ?? 0),
      report_metadata: {
        org_name: metadata.organization,
        email: metadata.email,
        extra_contact_info: metadata.extraContact,
        report_id: metadata.reportId,
        date_range: { begin: metadata.begin / 1000, end: metadata.end / 1000 },
        error: metadata.errors,
        generator: metadata.generator,
      },
      policy_published: {
        domain: policy.domain,
        version_published: null,
        adkim: alignmentWord(policy.adkim),
        aspf: alignmentWord(policy.aspf),
        p: policy.p,
        sp: policy.sp,
        np: policy.np,
        testing: policy.testing,
        discovery_method: policy.discoveryMethod,
        fo: policy.fo,
      },
      record: records.map(recordTree),
      extensions: extensions.map((each) => ({ ...each })),
    },
    expected,
  );
}

function alignmentWord(mode: 'r' | 's' | undefined): string | undefined {
  return mode && { r: 'relaxed', s: 'strict' }[mode];
}

function recordTree(record: AggregateRecord): Tree {
  const { sourceIp, count, disposition, dkim, spf, overrides } = record;
  return {
    row: {
      source_ip: sourceIp,
      count,
      policy_evaluated: {
        disposition,
        dkim,
        spf,
        reason: overrides.map(({ type, comment }) => ({ type_: type, comment })),
      },
    },
    identifiers: {
      envelope_to: record.envelopeTo,
      envelope_from: record.envelopeFrom,
      header_from: record.headerFrom,
    },
    auth_results: {
      dkim: record.dkimResults.map(({ humanResult, ...rest }) => ({ ...rest, human_result: humanResult })),
      spf: record.spfResults.map(({ humanResult, scope, ...rest }) => ({
        ...rest,
        scope: scope && { mfrom: 'mailfrom', helo: 'helo' }[scope],
        human_result: humanResult,
      })),
    },
    extensions: record.extensions.map((each) => ({ ...each })),
  };
}

/** Asserts that a feedback report says what Stalwart says of it. */
export function assertFeedback(report: FeedbackReport, expected: Tree): void {
  const { reportingMta, failure, original } = report;
  const base64 = (octets: Uint8Array | undefined) => octets && Buffer.from(octets).toString('base64');
  assertSame(
    {
      feedback_type: report.feedbackType,
      arrival_date: report.arrivalDate && report.arrivalDate / 1000,
      authentication_results: report.authenticationResults,
      incidents: report.incidents,
      original_envelope_id: report.originalEnvelopeId,
      original_mail_from: report.originalMailFrom,
      // One of them there.
      original_rcpt_to: report.originalRcptTo.at(-1),
      reported_domain: report.reportedDomains,
      reported_uri: report.reportedUris,
      reporting_mta: reportingMta && [reportingMta.type, reportingMta.text].filter(Boolean).join('; '),
      source_ip: report.sourceIp,
      user_agent: report.userAgent,
      version: Number(report.version ?? 1),
      source_port: report.sourcePort,
      auth_failure: failure?.kind,
      delivery_result: failure?.deliveryResult,
      dkim_adsp_dns: failure?.dkimAdspDns,
      dkim_canonicalized_body: base64(failure?.dkimCanonicalizedBody),
      dkim_canonicalized_header: base64(failure?.dkimCanonicalizedHeader),
      dkim_domain: failure?.dkimDomain,
      dkim_identity: failure?.dkimIdentity,
      dkim_selector: failure?.dkimSelector,
      dkim_selector_dns: failure?.dkimSelectorDns,
      spf_dns: failure?.spfDns[0],
      identity_alignment: alignmentOf(failure?.identityAlignment),
      headers: original?.kind === 'header' ? Buffer.from(original.octets).toString() : null,
      message: null,
    },
    expected,
  );
  assert.ok(original);
}

/** Stalwart has a word for both. */
function alignmentOf(mechanisms: readonly string[] | undefined): string | undefined {
  if (mechanisms === undefined) return undefined;
  return mechanisms.length === 0 ? 'none' : mechanisms.join('');
}

/** Asserts that a TLS report, written again, is the JSON that it was. */
export function assertTls(report: TlsReport, expected: Tree): void {
  assertSame(JSON.parse(formatTlsReport(report)), expected);
}

/** Asserts that everything in `expected` is in `ours`, and nothing where it has nothing. */
function assertSame(ours: Tree, expected: Tree, path = ''): void {
  if (Array.isArray(expected)) {
    assert.ok(Array.isArray(ours) || (ours === undefined && expected.length === 0), `${path}: no list`);
    const list = Array.isArray(ours) ? ours : [];
    assert.equal(list.length, expected.length, `${path}: length`);
    for (const [index, each] of expected.entries()) assertSame(list[index], each, `${path}[${index}]`);
  } else if (typeof expected === 'object' && expected !== null) {
    assert.ok(typeof ours === 'object' && ours !== null && !Array.isArray(ours), `${path}: no object`);
    for (const [key, each] of Object.entries(expected)) {
      assertSame((ours as Readonly<Record<string, Tree>>)[key], each, `${path}.${key}`);
    }
  } else {
    const wanted = plainOf(expected);
    const found = plainOf(ours);
    if (wanted === null) assert.ok(found === null || defaults.has(found), `${path}: ${found}`);
    // Types of override that RFC 9990 dropped are "other" there; policy types of the future are unknown here.
    else if (wanted !== 'other' && found !== 'unknown') assert.equal(found, wanted, path);
  }
}

/** What an absent value stands for in our reports. */
const defaults = new Set(['none', 'fail', 'other']);

/** Without regard to letters' case, folding and signs between words; `null` for what says nothing. */
function plainOf(value: Tree): string | null {
  const text = String(value ?? '')
    .toLowerCase()
    .replace(/[\s<>_-]+/g, '');
  return ['', '0', 'false', 'unspecified'].includes(text) ? null : text;
}
