/** Whether a server's certificates match its TLSA records (RFC 7672 §3.2, RFC 7671 §5). */
import { Buffer } from 'node:buffer';
import { createHash, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { TlsaData } from '../dns/index.ts';
import type { Bytes } from '../machine/index.ts';

/** What came of it. */
export type DaneMatch =
  | { readonly matched: true; readonly record: TlsaData }
  | {
      readonly matched: false;
      /** What TLS reports call it (RFC 8460 §4.3). */
      readonly why:
        | 'tlsa-invalid'
        | 'certificate-host-mismatch'
        | 'certificate-expired'
        | 'validation-failure';
    };

/** What a match is made against. */
export interface DaneServer {
  /** DER of the certificates as the server sent them, its own first. */
  readonly certificates: readonly Bytes[];
  /** Names of which the certificate must bear one under usage 2: the MX host, and the domain (RFC 7672 §3.2.2). */
  readonly names: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Certificates of a chain that are looked at. */
const longestChain = 10;

/**
 * Matches a server's certificates with usable records, as {@link findTlsa} gives them.
 *
 * Usage 3 asks for the server's own key or certificate and for nothing else: neither its names nor its
 * dates (RFC 7672 §3.1.1). Usage 2 asks for a chain up to the key or certificate, names and dates
 * included (RFC 7672 §3.1.2).
 *
 * @example
 * ```ts
 * import { matchTlsa } from 'mailwright/dane';
 *
 * const server = { certificates: [], names: ['mx.example.com'], now: Date.now() };
 * matchTlsa([{ usage: 3, selector: 1, matching: 1, data: new Uint8Array(32) }], server).matched; // false
 * ```
 */
export function matchTlsa(records: readonly TlsaData[], server: DaneServer): DaneMatch {
  const chain = certificatesOf(server.certificates.slice(0, longestChain));
  const [own] = chain;
  if (own === undefined) return { matched: false, why: 'validation-failure' };
  let why: Extract<DaneMatch, { matched: false }>['why'] = 'validation-failure';
  for (const record of strongest(records)) {
    if (record.usage === 3) {
      if (fits(record, own)) return { matched: true, record };
      continue;
    }
    const fault = anchorFault(record, chain, server);
    if (fault === null) return { matched: true, record };
    if (fault !== 'validation-failure') why = fault;
  }
  return { matched: false, why };
}

/** The certificates up to the first that is none. */
function certificatesOf(octets: readonly Bytes[]): X509Certificate[] {
  const chain: X509Certificate[] = [];
  for (const der of octets) {
    const certificate = parsed(der);
    if (certificate === null) break;
    chain.push(certificate);
  }
  return chain;
}

function parsed(der: Bytes): X509Certificate | null {
  try {
    return new X509Certificate(Buffer.from(der));
  } catch {
    return null;
  }
}

/** RFC 7671 §9: of digests for the same usage and selector only the strongest count; whole data always does. */
function strongest(records: readonly TlsaData[]): TlsaData[] {
  return records.filter(
    ({ usage, selector, matching }) =>
      matching !== 1 ||
      !records.some((other) => other.usage === usage && other.selector === selector && other.matching === 2),
  );
}

function fits({ selector, matching, data }: TlsaData, certificate: X509Certificate): boolean {
  const whole = selector === 0 ? certificate.raw : spkiOf(certificate);
  if (whole === null) return false;
  const wanted =
    matching === 0
      ? whole
      : createHash(matching === 1 ? 'sha256' : 'sha512')
          .update(whole)
          .digest();
  return wanted.equals(data);
}

function spkiOf(certificate: X509Certificate): Buffer | null {
  return keyOf(certificate)?.export({ type: 'spki', format: 'der' }) ?? null;
}

/** `null`: of an algorithm that nobody here knows, or none at all. */
function keyOf(certificate: X509Certificate): KeyObject | null {
  try {
    return certificate.publicKey;
  } catch {
    return null;
  }
}

/** What is wrong with the chain up to the trust anchor that a record of usage 2 names, or `null`. */
function anchorFault(
  record: TlsaData,
  chain: readonly X509Certificate[],
  { names, now }: DaneServer,
): Extract<DaneMatch, { matched: false }>['why'] | null {
  const [own] = chain as [X509Certificate];
  const at = chain.findIndex((certificate) => fits(record, certificate));
  // An anchor that DNS holds as a whole need not be sent (RFC 7671 §5.2.2).
  const sent = at === -1 ? chain : chain.slice(0, at + 1);
  const top = sent.at(-1) as X509Certificate;
  if (!sent.every((each, index) => index === 0 || issued(each, sent[index - 1] as X509Certificate))) {
    return 'validation-failure';
  }
  if (at === -1 && !issuedByRecord(record, top)) return 'validation-failure';
  if (sent.some((each) => now < Date.parse(each.validFrom) || now > Date.parse(each.validTo))) {
    return 'certificate-expired';
  }
  // RFC 7672 §3.2.3: the names in the certificate's subjectAltName, wildcards of a whole label included.
  const named = names.some((name) => own.checkHost(name, { partialWildcards: false }) !== undefined);
  return named ? null : 'certificate-host-mismatch';
}

function issued(issuer: X509Certificate, subject: X509Certificate): boolean {
  const key = keyOf(issuer);
  return key !== null && issuer.ca && subject.checkIssued(issuer) && subject.verify(key);
}

/** Whether the certificate or key that a record holds as a whole issued the last certificate that was sent. */
function issuedByRecord({ selector, matching, data }: TlsaData, top: X509Certificate): boolean {
  if (matching !== 0) return false;
  if (selector === 0) {
    const anchor = parsed(data);
    return anchor !== null && issued(anchor, top);
  }
  try {
    return top.verify(createPublicKey({ key: Buffer.from(data), type: 'spki', format: 'der' }));
  } catch {
    return false;
  }
}
