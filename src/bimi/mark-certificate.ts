/** Mark certificates: who vouches that an indicator is its domain's (RFC 3709, draft-fetch-validation-vmc-wchuang). */
import { Buffer } from 'node:buffer';
import { X509Certificate } from 'node:crypto';
import type { Bytes } from '../machine/index.ts';
import { asciiTexts, extensionValue } from './der.ts';

/** What a mark certificate says. */
export interface MarkCertificate {
  /** The names that it is for: domains, and `selector._bimi.domain` where it is for one selector only. */
  readonly names: readonly string[];
  /** Milliseconds since 1970. */
  readonly validFrom: number;
  /** Milliseconds since 1970. */
  readonly validTo: number;
  /** The lines of the issuer's name. */
  readonly issuer: string;
  /** As the certificate says it, such as `Registered Mark`; empty where it does not. */
  readonly markType: string;
  /** The indicator within: an SVG image, compressed with gzip as a rule; `null` where there is none. */
  readonly indicator: Bytes | null;
}

/** What was found in what a record's `a=` names. */
export type MarkCertificateParse =
  | { readonly ok: true; readonly certificate: MarkCertificate; readonly trusted: boolean }
  | {
      readonly ok: false;
      readonly why:
        | 'too-large'
        | 'syntax' // no certificates in PEM
        | 'not-a-mark-certificate' // not made for this purpose
        | 'wrong-domain'
        | 'expired'
        | 'broken-chain'; // a certificate did not issue the one before it
    };

/** What a certificate is checked against. */
export interface MarkCertificateOptions {
  /** The domain whose record was found, in lower-case A-labels. */
  readonly domain: string;
  readonly selector?: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Certificates in PEM of authorities that the host trusts to issue marks; without them `trusted` is `false`. */
  readonly roots?: readonly string[];
}

/** Octets of a chain with an indicator in it. */
const largestChain = 262_144;
const longestChain = 8;

/** id-kp-BrandIndicatorforMessageIdentification. */
const purpose = '1.3.6.1.5.5.7.3.31';
/** id-pe-logotype, 1.3.6.1.5.5.7.1.12 (RFC 3709 §4.1), as DER has it. */
const logotype = Buffer.from('2b0601050507010c', 'hex');
/** The subject's attribute that names the kind of mark. */
const markTypeAttribute = '1.3.6.1.4.1.53087.1.13';

/**
 * Parses and checks a mark certificate with its chain. Revocation is not looked into.
 *
 * @param pem - what was fetched: the certificate, then those that issued it
 *
 * @example
 * ```ts
 * import { readMarkCertificate } from 'mailwright/bimi';
 *
 * readMarkCertificate(new Uint8Array(), { domain: 'example.com', now: Date.now() }); // { ok: false, why: 'syntax' }
 * ```
 */
export function readMarkCertificate(pem: Bytes, options: MarkCertificateOptions): MarkCertificateParse {
  const { domain, selector = 'default', now, roots = [] } = options;
  const no = (why: Extract<MarkCertificateParse, { ok: false }>['why']) => ({ ok: false, why }) as const;
  if (pem.length > largestChain) return no('too-large');
  const chain = certificatesIn(Buffer.from(pem.buffer, pem.byteOffset, pem.length).toString('latin1'));
  const [mark] = chain ?? [];
  if (chain === null || mark === undefined) return no('syntax');
  if (!mark.keyUsage?.includes(purpose)) return no('not-a-mark-certificate');
  const names = namesOf(mark);
  if (!names.includes(domain) && !names.includes(`${selector}._bimi.${domain}`)) return no('wrong-domain');
  const certificate = {
    names,
    validFrom: Date.parse(mark.validFrom),
    validTo: Date.parse(mark.validTo),
    issuer: mark.issuer,
    markType: attributeOf(mark.subject, markTypeAttribute),
    indicator: indicatorIn(mark),
  };
  if (now < certificate.validFrom || now > certificate.validTo) return no('expired');
  for (const [index, issuer] of chain.entries()) {
    const subject = chain[index - 1];
    if (subject !== undefined && !issued(issuer, subject)) return no('broken-chain');
  }
  const top = chain.at(-1) as X509Certificate;
  const anchors = roots.flatMap((root) => certificatesIn(root) ?? []);
  const trusted = anchors.some((anchor) => anchor.raw.equals(top.raw) || issued(anchor, top));
  return { ok: true, certificate, trusted };
}

function issued(issuer: X509Certificate, subject: X509Certificate): boolean {
  return issuer.ca && subject.checkIssued(issuer) && subject.verify(issuer.publicKey);
}

const begin = '-----BEGIN CERTIFICATE-----';
const end = '-----END CERTIFICATE-----';

function certificatesIn(pem: string): X509Certificate[] | null {
  const chain: X509Certificate[] = [];
  let at = pem.indexOf(begin);
  while (at !== -1 && chain.length < longestChain) {
    const until = pem.indexOf(end, at);
    if (until === -1) return null;
    try {
      chain.push(new X509Certificate(Buffer.from(pem.slice(at + begin.length, until), 'base64')));
    } catch {
      return null;
    }
    at = pem.indexOf(begin, until);
  }
  return chain;
}

/** The DNS names of the subjectAltName extension. */
function namesOf({ subjectAltName = '' }: X509Certificate): string[] {
  const names = subjectAltName.split(', ').filter((name) => name.startsWith('DNS:'));
  return names.map((name) => name.slice('DNS:'.length).toLowerCase());
}

function attributeOf(subject: string, name: string): string {
  const line = subject.split('\n').find((each) => each.startsWith(`${name}=`));
  return line?.slice(name.length + 1) ?? '';
}

/** The image stands in the logotype extension as a `data:` URI (RFC 6170 §4). */
function indicatorIn({ raw }: X509Certificate): Bytes | null {
  const extension = extensionValue(raw, logotype);
  for (const text of extension === null ? [] : asciiTexts(extension)) {
    const [, data] = /^data:image\/svg\+xml;base64,(.*)$/is.exec(text) ?? [];
    if (data !== undefined) return Buffer.from(data, 'base64');
  }
  return null;
}
