/**
 * Internationalized domain names: UTS 46 (non-transitional), between U-labels and A-labels.
 *
 * Mapping, normalisation and the validity of code points are the engine's own, by way of its URL
 * parser, which is the one complete UTS 46 table in every runtime. What a URL tolerates and a mail
 * domain does not is checked here: STD3, hyphens, empty and over-long labels, A-labels that are not
 * what they decode to, and the Bidi rule over the whole name.
 */
import punycode from 'punycode/punycode.js';
import { keepsBidiRule } from './bidi.ts';

/**
 * Why a text is no domain:
 *
 * - `empty`: nothing there, or nothing between two dots.
 * - `label`: a label holds an ASCII character other than a letter, a digit or a hyphen, or has a
 *   hyphen where it may not.
 * - `length`: a label has more than 63 octets, or the name more than 253 (RFC 1035 §2.3.4).
 * - `idna`: UTS 46 or the Bidi rule refuses it: a disallowed character, a broken A-label, a joiner
 *   out of context, unsound mixing of directions.
 */
export type DomainFault = 'empty' | 'label' | 'length' | 'idna';

/** A domain in the form that was asked for, or why there is none. */
export type DomainParse =
  | { readonly ok: true; readonly domain: string }
  | { readonly ok: false; readonly why: DomainFault };

/** How {@link toALabel} and {@link toULabel} go about ASCII labels. */
export interface IdnaOptions {
  /**
   * ASCII labels with `--` in third and fourth place that are no A-labels. RFC 5890 §2.3.1 reserves
   * them, and UTS 46 refuses them; yet hosts have such names (`r3---sn-abc`). Default `refuse`.
   */
  readonly reservedLabels?: 'refuse' | 'accept';
}

/** Every character is cheap, but the punycode algorithm is quadratic: no valid name is nearly as long. */
const longestInput = 1000;

/** The label separators of UTS 46 §2.3. */
const separators = /[.\u3002\uFF0E\uFF61]/;

/**
 * A domain as DNS wants it: lower case, every U-label turned into an A-label (UTS 46 §4.2).
 *
 * A dot at the end stays.
 *
 * @example
 * ```ts
 * import { toALabel } from 'mailwright/address';
 *
 * toALabel('Bücher.example'); // { ok: true, domain: 'xn--bcher-kva.example' }
 * toALabel('a..example'); // { ok: false, why: 'empty' }
 * ```
 */
export function toALabel(domain: string, options: IdnaOptions = {}): DomainParse {
  const name = readName(domain, options);
  if (!name.ok) return name;
  const ascii = name.ascii.join('.');
  const octets = ascii.endsWith('.') ? ascii.length - 1 : ascii.length;
  if (octets > 253 || name.ascii.some((label) => label.length > 63)) return { ok: false, why: 'length' };
  return { ok: true, domain: ascii };
}

/**
 * A domain as people read it: lower case, every A-label turned into a U-label (UTS 46 §4.3).
 *
 * Lengths are not checked. The result is for display and comparison by eye; two names that look the
 * same may still differ.
 *
 * @example
 * ```ts
 * import { toULabel } from 'mailwright/address';
 *
 * toULabel('xn--bcher-kva.example'); // { ok: true, domain: 'bücher.example' }
 * toULabel('xn--a.example'); // { ok: false, why: 'idna' }
 * ```
 */
export function toULabel(domain: string, options: IdnaOptions = {}): DomainParse {
  const name = readName(domain, options);
  return name.ok ? { ok: true, domain: name.unicode.join('.') } : name;
}

type Name =
  | { readonly ok: true; readonly ascii: readonly string[]; readonly unicode: readonly string[] }
  | { readonly ok: false; readonly why: DomainFault };

function readName(domain: string, options: IdnaOptions): Name {
  if (domain.length > longestInput) return { ok: false, why: 'length' };
  // What the URL parser would take for syntax, drop or decode.
  if (/[\0-\x20"#%/:?@[\\\]\x7f]/.test(domain)) return { ok: false, why: 'label' };

  const given = domain.split(separators).map((label) => (isALabel(label) ? label.toLowerCase() : label));
  // Decoded before the mapping, since the URL parser does not look into the A-labels of ASCII names.
  const decoded = decodeALabels(given);
  // Behind `.x` no name ends in a number, which the URL parser would read as an IPv4 address.
  const url = decoded === null ? null : URL.parse(`http://${decoded.join('.')}.x`);
  const ascii = url === null ? [] : url.hostname.slice(0, -2).split('.');
  const unicode = decodeALabels(ascii);
  // UTS 46 §4 step 4: an A-label must be what its decoded form encodes to.
  const changed = given.some((label, index) => isALabel(label) && label !== ascii[index]);
  if (url === null || unicode === null || changed) return { ok: false, why: 'idna' };

  if (unicode.some((label, index) => label === '' && (index === 0 || index < unicode.length - 1))) {
    return { ok: false, why: 'empty' };
  }
  if (!unicode.every((label) => isLabel(label, options))) return { ok: false, why: 'label' };
  return keepsBidiRule(unicode) ? { ok: true, ascii, unicode } : { ok: false, why: 'idna' };
}

/** UTS 46 §4.1, validity criteria 2 and 3, and STD3. */
function isLabel(label: string, options: IdnaOptions): boolean {
  if (/[[\0-\x7f]--[a-z0-9\-]]/v.test(label)) return false;
  if (label.startsWith('-') || label.endsWith('-')) return false;
  return !label.startsWith('--', 2) || (options.reservedLabels === 'accept' && !isNotAscii(label));
}

/** Whether the label claims to be an A-label (RFC 5890 §2.3.2.1). */
export function isALabel(label: string): boolean {
  return /^xn--/i.test(label);
}

/** The labels with the A-labels among them decoded, or `null` where one is no punycode (RFC 3492) or needed none. */
function decodeALabels(labels: readonly string[]): readonly string[] | null {
  try {
    const decoded = labels.map((label) => (isALabel(label) ? punycode.decode(label.slice(4)) : label));
    return decoded.every((label, index) => label === labels[index] || isNotAscii(label)) ? decoded : null;
  } catch {
    return null;
  }
}

function isNotAscii(label: string): boolean {
  return /[^\0-\x7f]/.test(label);
}
