/** An aggregate report in a few numbers, for people and alerts. */
import type { AggregateReport, ReportedDisposition } from './report.ts';

/** Messages of one source. */
export interface SourceSummary {
  readonly sourceIp: string;
  readonly messages: number;
  /** Those for which DKIM or SPF passed and was aligned. */
  readonly passed: number;
}

/** What a report says in all. */
export interface AggregateSummary {
  readonly messages: number;
  /** Messages for which DKIM or SPF passed and was aligned. */
  readonly passed: number;
  readonly dkimAligned: number;
  readonly spfAligned: number;
  readonly dispositions: Readonly<Record<ReportedDisposition, number>>;
  /** Most messages that did not pass first. */
  readonly sources: readonly SourceSummary[];
}

/**
 * Sums up a report.
 *
 * @example
 * ```ts
 * import { type AggregateReport, summarizeAggregateReport } from 'mailwright/dmarc';
 *
 * declare const report: AggregateReport;
 * const { messages, passed } = summarizeAggregateReport(report);
 * ```
 */
export function summarizeAggregateReport(report: AggregateReport): AggregateSummary {
  const sources = new Map<string, { sourceIp: string; messages: number; passed: number }>();
  const dispositions = { none: 0, pass: 0, quarantine: 0, reject: 0 };
  const sum = { messages: 0, passed: 0, dkimAligned: 0, spfAligned: 0 };
  for (const { sourceIp, count, dkim, spf, disposition } of report.records) {
    const source = sources.get(sourceIp) ?? { sourceIp, messages: 0, passed: 0 };
    sources.set(sourceIp, source);
    const passed = dkim === 'pass' || spf === 'pass' ? count : 0;
    source.messages += count;
    source.passed += passed;
    sum.messages += count;
    sum.passed += passed;
    if (dkim === 'pass') sum.dkimAligned += count;
    if (spf === 'pass') sum.spfAligned += count;
    dispositions[disposition] += count;
  }
  const failed = ({ messages, passed }: SourceSummary) => messages - passed;
  return {
    ...sum,
    dispositions,
    sources: [...sources.values()].sort((one, other) => failed(other) - failed(one)),
  };
}
