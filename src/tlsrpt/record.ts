/** Who wants to hear about TLS towards its mail servers: the TLSRPT record (RFC 8460 §3). */
import type { ResolveOptions, Resolver } from '../dns/index.ts';

/** A TLSRPT record. */
export interface TlsReportingRecord {
  /** Where reports go, in order: `mailto:` and `https:` URIs. */
  readonly rua: readonly string[];
}

/** The record of a domain, or why it gets no reports. */
export type TlsReportingLookup =
  | { readonly kind: 'record'; readonly record: TlsReportingRecord }
  | { readonly kind: 'none' }
  /** Nobody knows; ask later. */
  | { readonly kind: 'failure'; readonly text: string };

/** Destinations of one record that are heeded. */
const mostUris = 20;
const longestRecord = 8192;

/**
 * Parses a TLSRPT record.
 *
 * @param text - the TXT record, its strings joined
 * @returns `null` for another's record, or one that names no destination
 *
 * @example
 * ```ts
 * import { parseTlsReportingRecord } from 'mailwright/tlsrpt';
 *
 * parseTlsReportingRecord('v=TLSRPTv1; rua=mailto:tls@example.com')?.rua; // ['mailto:tls@example.com']
 * ```
 */
export function parseTlsReportingRecord(text: string): TlsReportingRecord | null {
  const [version = '', ...fields] = text.slice(0, longestRecord).split(';');
  if (version.trim() !== 'v=TLSRPTv1') return null;
  for (const field of fields) {
    const equals = field.indexOf('=');
    if (field.slice(0, Math.max(equals, 0)).trim() !== 'rua') continue;
    const uris = field.slice(equals + 1).split(',', mostUris);
    const rua = uris.map((uri) => uri.trim()).filter((uri) => /^(?:mailto|https):[!-~]+$/i.test(uri));
    return rua.length === 0 ? null : { rua };
  }
  return null;
}

/**
 * Looks up who gets reports about a policy domain.
 *
 * RFC 8460 §3: where not exactly one record begins with `v=TLSRPTv1`, the domain wants none.
 *
 * @example
 * ```ts
 * import { ZoneResolver } from 'mailwright/dns';
 * import { findTlsReporting } from 'mailwright/tlsrpt';
 *
 * const zone = new ZoneResolver({
 *   '_smtp._tls.example.com': { TXT: ['v=TLSRPTv1; rua=mailto:tls@example.com'] },
 * });
 * await findTlsReporting('example.com', zone); // { kind: 'record', record: { rua: [...] } }
 * ```
 */
export async function findTlsReporting(
  domain: string,
  resolver: Resolver,
  options: ResolveOptions = {},
): Promise<TlsReportingLookup> {
  const answer = await resolver.resolve(`_smtp._tls.${domain}`, 'TXT', options);
  if (answer.status === 'failure') return { kind: 'failure', text: answer.text };
  const texts = answer.status === 'ok' ? answer.records : [];
  const [text, ...others] = texts.filter((each) => /^v=TLSRPTv1\s*(?:;|$)/.test(each));
  const record = text === undefined || others.length > 0 ? null : parseTlsReportingRecord(text);
  return record === null ? { kind: 'none' } : { kind: 'record', record };
}
