/** Verdicts as the results of an Authentication-Results field (RFC 8601 §2.7). */
import { arcReasons } from '../arc/index.ts';
import { arcResult, dkimResult, type MethodResult } from '../authres/index.ts';
import { dkimReasons } from '../dkim/index.ts';
import type { DmarcVerdict } from '../dmarc/index.ts';
import type { IprevVerdict, SpfVerdict } from '../spf/index.ts';
import type { Authenticity } from './authenticate.ts';

/** The results in the order in which they came about. */
export function resultsOf(
  { iprev, spf, dkim, arc, dmarc }: Pick<Authenticity, 'iprev' | 'spf' | 'dkim' | 'arc' | 'dmarc'>,
  ip: string | null,
): MethodResult[] {
  return [
    ...(iprev === null || ip === null ? [] : [iprevResult(iprev, ip)]),
    spfResult(spf),
    ...dkim.map((verdict) => dkimResult(verdict, verdict.reason && dkimReasons[verdict.reason][1])),
    ...(arc.status === 'none' ? [] : [arcResult(arc, arc.reason && arcReasons[arc.reason])]),
    dmarcResult(dmarc),
  ];
}

/** RFC 8601 §2.7.3. */
function iprevResult({ result, name }: IprevVerdict, ip: string): MethodResult {
  return {
    method: 'iprev',
    result,
    ...(name !== undefined && { comment: name }),
    properties: { 'policy.iprev': ip },
  };
}

/** RFC 8601 §2.7.2. What a peer gave and is no domain is not repeated. */
function spfResult({ result, identity, domain }: SpfVerdict): MethodResult {
  const name = identity === 'helo' ? 'smtp.helo' : 'smtp.mailfrom';
  return { method: 'spf', result, ...(/^[\w.-]+$/.test(domain) && { properties: { [name]: domain } }) };
}

/** RFC 9989 §9.1: the author domain, and the policy for mail that fails. */
function dmarcResult({ result, reason, authorDomain, policy }: DmarcVerdict): MethodResult {
  const properties = {
    ...(authorDomain !== null && { 'header.from': authorDomain }),
    ...(policy !== null && { 'policy.dmarc': policy.effective }),
  };
  return {
    method: 'dmarc',
    result,
    ...(policy !== null && { comment: `p=${policy.policy}` }),
    ...(result !== 'pass' && { reason }),
    ...(Object.keys(properties).length > 0 && { properties }),
  };
}
