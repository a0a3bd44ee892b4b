/** What a DKIM-Signature field says (RFC 6376 §3.5). */
import { normalizeDomain } from '../address/index.ts';
import {
  asciiName,
  colonList,
  parseTagList,
  readSignatureTags,
  type SignatureTags,
} from '../signature/index.ts';
import type { DkimReason } from './verdict.ts';

/** A DKIM-Signature whose tags could all be read. */
export interface DkimSignature extends SignatureTags {
  /** `d=` in lower case and ASCII, as it is compared and looked up. */
  readonly asciiDomain: string;
  /** `s=` in lower case and ASCII. */
  readonly asciiSelector: string;
  /** `i=`: for whom it was signed; `@` and `d=` where the tag is absent. */
  readonly identity: string;
}

/** `dns` alone is what drafts before RFC 4871 called it. */
const knownQueries = ['dns/txt', 'dns'];
/** Drafts before RFC 4871 had no `v=`, or this one. */
const draftVersions: readonly (string | undefined)[] = [undefined, '0.5'];

/**
 * Reads the value of a DKIM-Signature field (RFC 6376 §6.1.1).
 *
 * @param drafts - whether versions of before RFC 4871 are read too
 */
export function readDkimSignature(value: string, drafts: boolean): DkimSignature | DkimReason {
  const tags = parseTagList(value);
  if (tags === null) return 'bad-tags';
  const version = tags.get('v');
  if (version !== '1' && !(drafts && draftVersions.includes(version))) {
    return version === undefined ? 'missing-tag' : 'bad-version';
  }
  const read = readSignatureTags(tags);
  if (typeof read === 'string') return read;
  const query = tags.get('q');
  if (query !== undefined && !colonList(query).some((way) => knownQueries.includes(way)))
    return 'unknown-query';
  if (!read.headers.includes('from')) return 'from-not-signed';
  const asciiDomain = ascii(read.domain);
  const asciiSelector = ascii(read.selector);
  if (asciiDomain === null || asciiSelector === null) return 'bad-domain';
  const i = tags.get('i');
  const identity = i === undefined ? `@${read.domain}` : decodeQuoted(i);
  // RFC 6376 §3.5: the domain of "i=" is that of "d=" or one below it.
  const owner = i === undefined ? asciiDomain : ownerOf(identity);
  if (owner !== asciiDomain && owner?.endsWith(`.${asciiDomain}`) !== true) return 'bad-identity';
  return { ...read, asciiDomain, asciiSelector, identity };
}

/** Whether the key's flag `t=s` forbids the identity: its domain must be `d=` itself (RFC 6376 §3.6.1). */
export function isBelowDomain({ identity, asciiDomain }: DkimSignature): boolean {
  return ownerOf(identity) !== asciiDomain;
}

/** The domain of an identity, `null` where it has none. */
function ownerOf(identity: string): string | null {
  const at = identity.lastIndexOf('@');
  return at === -1 ? null : ascii(identity.slice(at + 1));
}

function ascii(name: string): string | null {
  return asciiName(name, normalizeDomain);
}

/** RFC 6376 §2.11: white space has no meaning, `=3B` is a semicolon. */
function decodeQuoted(text: string): string {
  return text
    .replace(/[ \t\r\n]+/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
