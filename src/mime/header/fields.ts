/**
 * The fields of one header section as views over its octets: nothing is copied, decoded or parsed
 * before it is asked for, order and duplicates stay, and every octet's place is known.
 *
 * Two rules:
 *
 * - a section ends at its first empty line (LF or CRLF) or at the end of the octets;
 * - a line that is neither field nor continuation never ends it: it is a defect and is passed over,
 *   so that one broken line does not turn the rest of a header into body.
 */
import { Buffer, isAscii, isUtf8 } from 'node:buffer';
import type { Bytes } from '../../machine/index.ts';

const { latin1Slice, utf8Slice } = Buffer.prototype as unknown as {
  latin1Slice(this: Bytes, start?: number, end?: number): string;
  utf8Slice(this: Bytes, start?: number, end?: number): string;
};

/** Bounds of {@link HeaderFields.scan}; what passes them is reported as a {@link HeaderDefect}. */
export interface HeaderLimits {
  /** Octets looked at, 1 MiB by default: ten times what Postfix keeps (`header_size_limit`). */
  readonly bytes?: number;
  /** Fields kept, 2000 by default; long mailing-list and gateway trails stay under 300. */
  readonly fields?: number;
}

/** What is wrong with a header section, and the offset of the line where it begins. */
export interface HeaderDefect {
  readonly kind:
    | 'no-colon' // neither a field nor the continuation of one (RFC 5322 §2.2)
    | 'bad-name' // a field name that is empty or holds spaces, controls or 8-bit octets
    | 'stray-continuation' // a folded line before any field
    | 'space-before-colon' // RFC 5322 §4.5: obsolete, and read as if it were not there
    | 'no-empty-line' // the octets ended inside the header section
    | 'too-many-fields'
    | 'too-large';
  readonly offset: number;
}

const LF = 10;
const CR = 13;
const SPACE = 32;
const TAB = 9;
const COLON = 58;

const defaultBytes = 1_048_576;
const defaultFields = 2000;
/** Most header sections fit; a larger one is read in steps that grow fourfold. */
const firstStep = 8192;
/** A hostile section has a defect on each line; more than this many are not told apart. */
const maxDefects = 100;

/** What the fields of one section share. */
interface Section {
  readonly bytes: Bytes;
  /** The section as latin1: one character for each octet, so offsets agree. */
  readonly text: string;
  readonly ascii: boolean;
}

/**
 * One header field. `start` and `end` are offsets into the octets that were scanned; `end` is after
 * the line end of its last line.
 */
export class HeaderField {
  readonly start: number;
  readonly end: number;
  readonly #colon: number;
  readonly #nameEnd: number;
  readonly #section: Section;
  #key: string | undefined;
  #value: string | undefined;

  /** @internal */
  constructor(section: Section, start: number, nameEnd: number, colon: number, end: number) {
    this.#section = section;
    this.start = start;
    this.#nameEnd = nameEnd;
    this.#colon = colon;
    this.end = end;
  }

  /** The name as written, without the colon; octets above 127, which no name may have, as latin1. */
  get name(): string {
    return this.#section.text.slice(this.start, this.#nameEnd);
  }

  /** The name in lower case: field names are case-insensitive (RFC 5322 §1.2.2). */
  get key(): string {
    this.#key ??= this.#section.ascii ? this.name.toLowerCase() : asciiLower(this.name);
    return this.#key;
  }

  /** Where the value begins: just after the colon. */
  get valueStart(): number {
    return this.#colon + 1;
  }

  /** The whole field: name, colon, value, folding and line end. A view, not a copy. */
  get raw(): Bytes {
    return this.#section.bytes.subarray(this.start, this.end);
  }

  /** The octets after the colon, still folded, with the line end. A view, not a copy. */
  get rawValue(): Bytes {
    return this.#section.bytes.subarray(this.#colon + 1, this.end);
  }

  /**
   * The value unfolded (RFC 5322 §2.2.3) and trimmed. Octets above 127 are read as UTF-8 (RFC 6532
   * §3.2) or, where they are not UTF-8, as latin1. Encoded words are not decoded here.
   */
  get value(): string {
    this.#value ??= this.#read();
    return this.#value;
  }

  /** Whether this field has the lower-case name `key`; cheaper than comparing {@link HeaderField.key}. */
  is(key: string): boolean {
    const { text } = this.#section;
    const { start } = this;
    const length = key.length;
    if (this.#nameEnd - start !== length) return false;
    for (let i = 0; i < length; i++) {
      const want = key.charCodeAt(i);
      const got = text.charCodeAt(start + i);
      if (got !== want && (got < 65 || got > 90 || got + 32 !== want)) return false;
    }
    return true;
  }

  #read(): string {
    const { bytes, text, ascii } = this.#section;
    let start = this.#colon + 1;
    let { end } = this;
    while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
    while (start < end && isBlank(text.charCodeAt(start))) start++;
    if (ascii) return unfold(text.slice(start, end));
    const octets = bytes.subarray(start, end);
    return unfold(isUtf8(octets) ? utf8Slice.call(octets) : text.slice(start, end));
  }
}

/**
 * The fields of a header section in their order.
 *
 * @example
 * ```ts
 * import { HeaderFields } from 'mailwright/mime';
 *
 * const fields = HeaderFields.scan(new TextEncoder().encode('Subject: one\r\n  two\r\n\r\nbody'));
 * fields.get('subject')?.value; // 'one  two'
 * fields.bodyStart; // 23
 * ```
 */
export class HeaderFields implements Iterable<HeaderField> {
  /** Where the fields end: the offset of the empty line, or of the end of the octets. */
  readonly end: number;
  /** Where the body begins: after the empty line, or at the end of the octets. */
  readonly bodyStart: number;
  readonly defects: readonly HeaderDefect[];
  readonly #fields: readonly HeaderField[];

  private constructor(
    fields: readonly HeaderField[],
    end: number,
    bodyStart: number,
    defects: readonly HeaderDefect[],
  ) {
    this.#fields = fields;
    this.end = end;
    this.bodyStart = bodyStart;
    this.defects = defects;
  }

  /**
   * Scans a header section that starts at the first octet; it may be followed by a body. The views
   * keep `bytes` alive, and their values are right only while it is unchanged.
   */
  static scan(bytes: Bytes, limits: HeaderLimits = {}): HeaderFields {
    const most = Math.min(bytes.length, limits.bytes ?? defaultBytes);
    let step = Math.min(most, firstStep);
    let text = latin1Slice.call(bytes, 0, step);
    let end = emptyLine(text, 0);
    while (end === -1 && step < most) {
      const resume = Math.max(0, text.lastIndexOf('\n'));
      step = Math.min(most, step * 4);
      text = latin1Slice.call(bytes, 0, step);
      end = emptyLine(text, resume);
    }
    const defects: HeaderDefect[] = [];
    let bodyStart = end;
    if (end === -1) {
      end = most;
      bodyStart = most;
      defects.push({ kind: most < bytes.length ? 'too-large' : 'no-empty-line', offset: most });
    } else {
      bodyStart += text.charCodeAt(end) === CR ? 2 : 1;
    }
    const section: Section = { bytes, text, ascii: isAscii(bytes.subarray(0, end)) };
    const fields = split(section, end, limits.fields ?? defaultFields, defects);
    return new HeaderFields(fields, end, bodyStart, defects);
  }

  /** The number of fields. */
  get length(): number {
    return this.#fields.length;
  }

  [Symbol.iterator](): IterableIterator<HeaderField> {
    return this.#fields[Symbol.iterator]();
  }

  /** The first field with this lower-case name. */
  get(key: string): HeaderField | undefined {
    for (const field of this.#fields) if (field.is(key)) return field;
    return undefined;
  }

  /** All fields with this lower-case name, in order. */
  all(key: string): HeaderField[] {
    return this.#fields.filter((field) => field.is(key));
  }
}

function asciiLower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB || code === LF || code === CR;
}

/** The offset of the first empty line at or after `from` (0, or the place of a line feed); -1: none. */
function emptyLine(text: string, from: number): number {
  let line = text.charCodeAt(from) === LF && from > 0 ? from + 1 : from;
  for (;;) {
    const code = text.charCodeAt(line);
    if (code === LF || (code === CR && text.charCodeAt(line + 1) === LF)) return line;
    const feed = text.indexOf('\n', line);
    if (feed === -1) return -1;
    line = feed + 1;
  }
}

/** Removes each line end that is followed by white space (RFC 5322 §2.2.3) in one pass. */
function unfold(text: string): string {
  let feed = text.indexOf('\n');
  if (feed === -1) return text;
  let result = '';
  let from = 0;
  while (feed !== -1) {
    const end = text.charCodeAt(feed - 1) === CR ? feed - 1 : feed;
    result += text.slice(from, end);
    from = feed + 1;
    feed = text.indexOf('\n', from);
  }
  return result + text.slice(from);
}

function split(section: Section, end: number, most: number, defects: HeaderDefect[]): HeaderField[] {
  const { text } = section;
  const fields: HeaderField[] = [];
  const defect = (kind: HeaderDefect['kind'], offset: number) => {
    if (defects.length < maxDefects) defects.push({ kind, offset });
  };
  let start = 0;
  while (start < end) {
    let next = lineAfter(text, start, end);
    const first = text.charCodeAt(start);
    if (first === SPACE || first === TAB) {
      defect('stray-continuation', start);
      start = next;
      continue;
    }
    const firstLine = next;
    for (let code = text.charCodeAt(next); next < end && (code === SPACE || code === TAB); ) {
      next = lineAfter(text, next, end);
      code = text.charCodeAt(next);
    }
    const colon = colonIn(text, start, firstLine);
    if (colon === -1) {
      defect('no-colon', start);
    } else if (fields.length === most) {
      defect('too-many-fields', start);
      break;
    } else {
      let nameEnd = colon;
      while (nameEnd > start && isBlank(text.charCodeAt(nameEnd - 1))) nameEnd--;
      if (nameEnd < colon) defect('space-before-colon', start);
      if (!isName(text, start, nameEnd)) defect('bad-name', start);
      fields.push(new HeaderField(section, start, nameEnd, colon, next));
    }
    start = next;
  }
  return fields;
}

function lineAfter(text: string, from: number, end: number): number {
  const feed = text.indexOf('\n', from);
  return feed === -1 || feed >= end ? end : feed + 1;
}

function colonIn(text: string, from: number, end: number): number {
  for (let i = from; i < end; i++) if (text.charCodeAt(i) === COLON) return i;
  return -1;
}

/** RFC 5322 §2.2: a field name is of printable US-ASCII without space and colon. */
function isName(text: string, from: number, end: number): boolean {
  if (from === end) return false;
  for (let i = from; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code <= SPACE || code >= 127) return false;
  }
  return true;
}
