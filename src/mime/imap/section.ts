/**
 * `BODY[section]<partial>` (RFC 9051 §6.4.5, RFC 3501 §6.4.5): parts by number, their headers and texts,
 * selected fields, and ranges.
 *
 *     section     = "[" [section-spec] "]"                       (RFC 9051 §9)
 *     section-spec = section-msgtext / (section-part ["." section-text])
 *     section-text = section-msgtext / "MIME"
 *     section-msgtext = "HEADER" / "HEADER.FIELDS" [".NOT"] SP header-list / "TEXT"
 */
import { Buffer } from 'node:buffer';
import type { Bytes } from '../../machine/index.ts';
import { HeaderFields } from '../header/fields.ts';
import type { MimePart, Span } from '../structure/part.ts';

/** Which octets of a message are meant. */
export interface Section {
  /** The part's number, `[1, 2]` for `1.2`; empty for the message itself. */
  readonly part: readonly number[];
  readonly what:
    | { readonly kind: 'all' } // the message, or the part's body
    | { readonly kind: 'header' } // of the message, or of the message that the part is
    | { readonly kind: 'fields'; readonly names: readonly string[]; readonly not: boolean }
    | { readonly kind: 'text' } // what follows that header
    | { readonly kind: 'mime' }; // the part's own header section
}

/** A range of a section: from an octet on, so many octets. */
export interface OctetRange {
  readonly start: number;
  readonly length: number;
}

/** More levels than any limit of structure lets a message have. */
const deepest = 1000;

/**
 * Reads what stands between the brackets of `BODY[...]`.
 *
 * Header field names may be atoms or quoted strings; literals among them are for the caller, who gives
 * a {@link Section} of their own.
 *
 * @returns `null` where the grammar does not have it
 *
 * @example
 * ```ts
 * import { parseSection } from 'mailwright/mime';
 *
 * parseSection('1.2.MIME'); // { part: [1, 2], what: { kind: 'mime' } }
 * parseSection('HEADER.FIELDS (From "To")')?.what; // { kind: 'fields', names: ['from', 'to'], not: false }
 * parseSection('0'); // null
 * ```
 */
export function parseSection(text: string): Section | null {
  const part: number[] = [];
  let at = 0;
  while (at < text.length && text.charCodeAt(at) >= 49 && text.charCodeAt(at) <= 57) {
    let end = at;
    while (text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end++;
    if (end - at > 10 || part.length === deepest) return null;
    part.push(Number(text.slice(at, end)));
    if (end === text.length) return { part, what: { kind: 'all' } };
    if (text.charCodeAt(end) !== 46) return null;
    at = end + 1;
  }
  const rest = text.slice(at);
  if (rest === '') return part.length === 0 ? { part, what: { kind: 'all' } } : null;
  const what = sectionText(rest, part.length > 0);
  return what === null ? null : { part, what };
}

function sectionText(text: string, ofPart: boolean): Section['what'] | null {
  const list = text.indexOf('(');
  const word = (list === -1 ? text : text.slice(0, list).trimEnd()).toUpperCase();
  if (word === 'HEADER.FIELDS' || word === 'HEADER.FIELDS.NOT') {
    const names = list === -1 ? null : fieldNames(text.slice(list));
    return names === null ? null : { kind: 'fields', names, not: word.endsWith('.NOT') };
  }
  if (list !== -1) return null;
  if (word === 'HEADER') return { kind: 'header' };
  if (word === 'TEXT') return { kind: 'text' };
  return word === 'MIME' && ofPart ? { kind: 'mime' } : null;
}

/** `(name name ...)`, at least one. */
function fieldNames(text: string): string[] | null {
  if (!text.endsWith(')')) return null;
  const names: string[] = [];
  let at = 1;
  const end = text.length - 1;
  while (at < end) {
    let next: number;
    if (text.charCodeAt(at) === 34) {
      next = text.indexOf('"', at + 1);
      if (next === -1 || next === at + 1) return null;
      names.push(text.slice(at + 1, next).toLowerCase());
      next++;
    } else {
      next = text.indexOf(' ', at);
      if (next === -1) next = end;
      if (next === at) return null;
      names.push(text.slice(at, next).toLowerCase());
    }
    if (next < end && text.charCodeAt(next) !== 32) return null;
    at = next + 1;
  }
  return names.length === 0 ? null : names;
}

/**
 * The part with a number such as `[1, 2]`; `null` where there is none.
 *
 * The parts of a multipart are counted from 1, also of one that is the body of a message within; a
 * message whose body is no multipart has one part, 1 (RFC 9051 §6.4.5).
 */
export function partAt(root: MimePart, number: readonly number[]): MimePart | null {
  let holder = root;
  let part: MimePart | null = null;
  for (const each of number) {
    if (part !== null) {
      // What a message within holds is counted as if it stood in the part itself.
      if (part.kind === 'message') holder = part.children[0]!;
      else if (part.type === 'multipart') holder = part;
      else return null;
    }
    if (holder.type === 'multipart') part = holder.children[each - 1] ?? null;
    else part = each === 1 ? holder : null;
    if (part === null) return null;
  }
  return part ?? root;
}

/**
 * Where a section lies in the message, so that no more need be read from a store. For selected fields
 * it is the header section that holds them.
 *
 * @returns `null` where the message has no such part, or a part that is no message is asked for its
 * header or text
 */
export function sectionSpan(root: MimePart, section: Section): Span | null {
  const { kind } = section.what;
  const part = partAt(root, section.part);
  if (part === null) return null;
  const ofRoot = section.part.length === 0;
  if (kind === 'all') return { start: ofRoot ? part.headerStart : part.bodyStart, end: part.bodyEnd };
  if (kind === 'mime') return { start: part.headerStart, end: part.bodyStart };
  const message = ofRoot ? part : part.kind === 'message' ? part.children[0]! : null;
  if (message === null) return null;
  if (kind === 'text') return { start: message.bodyStart, end: message.bodyEnd };
  return { start: message.headerStart, end: message.bodyStart };
}

/**
 * The octets of a section; a view of the message, except for selected fields.
 *
 * @returns `null` where {@link sectionSpan} is; fewer octets than asked for, or none, where a range goes
 * beyond the end (RFC 9051 §6.4.5)
 *
 * @example
 * ```ts
 * import { parseSection, scanMime, sectionOctets } from 'mailwright/mime';
 *
 * const message = new TextEncoder().encode('From: a@example.com\r\nTo: b@example.com\r\n\r\nHello');
 * const { root } = scanMime(message);
 * const section = parseSection('HEADER.FIELDS (To)');
 * section && sectionOctets(message, root, section); // "To: b@example.com", CRLF, CRLF
 * ```
 */
export function sectionOctets(
  message: Bytes,
  root: MimePart,
  section: Section,
  range?: OctetRange,
): Bytes | null {
  const span = sectionSpan(root, section);
  if (span === null) return null;
  const octets = message.subarray(span.start, span.end);
  const { what } = section;
  const all = what.kind === 'fields' ? selectFields(octets, what.names, what.not) : octets;
  return range === undefined ? all : all.subarray(range.start, range.start + range.length);
}

/** The fields of these names, or all others, as they stand, and an empty line. */
function selectFields(octets: Bytes, names: readonly string[], not: boolean): Bytes {
  const wanted = new Set(names);
  const chosen: Bytes[] = [];
  for (const field of HeaderFields.scan(octets)) if (wanted.has(field.key) !== not) chosen.push(field.raw);
  const last = chosen.at(-1);
  if (last !== undefined && last.at(-1) !== 10) chosen.push(lineEnd);
  return Buffer.concat([...chosen, lineEnd]);
}

const lineEnd = Buffer.from('\r\n');
