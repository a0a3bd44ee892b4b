/**
 * Paths and mailboxes as RFC 5321 §4.1.2 writes them.
 *
 *     Reverse-path = Path / "<>"
 *     Forward-path = Path
 *     Path         = "<" [ A-d-l ":" ] Mailbox ">"
 *     A-d-l        = At-domain *( "," At-domain )
 *     Mailbox      = Local-part "@" ( Domain / address-literal )
 *     Local-part   = Dot-string / Quoted-string
 *
 * Each message brings at least two paths, so the usual one, ASCII and a dot-string, is read in a
 * single pass and allocates nothing but its result.
 */
import { Buffer } from 'node:buffer';
import { at as atSign, colon, comma, greater, less, openBracket, quote, space } from './characters.ts';
import { detach } from './detach.ts';
import { domainFault } from './domain.ts';
import { parseLiteral } from './literal.ts';
import type { ForwardPath, Mailbox, ReversePath } from './mailbox.ts';
import { scanDomain, scanDotString, scanLiteral, scanQuotedString } from './scan.ts';

/** How paths are read. By default strictly, and in ASCII only. */
export interface PathOptions {
  /** Non-ASCII characters in local parts and domains (RFC 6531 §3.3). Default `false`. */
  readonly utf8?: boolean;
  /**
   * `MAIL FROM:a@example.org`, as devices and scripts send it; RFC 5321 §3.3 requires the brackets.
   * A bare path ends at a space. Default `required`.
   */
  readonly brackets?: 'required' | 'optional';
  /** `MAIL FROM: <a@example.org>`; RFC 5321 §3.3 forbids the space, which many clients send. Default `refuse`. */
  readonly leadingSpace?: 'refuse' | 'accept';
}

/**
 * What is wrong with a path or mailbox:
 *
 * - `bracket`: no `<` at its beginning or no `>` at its end.
 * - `local-part`: the local part is missing, or neither a dot-string nor a quoted string.
 * - `local-part-length`: the local part has more than 64 octets (RFC 5321 §4.5.3.1.1).
 * - `no-domain`: nothing but a local part, which is not `Postmaster`.
 * - `domain`: the domain is missing or breaks the grammar.
 * - `domain-length`: a label has more than 63 octets, or the domain more than 255 (RFC 5321 §4.5.3.1.2).
 * - `idna`: an A-label or U-label that IDNA refuses.
 * - `literal`: the address literal is none.
 * - `route`: the source route breaks the grammar.
 * - `path-length`: the path has more than 256 octets with its brackets (RFC 5321 §4.5.3.1.3).
 * - `utf8`: a non-ASCII character where `utf8` is off, or an unpaired surrogate.
 * - `trailing`: neither a space nor the end follows.
 */
export type AddressFault =
  | 'bracket'
  | 'local-part'
  | 'local-part-length'
  | 'no-domain'
  | 'domain'
  | 'domain-length'
  | 'idna'
  | 'literal'
  | 'route'
  | 'path-length'
  | 'utf8'
  | 'trailing';

/** Why a text is no path or mailbox. */
export interface BadAddress {
  readonly ok: false;
  readonly why: AddressFault;
  /** The index in the text of the character, or of the beginning of the part, that is wrong. */
  readonly at: number;
}

/** A path and where it ended. */
export type PathParse =
  | {
      readonly ok: true;
      /** `<>` is `null`; `<Postmaster>`, in either case, is `postmaster`. */
      readonly path: ReversePath | ForwardPath;
      /** The index behind the path: of a space, or the text's length. */
      readonly end: number;
      /** Whether a source route was there; it is read and dropped (RFC 5321 §3.6.1, appendix C). */
      readonly sourceRoute: boolean;
    }
  | BadAddress;

/** A mailbox that is the whole of a text. */
export type MailboxParse = { readonly ok: true; readonly mailbox: Mailbox } | BadAddress;

/** RFC 5321 §4.5.3.1.1, in octets, quotes and backslashes counted. */
const longestLocalPart = 64;
/** RFC 5321 §4.5.3.1.3, in octets, without the brackets. */
const longestPath = 254;

/**
 * Reads the path that begins at `text[start]`, as in the argument of MAIL and RCPT.
 *
 * `text` is ASCII, or UTF-8 that was decoded; its lines' ends are cut off. Both `<>` and
 * `<Postmaster>` are read: which of them a command takes is the command's matter. The result keeps
 * nothing of `text` alive.
 *
 * @example
 * ```ts
 * import { parsePath } from 'mailwright/address';
 *
 * const text = 'FROM:<a@example.org> SIZE=100';
 * parsePath(text, 5);
 * // { ok: true, path: { localPart: 'a', domain: 'example.org' }, end: 20, sourceRoute: false }
 * ```
 */
export function parsePath(text: string, start: number, options: PathOptions = {}): PathParse {
  const utf8 = options.utf8 === true;
  let open = start;
  if (options.leadingSpace === 'accept') while (text.charCodeAt(open) === space) open += 1;
  const bracketed = text.charCodeAt(open) === less;
  if (!bracketed && options.brackets !== 'optional') return bad('bracket', open);

  let first = bracketed ? open + 1 : open;
  const sourceRoute = bracketed && text.charCodeAt(first) === atSign;
  if (sourceRoute) {
    first = scanRoute(text, first, utf8);
    if (first < 0) return bad('route', ~first);
  }

  let path: ReversePath | ForwardPath = null;
  let end = first;
  if (!bracketed || sourceRoute || text.charCodeAt(first) !== greater) {
    const read = readMailbox(text, first, utf8);
    if (read.ok) {
      path = read.mailbox;
      end = read.end;
    } else {
      // RFC 5321 §4.1.1.3: the one local part that needs no domain, in either case.
      const isPostmaster = read.why === 'no-domain' && /^postmaster$/i.test(text.slice(first, read.at));
      if (!isPostmaster || sourceRoute) return read;
      path = 'postmaster';
      end = read.at;
    }
  }
  if (sourceRoute && Buffer.byteLength(text.slice(open + 1, end)) > longestPath)
    return bad('path-length', open);

  if (bracketed) {
    if (text.charCodeAt(end) !== greater) {
      return end === text.length ? bad('bracket', end) : badCharacter(text, end, utf8, 'domain');
    }
    end += 1;
  }
  if (end < text.length && text.charCodeAt(end) !== space) return bad('trailing', end);
  return { ok: true, path, end, sourceRoute };
}

/**
 * Reads a text that is one mailbox, without brackets.
 *
 * @example
 * ```ts
 * import { parseMailbox } from 'mailwright/address';
 *
 * const parsed = parseMailbox('"john smith"@example.org');
 * if (parsed.ok) parsed.mailbox.localPart; // 'john smith'
 * ```
 */
export function parseMailbox(text: string, options: Pick<PathOptions, 'utf8'> = {}): MailboxParse {
  const utf8 = options.utf8 === true;
  const read = readMailbox(text, 0, utf8);
  if (!read.ok) return read;
  if (read.end < text.length) return badCharacter(text, read.end, utf8, 'domain');
  return { ok: true, mailbox: read.mailbox };
}

/** `A-d-l ":"`, which begins at `text[start]`: the index behind the colon, or the complement of the offender's. */
function scanRoute(text: string, start: number, utf8: boolean): number {
  let index = start;
  for (;;) {
    if (text.charCodeAt(index) !== atSign) return ~index;
    index = scanDomain(text, index + 1, utf8);
    if (index < 0) return index;
    if (text.charCodeAt(index) === colon) return index + 1;
    if (text.charCodeAt(index) !== comma) return ~index;
    index += 1;
  }
}

type MailboxRead = { readonly ok: true; readonly mailbox: Mailbox; readonly end: number } | BadAddress;

function readMailbox(text: string, start: number, utf8: boolean): MailboxRead {
  const quoted = text.charCodeAt(start) === quote;
  const split = quoted ? scanQuotedString(text, start, utf8) : scanDotString(text, start, utf8);
  if (split < 0) return badCharacter(text, ~split, utf8, 'local-part');
  const behind = text.charCodeAt(split);
  if (behind !== atSign) {
    const ends = split === text.length || behind === greater || behind === space;
    return ends ? bad('no-domain', split) : badCharacter(text, split, utf8, 'local-part');
  }
  const isLiteral = text.charCodeAt(split + 1) === openBracket;
  const end = isLiteral ? scanLiteral(text, split + 1) : scanDomain(text, split + 1, utf8);
  if (end < 0) return isLiteral ? bad('literal', ~end) : badCharacter(text, ~end, utf8, 'domain');

  const address = detach(text.slice(start, end));
  const written = address.slice(0, split - start);
  const domain = address.slice(split - start + 1);
  const octets = utf8 ? Buffer.byteLength(address) : address.length;
  const international = octets !== address.length;
  if (international && !address.isWellFormed()) return bad('utf8', start);
  if ((international ? Buffer.byteLength(written) : written.length) > longestLocalPart) {
    return bad('local-part-length', start);
  }
  if (octets > longestPath) return bad('path-length', start);
  const localPart = quoted ? written.slice(1, -1).replace(/\\(.)/g, '$1') : written;

  if (isLiteral) {
    const literal = parseLiteral(domain.slice(1, -1));
    if (literal === null) return bad('literal', split + 1);
    return { ok: true, mailbox: { localPart, domain: literal }, end };
  }
  const fault = domainFault(domain, international);
  if (fault !== null) return bad(faultNames[fault], split + 1);
  return { ok: true, mailbox: { localPart, domain }, end };
}

const faultNames = { empty: 'domain', label: 'domain', length: 'domain-length', idna: 'idna' } as const;

function bad(why: AddressFault, at: number): BadAddress {
  return { ok: false, why, at };
}

function badCharacter(text: string, at: number, utf8: boolean, why: AddressFault): BadAddress {
  return bad(!utf8 && text.charCodeAt(at) >= 128 ? 'utf8' : why, at);
}
