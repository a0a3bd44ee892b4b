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
  const { policy: configured, wish, domain, mxName, dane, tlsaBase } = facts;
  const plain: AppliedTlsPolicy = {
    policyType: 'no-policy-found',
    policyStrings: [],
    policyDomain: domain,
    mxHosts: [mxName],
  };
  const refused = (
    status: EnhancedStatus,
    text: string,
    policy = plain,
    resultType?: TlsFailure['resultType'],
  ) =>
    ({
      ok: false,
      status,
      text,
      policy,
      ...(resultType && { detail: detailOf(resultType, mxName) }),
    }) as const;
  const pkix: TlsDemand = required({ kind: 'pkix', names: facts.certificateNames ?? [mxName] });

  if (configured === 'none') {
    if (wish === 'required') return refused('5.7.30', 'TLS is required, and is switched off for this server');
    return { ok: true, tls: { mode: 'none' }, policy: plain };
  }
  // RFC 8689 §4.2.2: the sender would rather have it delivered than kept secret.
  if (wish === 'optional' && configured === 'opportunistic') {
    return { ok: true, tls: { mode: 'opportunistic' }, policy: plain };
  }
  // RFC 7672 §2.1.2, §2.2: who can't be asked for TLSA records is not to be trusted now.
  if (dane.kind === 'failure') {
    return refused('4.7.5', `TLSA records of ${mxName} can't be had: ${dane.text}`, plain, 'dnssec-invalid');
  }
  const tlsa = dane.kind === 'records' ? tlsaPolicy(dane.records, tlsaBase) : null;
  if (dane.kind === 'records' && dane.records.length > 0) {
    // RFC 7672 §3.2.2: the server's name by TLSA, and the domain that the MX record belongs to.
    const names = [...new Set([tlsaBase, mxName, domain])];
    return {
      ok: true,
      tls: required({ kind: 'dane', records: dane.records, names }),
      policy: tlsa ?? plain,
    };
  }
  if (configured === 'dane') {
    return refused(
      '4.7.5',
      `${mxName} has no usable TLSA records, and DANE is required`,
      plain,
      'dane-required',
    );
  }

  const sts = facts.sts.kind === 'policy' && facts.sts.policy.mode !== 'none' ? facts.sts.policy : null;
  const asPolicy = sts === null ? plain : stsPolicy(sts, domain);
  const allowed = sts !== null && mtaStsAllows(sts, mxName);
  const mismatch =
    sts !== null && !allowed ? { detail: detailOf('validation-failure', mxName, notNamed) } : {};
  if (sts?.mode === 'enforce' && !allowed) {
    const text = `the MTA-STS policy of ${domain} does not name ${mxName}`;
    return { ok: false, status: '4.7.5', text, policy: asPolicy, ...mismatch };
  }
  if (sts !== null && allowed && (sts.mode === 'enforce' || configured === 'sts' || wish === 'required')) {
    return { ok: true, tls: required({ kind: 'pkix', names: [mxName] }), policy: asPolicy };
  }
  if (configured === 'sts')
    return refused('4.7.5', `no MTA-STS policy of ${domain} names ${mxName}`, asPolicy);
  if (wish === 'required') {
    // RFC 8689 §4.2.1: the server's name must be vouched for, and its certificate be valid.
    if (facts.trustedName || facts.certificateNames !== undefined)
      return { ok: true, tls: pkix, policy: tlsa ?? asPolicy };
    return refused(
      '5.7.30',
      `TLS is required, and nothing vouches for ${mxName} as server of ${domain}`,
      asPolicy,
    );
  }
  if (configured === 'required') return { ok: true, tls: pkix, policy: tlsa ?? asPolicy, ...mismatch };
  // RFC 7672 §2.2: records of which none is usable still ask for TLS.
  if (configured === 'any' || tlsa !== null) {
    return { ok: true, tls: required({ kind: 'any' }), policy: tlsa ?? asPolicy, ...mismatch };
  }
  // RFC 8461 §5: in mode `testing`, what would fail is reported, and mail is delivered all the same.
  const wanted = allowed ? { wanted: { kind: 'pkix', names: [mxName] } as const } : {};
  return { ok: true, tls: { mode: 'opportunistic', ...wanted }, policy: asPolicy, ...mismatch };
}

/** RFC 8460 §4.3 has no word of its own for it. */
const notNamed = 'mx-not-in-sts-policy';

function required(certificate: CertificateDemand): TlsDemand {
  return { mode: 'required', certificate };
}

function detailOf(
  resultType: TlsFailure['resultType'],
  mxName: string,
  reasonCode?: string,
): TlsReportDetail {
  return { resultType, receivingMxHostname: mxName, ...(reasonCode !== undefined && { reasonCode }) };
}

/** A policy as TLS reports show it: by its lines (RFC 8460 §4.4). */
function stsPolicy(policy: MtaStsPolicy, domain: string): AppliedTlsPolicy {
  const policyStrings = formatMtaStsPolicy(policy).trimEnd().split('\r\n');
  return { policyType: 'sts', policyStrings, policyDomain: domain, mxHosts: policy.mx };
}

/** The policy domain of DANE is the TLSA base domain (RFC 8460 §1.1). */
function tlsaPolicy(records: readonly TlsaData[], base: string): AppliedTlsPolicy {
  return { policyType: 'tlsa', policyStrings: records.map(tlsaText), policyDomain: base, mxHosts: [base] };
}

function tlsaText({ usage, selector, matching, data }: TlsaData): string {
  return `${usage} ${selector} ${matching} ${Buffer.from(data).toString('hex')}`;
}
