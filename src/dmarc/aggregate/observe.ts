/** What one message adds to an aggregate report (RFC 9990 §3.1.1.7). */
import type { AppliedPolicy, DmarcVerdict } from '../evaluate.ts';
import type { DmarcPolicy } from '../record.ts';
import type {
  AggregateRecord,
  DkimAuthResult,
  PolicyOverride,
  PublishedPolicy,
  ReportedDisposition,
  SpfAuthResult,
} from './report.ts';

/** What is known of a message beside its verdict. */
export interface ObservedMessage {
  readonly verdict: DmarcVerdict;
  /** The client's address. */
  readonly sourceIp: string;
  /** The domain of MAIL FROM; empty for the null path. */
  readonly envelopeFrom: string;
  /** The domain of a recipient, where the host wants to tell. */
  readonly envelopeTo?: string;
  readonly dkim: readonly DkimAuthResult[];
  readonly spf?: Omit<SpfAuthResult, 'scope'>;
  /** What was done in the end; by default what the verdict asks for. */
  readonly handled?: DmarcPolicy;
  /** Why that is something else (RFC 9990 §3.1.6). */
  readonly overrides?: readonly PolicyOverride[];
}

/** A message's share in a report: under which policy, and the record that counts it. */
export interface Observation {
  readonly policy: PublishedPolicy;
  readonly record: AggregateRecord;
}

/** RFC 9990 §3.1.3. */
const mostSignatures = 100;

/**
 * Makes the record of one message, or `null` where no report is due: without a policy that DNS told, or
 * where the verdict is not final (RFC 9989 §5.3.7).
 *
 * @example
 * ```ts
 * import { type DmarcVerdict, observeMessage } from 'mailwright/dmarc';
 *
 * declare const verdict: DmarcVerdict;
 * observeMessage({ verdict, sourceIp: '192.0.2.1', envelopeFrom: 'example.com', dkim: [] });
 * ```
 */
export function observeMessage(message: ObservedMessage): Observation | null {
  const { verdict, sourceIp, envelopeFrom, envelopeTo, spf } = message;
  const { policy, result, aligned, authorDomain } = verdict;
  if (policy === null || authorDomain === null || (result !== 'pass' && result !== 'fail')) return null;
  const record: AggregateRecord = {
    sourceIp,
    count: 1,
    disposition: dispositionOf(policy, result, message.handled ?? verdict.disposition),
    dkim: aligned.dkim ? 'pass' : 'fail',
    spf: aligned.spf ? 'pass' : 'fail',
    overrides: overridesOf(message, policy),
    headerFrom: authorDomain,
    envelopeFrom,
    envelopeTo: envelopeTo ?? null,
    dkimResults: preferred(message.dkim, authorDomain),
    spfResults: spf ? [{ ...spf, scope: 'mfrom' }] : [],
    extensions: [],
  };
  return { policy: publishedOf(policy), record };
}

function dispositionOf(
  { policy }: AppliedPolicy,
  result: 'pass' | 'fail',
  handled: DmarcPolicy,
): ReportedDisposition {
  return result === 'pass' && policy !== 'none' && handled === 'none' ? 'pass' : handled;
}

/** A reason must be told where alignment fails and the policy is not followed (RFC 9990 §3.1.1.9). */
function overridesOf(
  { verdict, handled, overrides = [] }: ObservedMessage,
  policy: AppliedPolicy,
): readonly PolicyOverride[] {
  if (verdict.result === 'pass' || overrides.length > 0) return overrides;
  const done = handled ?? verdict.disposition;
  if (done === policy.policy) return [];
  if (done !== verdict.disposition) return [{ type: 'local_policy' }];
  return [{ type: policy.record.testing ? 'policy_test_mode' : 'sampled_out' }];
}

function publishedOf({ domain, record, method }: AppliedPolicy): PublishedPolicy {
  const { p, sp, np, adkim, aspf, fo, testing } = record;
  return {
    domain,
    p,
    ...(sp && { sp }),
    ...(np && { np }),
    adkim,
    aspf,
    fo: fo.join(':'),
    testing,
    discoveryMethod: method === 'tree-walk' ? 'treewalk' : 'psl',
  };
}

/** Signatures in the order of RFC 9990 §3.1.3, and no more than it allows. */
function preferred(results: readonly DkimAuthResult[], author: string): readonly DkimAuthResult[] {
  const rank = ({ domain, result }: DkimAuthResult) => {
    if (result !== 'pass') return 3;
    if (domain === author) return 0;
    return author.endsWith(`.${domain}`) || domain.endsWith(`.${author}`) ? 1 : 2;
  };
  return results.toSorted((one, other) => rank(one) - rank(other)).slice(0, mostSignatures);
}
