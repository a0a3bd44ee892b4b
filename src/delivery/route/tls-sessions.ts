/** How sessions went with regard to TLS, for whoever makes reports of it (RFC 8460). */
import type { Resolver } from '../../dns/index.ts';
import { findTlsReporting, type TlsResultType } from '../../tlsrpt/index.ts';
import type { AppliedTlsPolicy, SiteHost } from '../site.ts';
import type { TlsObservation } from '../transport.ts';
import type { TlsReportDetail } from './tls-demand.ts';

/**
 * One session, or an attempt at it, with a domain that asks for reports; what `TlsCollector.observe` of
 * `mailwright/reports` takes.
 */
export interface TlsSession {
  /** Who is told (RFC 8460 §3); never empty. */
  readonly rua: readonly string[];
  readonly policy: AppliedTlsPolicy;
  /** What was wrong; absent where nothing was. */
  readonly failure?: TlsReportDetail;
}

/** Called for each session with a domain that asks for reports. */
export type TlsSessionObserver = (session: TlsSession) => void | PromiseLike<void>;

/** Looks up who wants to hear of a session, and tells the observer. Rejects where the observer does. */
export async function observeTls(
  policy: AppliedTlsPolicy,
  failure: TlsReportDetail | undefined,
  observer: TlsSessionObserver,
  resolver: Resolver,
): Promise<void> {
  // RFC 8460 §3: the record of the policy domain; only names have one.
  if (policy.policyDomain.startsWith('[')) return;
  const reporting = await findTlsReporting(policy.policyDomain, resolver);
  if (reporting.kind !== 'record') return;
  const { rua } = reporting.record;
  await observer({ rua, policy, ...(failure !== undefined && { failure }) });
}

/** What was wrong with a session, or with the certificate that it got by with. */
export function failureIn(
  host: SiteHost,
  observed: TlsObservation,
  address: string | undefined,
): TlsReportDetail | undefined {
  const fault = observed.ok ? observed.flaw : observed;
  if (fault === undefined) return undefined;
  const ip = address !== undefined && { receivingIp: address };
  const reason = isBroad(fault.why) && { reasonCode: fault.text.slice(0, longestReason) };
  return { resultType: fault.why, receivingMxHostname: host.mxName, ...ip, ...reason };
}

/** RFC 8460 §4.3.1, §4.3.3: what covers many faults should come with a reason. */
function isBroad(why: TlsResultType): boolean {
  return why === 'certificate-not-trusted' || why === 'validation-failure';
}

const longestReason = 100;
