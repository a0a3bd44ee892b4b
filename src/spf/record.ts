/** SPF records as data, and as text (RFC 7208 §4.5 to §6). */
import { parseRecord } from './parse.ts';

/** What a match means: pass, fail, softfail, neutral (RFC 7208 §4.6.2). */
export type SpfQualifier = '+' | '-' | '~' | '?';

/**
 * A mechanism and what its match means (RFC 7208 §5).
 *
 * A `domain` may hold macros; where it is absent it is the domain that the record belongs to. Prefix
 * lengths are in bits, by default those of a single address.
 */
export type SpfDirective = { readonly qualifier: SpfQualifier } & (
  | { readonly kind: 'all' }
  | { readonly kind: 'include' | 'exists'; readonly domain: string }
  | {
      readonly kind: 'a' | 'mx';
      readonly domain?: string;
      readonly prefix4?: number;
      readonly prefix6?: number;
    }
  | { readonly kind: 'ptr'; readonly domain?: string }
  | { readonly kind: 'ip4' | 'ip6'; readonly address: string; readonly prefix?: number }
);

/** A record of version 1. */
export interface SpfRecord {
  /** In the order in which they are tried. */
  readonly directives: readonly SpfDirective[];
  /** Whose record decides where no directive matches (RFC 7208 §6.1). */
  readonly redirect?: string;
  /** Where the text of an explanation is (RFC 7208 §6.2). */
  readonly exp?: string;
  /** Modifiers that have no meaning yet (RFC 7208 §6). */
  readonly modifiers?: readonly { readonly name: string; readonly value: string }[];
}

/** A record, or what is wrong with it. */
export type SpfParse =
  | { readonly ok: true; readonly record: SpfRecord }
  | {
      readonly ok: false;
      /** The first term that is none. */
      readonly term: string;
      /** For people. */
      readonly why: string;
    };

/**
 * Reads a record, the text of one TXT record with its strings joined (RFC 7208 §3.3).
 *
 * @example
 * ```ts
 * import { parseSpfRecord } from 'mailwright/spf';
 *
 * const parsed = parseSpfRecord('v=spf1 mx/24 include:_spf.example.net -all');
 * if (parsed.ok) parsed.record.directives[0]; // { qualifier: '+', kind: 'mx', prefix4: 24 }
 * ```
 */
export function parseSpfRecord(text: string): SpfParse {
  if (!isSpfRecord(text)) return { ok: false, term: text.slice(0, 7), why: 'does not begin with v=spf1' };
  const parsed = parseRecord(text);
  if (!parsed.ok) return parsed;
  const { steps, redirect, exp, modifiers } = parsed;
  return {
    ok: true,
    record: {
      directives: steps.map(({ directive }) => directive),
      ...(redirect !== null && { redirect: redirect.text }),
      ...(exp !== null && { exp: exp.text }),
      ...(modifiers.length > 0 && { modifiers }),
    },
  };
}

/** Whether a TXT record is for SPF: the version, then a space or nothing (RFC 7208 §4.5). */
export function isSpfRecord(text: string): boolean {
  return text.slice(0, 6).toLowerCase() === 'v=spf1' && (text.length === 6 || text.charCodeAt(6) === 0x20);
}

/**
 * The text of a record, to be published as TXT.
 *
 * Keep it below 450 octets, so that the answer fits into one datagram (RFC 7208 §3.4); in a zone file a
 * text of more than 255 octets has to be cut into several strings (RFC 7208 §3.3).
 *
 * @throws SpfMisuse for a record that could not be read back
 * @example
 * ```ts
 * import { formatSpfRecord } from 'mailwright/spf';
 *
 * formatSpfRecord({
 *   directives: [
 *     { qualifier: '+', kind: 'ip4', address: '192.0.2.0', prefix: 24 },
 *     { qualifier: '-', kind: 'all' },
 *   ],
 * }); // 'v=spf1 ip4:192.0.2.0/24 -all'
 * ```
 */
export function formatSpfRecord(record: SpfRecord): string {
  const terms = [
    'v=spf1',
    ...record.directives.map(formatDirective),
    ...(record.modifiers ?? []).map(({ name, value }) => `${name}=${value}`),
    ...(record.redirect === undefined ? [] : [`redirect=${record.redirect}`]),
    ...(record.exp === undefined ? [] : [`exp=${record.exp}`]),
  ];
  const broken = terms.find((term) => term.includes(' '));
  if (broken !== undefined) throw new SpfMisuse(`holds a space: ${broken}`);
  const text = terms.join(' ');
  const parsed = parseRecord(text);
  if (!parsed.ok) throw new SpfMisuse(`${parsed.term} ${parsed.why}`);
  if (parsed.modifiers.length !== (record.modifiers ?? []).length) {
    throw new SpfMisuse('redirect and exp are no unknown modifiers');
  }
  return text;
}

function formatDirective(directive: SpfDirective): string {
  const { kind } = directive;
  const name = directive.qualifier === '+' ? kind : `${directive.qualifier}${kind}`;
  switch (kind) {
    case 'all':
      return name;
    case 'include':
    case 'exists':
      return `${name}:${directive.domain}`;
    case 'ptr':
      return directive.domain === undefined ? name : `${name}:${directive.domain}`;
    case 'ip4':
    case 'ip6':
      return `${name}:${directive.address}${directive.prefix === undefined ? '' : `/${directive.prefix}`}`;
    case 'a':
    case 'mx': {
      const { domain, prefix4, prefix6 } = directive;
      const prefixes = `${prefix4 === undefined ? '' : `/${prefix4}`}${prefix6 === undefined ? '' : `//${prefix6}`}`;
      return `${name}${domain === undefined ? '' : `:${domain}`}${prefixes}`;
    }
  }
}

/** A host wanted a record that cannot be. */
export class SpfMisuse extends Error {
  override readonly name = 'SpfMisuse';
  readonly code = 'SPF_MISUSE';
}
