/** The BIMI assertion record, and whether a message may have an indicator (draft-brand-indicators-for-message-identification). */
import type { ResolveOptions, Resolver } from '../dns/index.ts';

/** An assertion record. */
export interface BimiRecord {
  /** `l=`: where the indicator is; empty where only a mark certificate is named. */
  readonly location: string;
  /** `a=`: where the mark certificate is; empty where there is none. */
  readonly authority: string;
}

/** A record, a refusal, or neither. */
export type BimiRecordParse =
  | { readonly kind: 'record'; readonly record: BimiRecord }
  /** `l=` and `a=` are empty: the domain wants no indicator shown. */
  | { readonly kind: 'declined' }
  | { readonly kind: 'bad'; readonly why: 'syntax' | 'not-https' }
  /** Another's TXT record. */
  | { readonly kind: 'none' };

const longestRecord = 4096;

/**
 * Parses an assertion record.
 *
 * @example
 * ```ts
 * import { parseBimiRecord } from 'mailwright/bimi';
 *
 * const parsed = parseBimiRecord('v=BIMI1; l=https://example.com/logo.svg');
 * if (parsed.kind === 'record') parsed.record.location; // 'https://example.com/logo.svg'
 * ```
 */
export function parseBimiRecord(text: string): BimiRecordParse {
  const [version, ...rest] = text.slice(0, longestRecord).split(';');
  if (tagOf(version ?? '')?.join('=') !== 'v=BIMI1') return { kind: 'none' };
  const tags = new Map<string, string>();
  for (const part of rest) {
    if (part.trim() === '') continue;
    const tag = tagOf(part);
    if (tag === null || tags.has(tag[0])) return { kind: 'bad', why: 'syntax' };
    tags.set(...tag);
  }
  const location = tags.get('l');
  const authority = tags.get('a') ?? '';
  if (location === undefined) return { kind: 'bad', why: 'syntax' };
  if (location === '' && authority === '') return { kind: 'declined' };
  const safe = [location, authority].every((uri) => uri === '' || /^https:\/\/[!-~]+$/i.test(uri));
  return safe ? { kind: 'record', record: { location, authority } } : { kind: 'bad', why: 'not-https' };
}

function tagOf(part: string): [name: string, value: string] | null {
  const equals = part.indexOf('=');
  return equals === -1 ? null : [part.slice(0, equals).trim().toLowerCase(), part.slice(equals + 1).trim()];
}

/** What DMARC found: a `DmarcVerdict` of `mailwright/dmarc` is that. */
export interface BimiDmarcFacts {
  readonly result: string;
  readonly authorDomain: string | null;
  readonly policy: {
    readonly policy: string;
    readonly record: {
      readonly p: string;
      readonly sp?: string;
      readonly pct: number;
      readonly testing: boolean;
    };
  } | null;
}

/**
 * What a lookup comes to:
 *
 * - `record`: there is an indicator to be fetched.
 * - `skipped`: DMARC did not pass, or the domain's policy is too weak to vouch for anything.
 * - `none`, `declined`: the domain has no record, or wants no indicator.
 * - `bad`: its record cannot be used.
 * - `failure`: DNS did not answer.
 */
export type BimiLookup =
  | { readonly kind: 'record'; readonly record: BimiRecord; readonly domain: string }
  | { readonly kind: 'skipped' | 'none' | 'declined' | 'bad' | 'failure' };

/** Where to look beside the author's domain. */
export interface BimiLookupOptions extends ResolveOptions {
  /** The author's organizational domain, asked where the author's own has no record. */
  readonly organizationalDomain?: string;
  /** From a BIMI-Selector field, as {@link parseBimiSelector} reads it; `default` by default. */
  readonly selector?: string;
}

/**
 * Finds the assertion record for a message.
 *
 * Only mail that passed DMARC, under a policy that is applied to all of a domain's mail, may have an
 * indicator.
 *
 * @example
 * ```ts
 * import { findBimi } from 'mailwright/bimi';
 * import type { DmarcVerdict } from 'mailwright/dmarc';
 * import { ZoneResolver } from 'mailwright/dns';
 *
 * declare const dmarc: DmarcVerdict;
 * const found = await findBimi(dmarc, new ZoneResolver({}), { organizationalDomain: 'example.com' });
 * found.kind; // 'skipped', 'record', ...
 * ```
 */
export async function findBimi(
  dmarc: BimiDmarcFacts,
  resolver: Resolver,
  { organizationalDomain, selector = 'default', ...options }: BimiLookupOptions = {},
): Promise<BimiLookup> {
  const { authorDomain } = dmarc;
  if (authorDomain === null || !vouches(dmarc)) return { kind: 'skipped' };
  const domains = new Set([authorDomain, organizationalDomain ?? authorDomain]);
  for (const domain of domains) {
    const answer = await resolver.resolve(`${selector}._bimi.${domain}`, 'TXT', options);
    if (answer.status === 'failure') return { kind: 'failure' };
    const texts = answer.status === 'ok' ? answer.records.map(parseBimiRecord) : [];
    const [found, ...others] = texts.filter(({ kind }) => kind !== 'none');
    if (found === undefined) continue;
    if (others.length > 0 || found.kind === 'bad') return { kind: 'bad' };
    return found.kind === 'record' ? { ...found, domain } : { kind: 'declined' };
  }
  return { kind: 'none' };
}

function vouches({ result, policy }: BimiDmarcFacts): boolean {
  if (result !== 'pass' || policy === null) return false;
  const { p, sp, pct, testing } = policy.record;
  return ![policy.policy, p, sp].includes('none') && pct === 100 && !testing;
}

/**
 * Reads a BIMI-Selector field; `null` where it names no selector. Heed it only where an aligned
 * signature covers the field.
 *
 * @example
 * ```ts
 * import { parseBimiSelector } from 'mailwright/bimi';
 *
 * parseBimiSelector('v=BIMI1; s=winter'); // 'winter'
 * ```
 */
export function parseBimiSelector(value: string): string | null {
  const [version = '', ...rest] = value.slice(0, longestRecord).split(';');
  if (tagOf(version)?.join('=') !== 'v=BIMI1') return null;
  const selector = rest
    .map(tagOf)
    .find((tag) => tag?.[0] === 's')?.[1]
    .toLowerCase();
  const label = /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/;
  return selector !== undefined &&
    selector.length <= 200 &&
    selector.split('.').every((each) => label.test(each))
    ? selector
    : null;
}
