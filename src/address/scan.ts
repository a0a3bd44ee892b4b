/**
 * The productions of RFC 5321 §4.1.2 as scanners over a string.
 *
 * Each reads from an index and returns the index behind what it read, or, where the text breaks the
 * rule, the complement (`~`) of the index of the offending character: a negative number. So the hot
 * path allocates nothing but its result. With `utf8`, RFC 6531 §3.3 adds every non-ASCII character
 * to `atext`, `qtextSMTP` and `sub-domain`.
 */
import {
  atext,
  backslash,
  classes,
  closeBracket,
  dcontent,
  dot,
  hyphen,
  letDig,
  qtext,
  quote,
} from './characters.ts';

/** `Dot-string = Atom *("." Atom)` */
export function scanDotString(text: string, start: number, utf8: boolean): number {
  const end = text.length;
  let atom = start;
  let index = start;
  for (; index < end; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 128 ? (classes[code]! & atext) !== 0 : utf8) continue;
    if (code !== dot || index === atom) break;
    atom = index + 1;
  }
  return index === atom ? ~index : index;
}

/**
 * `Quoted-string = DQUOTE *QcontentSMTP DQUOTE`, `quoted-pairSMTP = %d92 %d32-126`
 *
 * The text at `start` is a quote.
 */
export function scanQuotedString(text: string, start: number, utf8: boolean): number {
  const end = text.length;
  for (let index = start + 1; index < end; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 128 ? (classes[code]! & qtext) !== 0 : utf8) continue;
    if (code === quote) return index + 1;
    if (code !== backslash) return ~index;
    index += 1;
    const escaped = text.charCodeAt(index);
    if (!(escaped >= 32 && escaped < 127)) return ~index;
  }
  return ~end;
}

/**
 * `Domain = sub-domain *("." sub-domain)`, `sub-domain = Let-dig [Ldh-str]`
 *
 * Lengths are not looked at, and U-labels not checked: see {@link domainFault}.
 */
export function scanDomain(text: string, start: number, utf8: boolean): number {
  const end = text.length;
  let label = start;
  let index = start;
  for (; index < end; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 128 ? (classes[code]! & letDig) !== 0 : utf8) continue;
    if (index === label) break;
    if (code === hyphen) continue;
    if (code !== dot || text.charCodeAt(index - 1) === hyphen) break;
    label = index + 1;
  }
  return index === label || text.charCodeAt(index - 1) === hyphen ? ~index : index;
}

/** `address-literal` with its brackets, whatever its inside means. The text at `start` is a bracket. */
export function scanLiteral(text: string, start: number): number {
  const end = text.length;
  for (let index = start + 1; index < end; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 128 && (classes[code]! & dcontent) !== 0) continue;
    return code === closeBracket ? index + 1 : ~index;
  }
  return ~end;
}
