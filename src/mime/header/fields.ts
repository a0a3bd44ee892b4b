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
import { isAscii, isUtf8 } from 'node:buffer';
import { latin1Text, utf8Text } from '../../bytes/index.ts';
import type { Bytes } from '../../machine/index.ts';

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
/** Half of all header sections fit; a larger one is read in steps that grow fourfold. */
const firstStep = 2048;
/** A hostile section has a defect on each line; more than this many are not told apart. */
const maxDefects = 100;

/** What the fields of one section share. */
interface Section {
  readonly bytes: Bytes;
  /** The section as latin1: one character for each octet, so offsets agree. */
  text: string;
  ascii: boolean;
}

/**
 * One header field. `start` and `end` are offsets into the octets that were scanned; `end` is after
 * the line end of its last line. Its texts are slices that keep the text of the whole section alive.
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

  /** What the value's octets are: only US-ASCII, UTF-8 (RFC 6532), or some charset that nothing tells. */
  get charset(): 'us-ascii' | 'utf-8' | 'unknown-8bit' {
    const { rawValue } = this;
    if (this.#section.ascii || isAscii(rawValue)) return 'us-ascii';
    return isUtf8(rawValue) ? 'utf-8' : 'unknown-8bit';
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
    return unfold(isUtf8(octets) ? utf8Text(octets) : text.slice(start, end));
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
    const { fields, end, bodyStart, defects } = new Splitter(bytes, most, limits.fields ?? defaultFields);
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

/** Finds the fields in one walk over the lines, reading more of the octets as it needs them. */
class Splitter {
  readonly fields: HeaderField[] = [];
  readonly defects: HeaderDefect[] = [];
  end = 0;
  bodyStart = 0;
  readonly #section: Section;
  readonly #most: number;

  constructor(bytes: Bytes, most: number, mostFields: number) {
    this.#section = { bytes, text: latin1Text(bytes, 0, Math.min(most, firstStep)), ascii: false };
    this.#most = most;
    this.#split(mostFields);
    this.#section.ascii = isAscii(this.end === bytes.length ? bytes : bytes.subarray(0, this.end));
  }

  #split(mostFields: number): void {
    let start = 0;
    let code = this.#codeAt(start);
    while (start < this.#most) {
      let next = this.#lineAfter(start);
      if (code === LF || (code === CR && this.#codeAt(start + 1) === LF)) {
        this.end = start;
        this.bodyStart = next;
        return;
      }
      const stray = code === SPACE || code === TAB;
      code = this.#codeAt(next);
      if (stray) {
        this.#defect('stray-continuation', start);
      } else {
        while (code === SPACE || code === TAB) {
          next = this.#lineAfter(next);
          code = this.#codeAt(next);
        }
        if (this.fields.length < mostFields) this.#field(start, next);
        else this.#defect('too-many-fields', start);
      }
      start = next;
    }
    this.end = this.#most;
    this.bodyStart = this.#most;
    const whole = this.#most === this.#section.bytes.length;
    this.#defect(whole ? 'no-empty-line' : 'too-large', this.#most);
  }

  #field(start: number, end: number): void {
    const { text } = this.#section;
    let colon = start;
    let code = text.charCodeAt(colon);
    let plain = code !== COLON;
    while (code !== COLON) {
      if (code === LF || colon === end) {
        this.#defect('no-colon', start);
        return;
      }
      if (code <= SPACE || code >= 127) plain = false;
      code = text.charCodeAt(++colon);
    }
    const nameEnd = plain ? colon : this.#oddName(start, colon);
    this.fields.push(new HeaderField(this.#section, start, nameEnd, colon, end));
  }

  /** RFC 5322 §2.2: a name is of printable US-ASCII; RFC 5322 §4.5: white space may stand before the colon. */
  #oddName(start: number, colon: number): number {
    const { text } = this.#section;
    let nameEnd = colon;
    while (nameEnd > start && isBlank(text.charCodeAt(nameEnd - 1))) nameEnd--;
    if (nameEnd < colon) this.#defect('space-before-colon', start);
    let bad = nameEnd === start;
    for (let i = start; i < nameEnd && !bad; i++) {
      const code = text.charCodeAt(i);
      bad = code <= SPACE || code >= 127;
    }
    if (bad) this.#defect('bad-name', start);
    return nameEnd;
  }

  #codeAt(at: number): number {
    if (at >= this.#section.text.length) this.#readOn();
    return this.#section.text.charCodeAt(at);
  }

  /** The offset after the line that `at` is in. */
  #lineAfter(at: number): number {
    for (;;) {
      const feed = this.#section.text.indexOf('\n', at);
      if (feed !== -1) return feed + 1;
      if (!this.#readOn()) return this.#most;
    }
  }

  /** Takes four times as many octets into the text; `false` when all are there. */
  #readOn(): boolean {
    const { text, bytes } = this.#section;
    if (text.length === this.#most) return false;
    this.#section.text = latin1Text(bytes, 0, Math.min(this.#most, text.length * 4));
    return true;
  }

  #defect(kind: HeaderDefect['kind'], offset: number): void {
    if (this.defects.length < maxDefects) this.defects.push({ kind, offset });
  }
}
