/** Addresses of header fields (RFC 5322 §3.4): what a parsed list consists of. */

/** One mailbox of a header field: a display name, if any, and an address. */
export interface HeaderMailbox {
  readonly kind: 'mailbox';
  /** The display name for people: encoded words decoded, quotes removed; empty when there is none. */
  readonly name: string;
  /** The display name as written, unquoted, with its encoded words (what IMAP's ENVELOPE shows). */
  readonly phrase: string;
  /** Unquoted. */
  readonly localPart: string;
  /** As written, with the brackets of a literal; empty where the field gives none. */
  readonly domain: string;
  /** `local@domain`, the local part quoted where it must be; what stands there when no domain does. */
  readonly address: string;
  /** The obsolete route, `@a,@b` (RFC 5322 §4.4), which means nothing any more. */
  readonly route?: string;
}

/** A named group of mailboxes, which may be empty: `undisclosed-recipients:;` (RFC 5322 §3.4). */
export interface HeaderGroup {
  readonly kind: 'group';
  readonly name: string;
  readonly phrase: string;
  readonly mailboxes: readonly HeaderMailbox[];
}

/** What an address list holds (RFC 5322 §3.4). */
export type HeaderAddress = HeaderMailbox | HeaderGroup;

/** What is wrong with an address list, and where in its text. */
export interface AddressDefect {
  readonly kind:
    | 'no-domain' // a word where an address is due
    | 'no-angle' // `Name user@example.com`
    | 'no-comma' // two addresses without a comma between them, or text after an address
    | 'several-at' // the last one counts
    | 'bad-address' // dots or characters that may not stand there (RFC 5322 §3.4.1)
    | 'empty-address' // `<>`
    | 'unclosed-quote'
    | 'unclosed-comment'
    | 'unclosed-angle'
    | 'unclosed-group'
    | 'nested-group'
    | 'stray-semicolon' // read as a comma
    | 'bad-character' // a control
    | 'too-many';
  readonly at: number;
}

/** A parsed address list. */
export interface AddressList {
  /** In order, groups as they stand; {@link mailboxes} flattens them. */
  readonly addresses: readonly HeaderAddress[];
  readonly defects: readonly AddressDefect[];
}

/**
 * All mailboxes of a list, those in groups included, in order.
 *
 * @example
 * ```ts
 * import { mailboxes, parseAddressList } from 'mailwright/mime';
 *
 * mailboxes(parseAddressList('Team: a@example.com, b@example.com;, c@example.com')).length; // 3
 * ```
 */
export function mailboxes(list: AddressList): HeaderMailbox[] {
  return list.addresses.flatMap((each) => (each.kind === 'group' ? each.mailboxes : [each]));
}

/** `local@domain`, with the local part as a quoted string where it is no dot-atom (RFC 5322 §3.4.1). */
export function joinAddress(localPart: string, domain: string): string {
  return domain === '' ? localPart : `${quoteLocalPart(localPart)}@${domain}`;
}

function quoteLocalPart(localPart: string): string {
  return isDotAtom(localPart) ? localPart : quoted(localPart);
}

/** A quoted string (RFC 5322 §3.2.4). */
export function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** RFC 5322 §3.2.3, with the characters of RFC 6532 §3.2. */
export function isDotAtom(text: string): boolean {
  let dot = true; // a dot may not come first, last or after another
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 46) {
      if (dot) return false;
      dot = true;
    } else if (isAtomCharacter(code)) {
      dot = false;
    } else {
      return false;
    }
  }
  return !dot;
}

const notOfAtoms = new Uint8Array(128).fill(1, 0, 33);
for (const special of '()<>[]:;@\\,."\x7F') notOfAtoms[special.charCodeAt(0)] = 1;

/** RFC 5322 §3.2.3: atext; RFC 6532 §3.2 adds all beyond US-ASCII. */
export function isAtomCharacter(code: number): boolean {
  return code > 127 || notOfAtoms[code] === 0;
}
