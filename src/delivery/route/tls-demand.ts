/**
 * Which TLS a session with one server must have.
 *
 * What the recipient's side publishes (DANE, MTA-STS), what the sender asks for (REQUIRETLS, TLS-Required)
 * and what is configured here meet in {@link tlsDemand}, a function of plain values.
 */
import { Buffer } from 'node:buffer';
import type { DaneFinding } from '../../dane/index.ts';
import type { TlsaData } from '../../dns/index.ts';
import {
  formatMtaStsPolicy,
  type MtaStsFinding,
  type MtaStsPolicy,
  mtaStsAllows,
} from '../../mtasts/index.ts';
import type { EnhancedStatus } from '../../smtp/index.ts';
import type { TlsFailure } from '../../tlsrpt/index.ts';
import type { AppliedTlsPolicy } from '../site.ts';
import type { CertificateDemand, TlsDemand } from '../transport.ts';

/**
 * What is configured for sessions with a domain's servers.
 *
 * - `none`: no TLS at all, whatever a domain publishes.
 * - `opportunistic`: what DANE and MTA-STS demand; where they are silent, STARTTLS if it is offered, with any
 *   certificate, and clear text otherwise (RFC 7435 §4).
 * - `any`: at least encrypted; the certificate may be anybody's.
 * - `required`: encrypted, and the certificate is the server's by DANE, or from a trusted authority.
 * - `dane`: the certificate is the server's by DANE.
 * - `sts`: the server's by DANE, or the domain has an MTA-STS policy that names it, be it in mode `testing`.
 */
export type TlsPolicy = 'none' | 'opportunistic' | 'any' | 'required' | 'dane' | 'sts';

/** What a message asks for: REQUIRETLS, or that policies be ignored (RFC 8689 §4.2.1, §4.2.2). */
export type TlsWish = 'required' | 'optional' | 'default';

/** All that bears on the decision. */
export interface TlsFacts {
  readonly policy: TlsPolicy;
  readonly wish: TlsWish;
  /** The recipient's, or the configured name of a relay. */
  readonly domain: string;
  /** The server. */
  readonly mxName: string;
  /** DNSSEC or the configuration vouches that the domain's mail goes to `mxName`. */
  readonly trustedName: boolean;
  /** Names of which the certificate must bear one, where it must bear any and not just `mxName`. */
  readonly certificateNames?: readonly string[];
  readonly sts: MtaStsFinding;
  readonly dane: DaneFinding;
  /** The name that TLSA records were looked for at (RFC 7672 §2.2.3). */
  readonly tlsaBase: string;
}

/** One session that went wrong, or would have, for a TLS report. */
export type TlsReportDetail = Omit<TlsFailure, 'sessions'>;

/** The demand, or why the server must not be used. */
export type TlsRuling = {
  readonly policy: AppliedTlsPolicy;
  /** What is to be reported already. */
  readonly detail?: TlsReportDetail;
} & (
  | { readonly ok: true; readonly tls: TlsDemand }
  | { readonly ok: false; readonly status: EnhancedStatus; readonly text: string }
);

/** Decides. DANE goes before MTA-STS (RFC 8461 §2), and both before what is merely opportunistic. */
export function tlsDemand(facts: TlsFacts): TlsRuling {
  const { policy: configured, wish, domain, mxName } = facts;
  const plain = plainPolicy(domain, mxName);
  if (configured === 'none') {
    if (wish === 'required')
      return refused('5.7.30', `TLS is required, and is switched off for ${mxName}`, plain);
    return { ok: true, tls: { mode: 'none' }, policy: plain };
  }
  // RFC 8689 §4.2.2: the sender would rather have it delivered than kept secret.
  if (wish === 'optional' && configured === 'opportunistic') {
    return { ok: true, tls: { mode: 'opportunistic' }, policy: plain };
  }
  return byDane(facts) ?? bySts(facts) ?? byConfiguration(facts);
}

/** What DANE demands; `null` where it demands no certificate. */
function byDane({ policy: configured, domain, mxName, dane, tlsaBase }: TlsFacts): TlsRuling | null {
  const plain = plainPolicy(domain, mxName);
  if (dane.kind === 'failure') {
    // RFC 7672 §2.1.2, §2.2: a server whose TLSA records can't be had must not be used now.
    const text = `the TLSA records of ${mxName} can't be looked up: ${dane.text}`;
    return refused('4.7.5', text, plain, detailOf('dnssec-invalid', mxName));
  }
  if (dane.kind === 'records' && dane.records.length > 0) {
    // RFC 7672 §3.2.2: the server by the name of its records, and the domain that the MX record belongs to.
    const names = [...new Set([tlsaBase, mxName, domain])];
    const tls = required({ kind: 'dane', records: dane.records, names });
    return { ok: true, tls, policy: tlsaPolicy(dane.records, tlsaBase) };
  }
  if (configured !== 'dane') return null;
  const text = `DANE is required, and ${mxName} has no usable TLSA records`;
  return refused('4.7.5', text, plain, detailOf('dane-required', mxName));
}

/** What MTA-STS demands; `null` where it demands nothing. */
function bySts({ policy: configured, wish, domain, mxName, sts }: TlsFacts): TlsRuling | null {
  const policy = publishedPolicy(sts);
  if (policy === null) {
    const text = `MTA-STS is required, and ${domain} has no policy`;
    return configured === 'sts' ? refused('4.7.5', text, plainPolicy(domain, mxName)) : null;
  }
  const isStrict = policy.mode === 'enforce' || configured === 'sts';
  if (mtaStsAllows(policy, mxName)) {
    if (!isStrict && wish !== 'required') return null;
    return { ok: true, tls: required({ kind: 'pkix', names: [mxName] }), policy: stsPolicy(policy, domain) };
  }
  if (!isStrict) return null;
  // RFC 8461 §5.1: not for good, since the policy may be renewed.
  const text = `the MTA-STS policy of ${domain} does not name ${mxName}`;
  return refused('4.7.5', text, stsPolicy(policy, domain), notNamed(mxName));
}

/** What is left to the sender and the configuration, where neither DANE nor MTA-STS demands a certificate. */
function byConfiguration(facts: TlsFacts): TlsRuling {
  const { policy: configured, wish, domain, mxName, trustedName, certificateNames, dane } = facts;
  const testing = publishedPolicy(facts.sts);
  const useless = dane.kind === 'records';
  const published = testing === null ? plainPolicy(domain, mxName) : stsPolicy(testing, domain);
  const policy = useless ? tlsaPolicy(dane.records, facts.tlsaBase) : published;
  // RFC 8461 §5: in mode `testing`, what would fail is reported, and mail is delivered all the same.
  const isNamed = testing !== null && mtaStsAllows(testing, mxName);
  const detail = testing !== null && !isNamed && { detail: notNamed(mxName) };
  if (wish === 'required' && !trustedName && certificateNames === undefined) {
    // RFC 8689 §4.2.1: beside a valid certificate, something has to vouch for the server's name.
    const text = `TLS is required, and nothing vouches for ${mxName} as a server of ${domain}`;
    return refused('5.7.30', text, published);
  }
  if (wish === 'required' || configured === 'required') {
    const tls = required({ kind: 'pkix', names: certificateNames ?? [mxName] });
    return { ok: true, tls, policy, ...detail };
  }
  // RFC 7672 §2.2: records of which none is usable still ask for TLS.
  if (configured === 'any' || useless) return { ok: true, tls: required({ kind: 'any' }), policy, ...detail };
  const wanted = isNamed && { wanted: { kind: 'pkix', names: [mxName] } as const };
  return { ok: true, tls: { mode: 'opportunistic', ...wanted }, policy, ...detail };
}

function publishedPolicy(sts: MtaStsFinding): MtaStsPolicy | null {
  return sts.kind === 'policy' && sts.policy.mode !== 'none' ? sts.policy : null;
}

function refused(
  status: EnhancedStatus,
  text: string,
  policy: AppliedTlsPolicy,
  detail?: TlsReportDetail,
): TlsRuling {
  return { ok: false, status, text, policy, ...(detail !== undefined && { detail }) };
}

function required(certificate: CertificateDemand): TlsDemand {
  return { mode: 'required', certificate };
}

function detailOf(resultType: TlsFailure['resultType'], mxName: string): TlsReportDetail {
  return { resultType, receivingMxHostname: mxName };
}

/** RFC 8460 §4.3 has no word of its own for a server that the policy does not name. */
function notNamed(mxName: string): TlsReportDetail {
  return { ...detailOf('validation-failure', mxName), reasonCode: 'mx-not-in-sts-policy' };
}

function plainPolicy(domain: string, mxName: string): AppliedTlsPolicy {
  return { policyType: 'no-policy-found', policyStrings: [], policyDomain: domain, mxHosts: [mxName] };
}

/** A policy as TLS reports show it: by its lines (RFC 8460 §4.4). */
function stsPolicy(policy: MtaStsPolicy, domain: string): AppliedTlsPolicy {
  const policyStrings = formatMtaStsPolicy(policy).trimEnd().split('\r\n');
  return { policyType: 'sts', policyStrings, policyDomain: domain, mxHosts: policy.mx };
}

/** The policy domain of DANE is the TLSA base domain (RFC 8460 §1.1). */
function tlsaPolicy(records: readonly TlsaData[], base: string): AppliedTlsPolicy {
  // DNS gives records in any order; sessions under the same ones are counted together.
  const policyStrings = records.map(tlsaText).sort();
  return { policyType: 'tlsa', policyStrings, policyDomain: base, mxHosts: [base] };
}

function tlsaText({ usage, selector, matching, data }: TlsaData): string {
  return `${usage} ${selector} ${matching} ${Buffer.from(data).toString('hex')}`;
}
