/** Reading TLS reports: I-JSON by RFC 8460 §4, from strangers. */
import { Buffer } from 'node:buffer';
import type { Bytes } from '../machine/index.ts';
import type { TlsFailure, TlsPolicyResult, TlsPolicyType, TlsReport } from './report.ts';

/** Bounds of a report. */
export interface TlsReportLimits {
  /** Octets of JSON, 16 MiB by default: a report has a row for each kind of failure, not each session. */
  readonly bytes?: number;
  /** Policies, and failure details over all of them, 10,000 each by default. */
  readonly rows?: number;
}

/** A report that was read, or why there is none. */
export type TlsReportParse =
  | { readonly ok: true; readonly report: TlsReport }
  | {
      readonly ok: false;
      readonly why:
        | 'too-large'
        | 'syntax' // no JSON
        | 'not-a-report'; // an object without the members that make a report
    };

/**
 * Parses the JSON of a TLS report.
 *
 * Unknown members are passed over; numbers and texts that are none count as absent.
 *
 * @example
 * ```ts
 * import { parseTlsReport } from 'mailwright/tlsrpt';
 *
 * const parsed = parseTlsReport(new TextEncoder().encode('{"organization-name":"Example", ...'));
 * if (parsed.ok) parsed.report.policies[0]?.failures;
 * ```
 */
export function parseTlsReport(json: Bytes, limits: TlsReportLimits = {}): TlsReportParse {
  if (json.length > (limits.bytes ?? 16_777_216)) return { ok: false, why: 'too-large' };
  let value: unknown;
  try {
    const text = Buffer.from(json.buffer, json.byteOffset, json.length).toString('utf8');
    value = JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text);
  } catch {
    return { ok: false, why: 'syntax' };
  }
  const range = member(value, 'date-range');
  const policies = member(value, 'policies');
  if (!Array.isArray(policies) || range === undefined) return { ok: false, why: 'not-a-report' };
  const rows = limits.rows ?? 10_000;
  const left = { details: rows };
  return {
    ok: true,
    report: {
      organization: text(value, 'organization-name') ?? '',
      begin: time(range, 'start-datetime'),
      end: time(range, 'end-datetime'),
      contact: text(value, 'contact-info') ?? '',
      reportId: text(value, 'report-id') ?? '',
      policies: policies.slice(0, rows).map((policy) => policyOf(policy, left)),
    },
  };
}

const policyTypes: readonly TlsPolicyType[] = ['tlsa', 'sts', 'no-policy-found'];

function policyOf(value: unknown, left: { details: number }): TlsPolicyResult {
  const policy = member(value, 'policy');
  const summary = member(value, 'summary');
  const type = text(policy, 'policy-type')?.toLowerCase();
  const details = member(value, 'failure-details');
  const kept = Array.isArray(details) ? details.slice(0, left.details) : [];
  left.details -= kept.length;
  return {
    policyType: policyTypes.find((each) => each === type) ?? 'unknown',
    policyStrings: texts(policy, 'policy-string'),
    policyDomain: text(policy, 'policy-domain') ?? '',
    mxHosts: texts(policy, 'mx-host'),
    successes: count(summary, 'total-successful-session-count'),
    failures: count(summary, 'total-failure-session-count'),
    details: kept.map(failureOf),
  };
}

function failureOf(value: unknown): TlsFailure {
  const optional = <Name extends string>(name: Name, key: string): { [Key in Name]?: string } => {
    const found = text(value, key);
    return (found === undefined ? {} : { [name]: found }) as { [Key in Name]?: string };
  };
  return {
    resultType: text(value, 'result-type') ?? 'validation-failure',
    ...optional('sendingMtaIp', 'sending-mta-ip'),
    ...optional('receivingMxHostname', 'receiving-mx-hostname'),
    ...optional('receivingMxHelo', 'receiving-mx-helo'),
    ...optional('receivingIp', 'receiving-ip'),
    sessions: count(value, 'failed-session-count'),
    ...optional('additionalInformation', 'additional-information'),
    ...optional('reasonCode', 'failure-reason-code'),
  };
}

function member(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}

function text(value: unknown, key: string): string | undefined {
  const found = member(value, key);
  return typeof found === 'string' ? found : undefined;
}

/** A list of texts; some reporters write one text where a list is due. */
function texts(value: unknown, key: string): string[] {
  const found = member(value, key);
  return [found].flat().filter((each): each is string => typeof each === 'string');
}

function count(value: unknown, key: string): number {
  const found = Number(member(value, key));
  return Number.isSafeInteger(found) && found >= 0 ? found : 0;
}

/** A time of RFC 3339, or 0 for what is none. */
function time(value: unknown, key: string): number {
  const found = Date.parse(text(value, key) ?? '');
  return Number.isNaN(found) ? 0 : Math.trunc(found / 1000) * 1000;
}
