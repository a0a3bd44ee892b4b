/** The tags that DKIM-Signature, ARC-Message-Signature and ARC-Seal share (RFC 6376 §3.5, RFC 8617 §4.1). */
import type { Canonicalization } from './canonical-field.ts';
import type { KeyKind } from './key-record.ts';
import type { HashName } from './running-hash.ts';
import { base64Letters, base64Octets, colonList, type TagList } from './tag-list.ts';

/** `a=`: a kind of key and a hash function. */
export type SignatureAlgorithm = 'rsa-sha256' | 'ed25519-sha256' | 'rsa-sha1';

/** What every signature says, ARC-Seal among them. */
export interface SealTags {
  readonly algorithm: SignatureAlgorithm;
  /** `d=` as written; other than ASCII only in internationalized mail (RFC 8616 §5). */
  readonly domain: string;
  /** `s=` as written. */
  readonly selector: string;
  /** `b=`. */
  readonly signature: Uint8Array;
  /** `t=`: when it was made, in seconds since 1970. */
  readonly time?: number;
}

/** What a signature of a message says. */
export interface SignatureTags extends SealTags {
  /** `bh=`: base64 without white space. */
  readonly bodyHash: string;
  /** `c=`: of the header and of the body. */
  readonly canonicalization: { readonly header: Canonicalization; readonly body: Canonicalization };
  /** `h=`: the names of the fields that are signed, in lower case. */
  readonly headers: readonly string[];
  /** `l=`: how many octets of the canonical body are signed; absent when all. */
  readonly length?: number;
  /** `x=`: when it ends, in seconds since 1970. */
  readonly expires?: number;
}

/**
 * What is wrong with a signature's tags:
 *
 * - `missing-tag`: one that must be there is not, or is empty.
 * - `unknown-algorithm`, `unknown-canonicalization`: nobody here knows it.
 * - `bad-domain`: `d=` or `s=` is no name.
 * - `bad-base64`: `b=` or `bh=`.
 * - `bad-number`: `t=`, `x=` or `l=`, or an end before the beginning.
 */
export type TagFault =
  | 'missing-tag'
  | 'unknown-algorithm'
  | 'unknown-canonicalization'
  | 'bad-domain'
  | 'bad-base64'
  | 'bad-number';

const algorithms: ReadonlySet<string> = new Set<SignatureAlgorithm>([
  'rsa-sha256',
  'ed25519-sha256',
  'rsa-sha1',
]);
/** RFC 6376 §3.5: sub-domains divided by dots, at least two of them in `d=`; letters of RFC 8616 too. */
const domainName = /^[\w\u0080-\uffff-]+(?:\.[\w\u0080-\uffff-]+)+$/;
const selectorName = /^[\w\u0080-\uffff-]+(?:\.[\w\u0080-\uffff-]+)*$/;
/** RFC 6376 §3.5: one word is for the header, and the body is simple then. */
const canonicalizations = new Map<string, SignatureTags['canonicalization']>([
  ['simple', { header: 'simple', body: 'simple' }],
  ['relaxed', { header: 'relaxed', body: 'simple' }],
  ['simple/simple', { header: 'simple', body: 'simple' }],
  ['simple/relaxed', { header: 'simple', body: 'relaxed' }],
  ['relaxed/simple', { header: 'relaxed', body: 'simple' }],
  ['relaxed/relaxed', { header: 'relaxed', body: 'relaxed' }],
]);
const beyondAscii = /[\u0080-\uffff]/;
const digits = /^[0-9]{1,76}$/;
/** Names in `h=`; a real signature has 30. */
const mostHeaders = 1000;

/** The kind of key of an algorithm. */
export function keyKindOf(algorithm: SignatureAlgorithm): KeyKind {
  return algorithm === 'ed25519-sha256' ? 'ed25519' : 'rsa';
}

/** How a name with U-labels gets A-labels: `normalizeDomain` of `mailwright/address`. */
export type NameNormalizer = (
  name: string,
) => { readonly ok: true; readonly domain: string } | { readonly ok: false };

/**
 * A name in lower case and ASCII, as it is compared and looked up (RFC 8616 §5).
 *
 * @returns `null` where IDNA has no such form of it
 */
export function asciiName(name: string, normalize: NameNormalizer): string | null {
  if (!beyondAscii.test(name)) return name.toLowerCase();
  const parsed = normalize(name);
  return parsed.ok ? parsed.domain : null;
}

/** The hash function of an algorithm. */
export function hashOf(algorithm: SignatureAlgorithm): HashName {
  return algorithm === 'rsa-sha1' ? 'sha1' : 'sha256';
}

/** Reads `a=`, `b=`, `d=`, `s=` and `t=`. */
export function readSealTags(tags: TagList): SealTags | TagFault {
  const algorithm = tags.get('a');
  const domain = tags.get('d');
  const selector = tags.get('s');
  const b = tags.get('b');
  if (!algorithm || !domain || !selector || !b) return 'missing-tag';
  if (!isAlgorithm(algorithm)) return 'unknown-algorithm';
  if (!domainName.test(domain) || !selectorName.test(selector)) return 'bad-domain';
  const signature = base64Octets(b);
  if (signature === null) return 'bad-base64';
  const time = readNumber(tags, 't');
  if (time === null) return 'bad-number';
  return { algorithm, domain, selector, signature, ...(time === undefined ? {} : { time }) };
}

/** Reads the tags of {@link readSealTags} and `bh=`, `c=`, `h=`, `l=` and `x=`. */
export function readSignatureTags(tags: TagList): SignatureTags | TagFault {
  const seal = readSealTags(tags);
  if (typeof seal === 'string') return seal;
  const h = tags.get('h');
  const bh = tags.get('bh');
  if (h === undefined || !bh) return 'missing-tag';
  const bodyHash = base64Letters(bh);
  if (bodyHash === null) return 'bad-base64';
  const canonicalization = canonicalizations.get(tags.get('c') ?? 'simple');
  if (canonicalization === undefined) return 'unknown-canonicalization';
  const length = readNumber(tags, 'l');
  const expires = readNumber(tags, 'x');
  if (length === null || expires === null) return 'bad-number';
  if (expires !== undefined && seal.time !== undefined && expires <= seal.time) return 'bad-number';
  const headers = colonList(h.toLowerCase()).filter((name) => name !== '');
  if (headers.length > mostHeaders) return 'bad-number';
  return {
    ...seal,
    bodyHash,
    canonicalization,
    headers,
    ...(length === undefined ? {} : { length }),
    ...(expires === undefined ? {} : { expires }),
  };
}

function isAlgorithm(text: string): text is SignatureAlgorithm {
  return algorithms.has(text);
}

/** `undefined` where there is no such tag, `null` where it holds no number. */
function readNumber(tags: TagList, name: string): number | undefined | null {
  const text = tags.get(name);
  if (text === undefined) return undefined;
  return digits.test(text) ? Number(text) : null;
}
