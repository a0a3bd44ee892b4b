/** Which messages are worth a failure report to whom (RFC 9989 §4.7, `fo`; RFC 9991 §2). */
import type { DmarcFacts, DmarcVerdict } from './evaluate.ts';

/** The kinds of failure report that a record asks for about one message. */
export interface WantedFailureReports {
  /** The record's `ruf`; empty where no report is due. Others' destinations must consent (RFC 9991 §5). */
  readonly ruf: readonly string[];
  readonly dmarc: boolean;
  /** A signature failed, aligned or not (RFC 6651). */
  readonly dkim: boolean;
  /** SPF failed, aligned or not (RFC 6652). */
  readonly spf: boolean;
}

/**
 * Says which failure reports are due for a message.
 *
 * @example
 * ```ts
 * import { type DmarcVerdict, wantedFailureReports } from 'mailwright/dmarc';
 *
 * declare const verdict: DmarcVerdict;
 * wantedFailureReports(verdict, { spf: { domain: 'example.com', result: 'fail' } }).dmarc;
 * ```
 */
export function wantedFailureReports(
  verdict: DmarcVerdict,
  { spf, dkim = [] }: Pick<DmarcFacts, 'spf' | 'dkim'>,
): WantedFailureReports {
  const { policy, aligned, result } = verdict;
  const none = { ruf: [], dmarc: false, dkim: false, spf: false };
  // RFC 9991 §2: never to the operator of a public suffix.
  if (policy === null || policy.record.psd === 'y' || (result !== 'pass' && result !== 'fail')) return none;
  const { fo, ruf } = policy.record;
  const wanted = {
    dmarc: fo.includes('1') ? !aligned.dkim || !aligned.spf : fo.includes('0') && result === 'fail',
    dkim: fo.includes('d') && dkim.some((each) => each.result === 'fail' || each.result === 'permerror'),
    spf: fo.includes('s') && (spf?.result === 'fail' || spf?.result === 'softfail'),
  };
  return ruf.length > 0 && (wanted.dmarc || wanted.dkim || wanted.spf) ? { ...wanted, ruf } : none;
}
