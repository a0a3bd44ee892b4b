/** Whether a domain has an MTA-STS policy, and which: the TXT record (RFC 8461 §3.1). */
import type { ResolveOptions, Resolver } from '../dns/index.ts';

/** What the record of a domain says. */
export type MtaStsRecordLookup =
  /** The `id` changes whenever the policy does. */
  | { readonly kind: 'record'; readonly id: string }
  | { readonly kind: 'none' }
  /** Nobody knows; a policy that is cached still holds. */
  | { readonly kind: 'failure'; readonly text: string };

/**
 * Reads the `id` of an MTA-STS record, or `null` where the text is none.
 *
 * @example
 * ```ts
 * import { parseMtaStsRecord } from 'mailwright/mtasts';
 *
 * parseMtaStsRecord('v=STSv1; id=20260501T000000;'); // '20260501T000000'
 * ```
 */
export function parseMtaStsRecord(text: string): string | null {
  const [version = '', ...fields] = text.slice(0, longestRecord).split(';');
  if (version.trimEnd() !== 'v=STSv1') return null;
  for (const field of fields) {
    const [, id] = /^\s*id\s*=\s*([a-z\d]{1,32})\s*$/i.exec(field) ?? [];
    if (id !== undefined) return id;
  }
  return null;
}

const longestRecord = 4096;

/**
 * Looks the record of a domain up. Where not exactly one begins with `v=STSv1`, the domain has no policy
 * (RFC 8461 §3.1).
 *
 * @example
 * ```ts
 * import { ZoneResolver } from 'mailwright/dns';
 * import { findMtaStsRecord } from 'mailwright/mtasts';
 *
 * const zone = new ZoneResolver({ '_mta-sts.example.com': { TXT: ['v=STSv1; id=1'] } });
 * await findMtaStsRecord('example.com', zone); // { kind: 'record', id: '1' }
 * ```
 */
export async function findMtaStsRecord(
  domain: string,
  resolver: Resolver,
  options: ResolveOptions = {},
): Promise<MtaStsRecordLookup> {
  const answer = await resolver.resolve(`_mta-sts.${domain}`, 'TXT', options);
  if (answer.status === 'failure') return { kind: 'failure', text: answer.text };
  const texts = answer.status === 'ok' ? answer.records : [];
  const [text, ...others] = texts.filter((each) => /^v=STSv1\s*(?:;|$)/.test(each));
  const id = text === undefined || others.length > 0 ? null : parseMtaStsRecord(text);
  return id === null ? { kind: 'none' } : { kind: 'record', id };
}
