/**
 * Macro strings: their syntax (RFC 7208 §7.1).
 *
 *     domain-spec   = macro-string domain-end
 *     domain-end    = ( "." toplabel [ "." ] ) / macro-expand
 *     toplabel      = ( *alphanum ALPHA *alphanum ) / ( 1*alphanum "-" *( alphanum / "-" ) alphanum )
 *     macro-string  = *( macro-expand / macro-literal )
 *     macro-expand  = ( "%{" macro-letter transformers *delimiter "}" ) / "%%" / "%_" / "%-"
 *     macro-literal = %x21-24 / %x26-7E
 *     macro-letter  = "s" / "l" / "o" / "d" / "i" / "p" / "h" / "c" / "r" / "t" / "v"
 *     transformers  = *DIGIT [ "r" ]
 *     delimiter     = "." / "-" / "+" / "," / "/" / "_" / "="
 *     explain-string = *( macro-string / SP )
 */

/** A letter and what is to be done with what it stands for. */
export interface Macro {
  /** In lower case. */
  readonly letter: string;
  /** It was written in upper case: escape what has a meaning in URLs (RFC 7208 §7.3). */
  readonly escape: boolean;
  /** How many of the right-hand parts remain; Infinity for all. */
  readonly keep: number;
  readonly reverse: boolean;
  /** Where the value is cut into parts; empty for the dot alone. */
  readonly delimiters: string;
}

/** Literal texts and macros in turn. */
export type MacroString = readonly (string | Macro)[];

const macro = /%\{([slodiphcrtv])(\d*)(r?)([.\-+,/_=]*)\}/iy;
const escapes: Readonly<Record<string, string>> = { '%%': '%', '%_': ' ', '%-': '%20' };

/** A macro string in its parts, and the literal text behind the last `%`, in which a domain has to end. */
interface Parsed {
  readonly parts: MacroString;
  readonly tail: string;
}

/**
 * Takes a macro string apart.
 *
 * @param literal the characters that may stand for themselves
 * @returns `null` where the syntax is broken
 */
function parseMacros(text: string, literal: RegExp): Parsed | null {
  const parts: (string | Macro)[] = [];
  let pending = '';
  for (let at = 0; ; ) {
    const percent = text.indexOf('%', at);
    const plain = text.slice(at, percent < 0 ? text.length : percent);
    if (!literal.test(plain)) return null;
    pending += plain;
    if (percent < 0) {
      if (pending !== '') parts.push(pending);
      return { parts, tail: plain };
    }
    const escaped = escapes[text.slice(percent, percent + 2)];
    if (escaped !== undefined) {
      pending += escaped;
      at = percent + 2;
      continue;
    }
    macro.lastIndex = percent;
    const [whole = '', letter = '', digits = '', r, delimiters = ''] = macro.exec(text) ?? [];
    // RFC 7208 §7.3: a count of parts must not be zero.
    if (whole === '' || (digits !== '' && Number(digits) === 0)) return null;
    if (pending !== '') parts.push(pending);
    pending = '';
    const lower = letter.toLowerCase();
    const keep = digits === '' ? Infinity : Number(digits);
    parts.push({ letter: lower, escape: letter !== lower, keep, reverse: r !== '', delimiters });
    at = percent + whole.length;
  }
}

const visible = /^[\x21-\x7e]*$/;
const visibleOrSpace = /^[\x20-\x7e]*$/;

/** The value of a modifier that nobody knows: any macro string (RFC 7208 §6). */
export function isMacroString(text: string): boolean {
  return parseMacros(text, visible) !== null;
}

/** The text that an `exp` modifier leads to (RFC 7208 §6.2); only here may `c`, `r` and `t` stand. */
export function parseExplanation(text: string): MacroString | null {
  return parseMacros(text, visibleOrSpace)?.parts ?? null;
}

/** A domain with macros, as mechanisms and modifiers name it. */
export function parseDomainSpec(text: string): MacroString | null {
  const parsed = parseMacros(text, visible);
  if (parsed === null || text === '') return null;
  if (parsed.parts.some((part) => typeof part !== 'string' && 'crt'.includes(part.letter))) return null;
  return parsed.tail === '' || endsInTopLabel(parsed.tail) ? parsed.parts : null;
}

function endsInTopLabel(text: string): boolean {
  const end = text.endsWith('.') ? text.length - 1 : text.length;
  const dot = text.lastIndexOf('.', end - 1);
  if (dot < 0 || dot === end) return false;
  const label = text.slice(dot + 1, end);
  return /^[A-Za-z0-9-]+$/.test(label) && /[A-Za-z-]/.test(label) && !/^-|-$/.test(label);
}
