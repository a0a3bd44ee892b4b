/**
 * The incremental scanner: octets in, the MIME tree out, whatever the chunks.
 *
 * Theory of operation. A message is read line by line, in one of two modes: within a header section,
 * which ends at its first empty line, or within a body, where only a line that begins with the
 * boundary of an open multipart means anything. Lines are found by native searches; of a line cut by
 * the end of a chunk no more is kept than tells whether it is a delimiter. The line end before a
 * delimiter belongs to the delimiter (RFC 2046 §5.1.1), so for the observer the last line end of a
 * body is owed until the next line is known.
 *
 * Work is linear in the octets: a part is opened and closed once, and a line is compared with all
 * open boundaries at once.
 */
import { Buffer } from 'node:buffer';
import { latin1Text } from '../../bytes/index.ts';
import type { Bytes } from '../../machine/index.ts';
import { Boundaries } from './boundaries.ts';
import { readContentFields } from './content-fields.ts';
import { Defects, type MimeDefect } from './defect.ts';
import { HeaderOctets } from './header-octets.ts';
import { defaultMimeLimits, longestBoundary, type MimeLimits } from './limits.ts';
import { type MimeObserver, ShownBody } from './observer.ts';
import { type MimePart, ScannedPart } from './part.ts';
import { kindOf } from './part-kind.ts';

/** The tree of a message, once all of it has been scanned. */
export interface MimeStructure {
  readonly root: MimePart;
  /** Octets of the message. */
  readonly size: number;
  /** Line feeds of the message. */
  readonly lines: number;
  /** The first hundred defects, in the order in which they were found. */
  readonly defects: readonly MimeDefect[];
}

/** How to scan. */
export interface MimeScanOptions {
  readonly limits?: MimeLimits;
  readonly observer?: MimeObserver;
}

const LF = 10;
const CR = 13;
const HYPHEN = 45;

/** Kept of a line cut by a chunk's end: two hyphens, a boundary, two hyphens, a CR. */
const heldSize = longestBoundary + 6;

/**
 * Scans a message that comes in chunks. Any split of the same octets gives the same tree.
 *
 * The tree keeps copies of the header sections (bounded by the limits) and no octets of bodies.
 *
 * @example
 * ```ts
 * import { MimeScanner } from 'mailwright/mime';
 *
 * const scanner = new MimeScanner();
 * scanner.push(new TextEncoder().encode('Content-Type: text/html\r\n\r\n<p>'));
 * scanner.push(new TextEncoder().encode('Hello</p>\r\n'));
 * const { root } = scanner.end();
 * root.subtype; // 'html'
 * root.bodyEnd - root.bodyStart; // 14
 * ```
 */
export class MimeScanner {
  readonly #limits: Required<MimeLimits>;
  readonly #observer: MimeObserver | null;
  readonly #shown: ShownBody;
  readonly #header: HeaderOctets;
  readonly #defects = new Defects();
  readonly #boundaries = new Boundaries();
  readonly #root: ScannedPart;
  #partsLeft: number;
  #ended = false;

  /** The innermost entity that is open. */
  #current: ScannedPart;
  #inHeader = true;

  /** Octets before the present chunk. */
  #offset = 0;
  /** Line feeds so far. */
  #lines = 0;
  /** Where the line being read began. */
  #lineAt = 0;
  /** Length of the line end before it. */
  #lineEndBefore: 0 | 1 | 2 = 0;
  /** What is kept of it: its beginning, or, once it is surely no delimiter, at most a last CR. */
  readonly #held: Buffer;
  #heldLength = 0;
  #plainLine = false;

  constructor(options: MimeScanOptions = {}, /** @internal */ whole: Buffer | null = null) {
    this.#limits = { ...defaultMimeLimits, ...options.limits };
    this.#observer = options.observer ?? null;
    this.#shown = new ShownBody(this.#observer);
    this.#header = new HeaderOctets(whole, this.#limits.headerBytes);
    this.#held = Buffer.allocUnsafe(heldSize);
    this.#partsLeft = this.#limits.parts - 1;
    this.#root = new ScannedPart(null, null, 0, 0);
    this.#current = this.#root;
  }

  /** The message's own entity; its header is known once its section has ended. */
  get root(): MimePart {
    return this.#root;
  }

  /** Takes the next octets; nothing keeps them afterwards. */
  push(chunk: Bytes): void {
    const octets = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    const { length } = octets;
    if (length === 0) return;
    let at = 0;
    if (this.#lineAt < this.#offset) {
      at = this.#resume(octets);
      if (at === -1) {
        this.#offset += length;
        return;
      }
    }
    while (at < length) {
      at = this.#inHeader ? this.#scanHeader(octets, at) : this.#scanBody(octets, at);
    }
    this.#offset += length;
  }

  /** The message has ended: closes what is open and gives the tree. Call once. */
  end(): MimeStructure {
    if (!this.#ended) {
      this.#ended = true;
      this.#finish();
    }
    return { root: this.#root, size: this.#offset, lines: this.#lines, defects: this.#defects.list };
  }

  // ---- header sections

  /** Reads header lines that begin at `start`; gives where reading goes on. */
  #scanHeader(octets: Buffer, start: number): number {
    const { length } = octets;
    const longest = this.#limits.lineLength + 2;
    let line = start;
    let lines = this.#lines;
    for (;;) {
      const feed = octets[line] === LF ? line : octets.indexOf(LF, line);
      if (feed === -1) break;
      const blank = feed === line || (feed === line + 1 && octets[line] === CR);
      if (!blank && octets[line] === HYPHEN && octets[line + 1] === HYPHEN) {
        const part = this.#match(octets, line, feed);
        if (part !== null) {
          this.#lines = lines;
          this.#header.add(octets, start, line);
          this.#cutHeader(this.#offset + line);
          this.#delimiter(part, this.#offset + line, this.#offset + feed + 1, 0);
          return feed + 1;
        }
      }
      if (feed - line >= longest) this.#defects.add('line-length', this.#offset + line);
      lines++;
      line = feed + 1;
      if (blank) {
        this.#lines = lines;
        this.#header.add(octets, start, line);
        this.#lineAt = this.#offset + line;
        this.#lineEndBefore = 0;
        this.#endHeader(this.#offset + line, true);
        return line;
      }
    }
    this.#lines = lines;
    this.#header.add(octets, start, length);
    this.#hold(octets, line);
    return length;
  }

  /** A delimiter or the end of the message stands where an empty line should. */
  #cutHeader(at: number): void {
    while (this.#inHeader) this.#endHeader(at, false);
  }

  /** The section of the current part is complete: decides what the part is. */
  #endHeader(bodyStart: number, blankLine: boolean): void {
    const part = this.#current;
    part.bodyStart = bodyStart;
    part.headerLines = this.#lines - part.headerLines;
    part.lines = this.#lines;
    part.headerFields = this.#limits.headerFields;
    part.headerBytes = this.#header.take(part.headerStart, bodyStart);
    if (part.headerBytes.length < bodyStart - part.headerStart) {
      this.#defects.add('header-bytes', part.headerStart + part.headerBytes.length);
    }
    if (!blankLine) this.#defects.add('header-cut', bodyStart);
    this.#inHeader = false;
    const text = latin1Text(part.headerBytes);
    const typed = readContentFields(part, text, this.#defects);
    // RFC 2046 §5.1.5: within a digest the default is message/rfc822.
    if (!typed && part.parent?.kind === 'multipart' && part.parent.subtype === 'digest') {
      part.type = 'message';
      part.subtype = 'rfc822';
    }
    part.kind = kindOf(part, this.#limits, this.#partsLeft, this.#defects);
    if (this.#observer?.part?.(part) === 'leaf') part.kind = 'leaf';
    if (part.kind === 'multipart') this.#boundaries.open(part, part.boundary!);
    else if (part.kind === 'message') this.#openPart(null, bodyStart);
    else this.#shown.open(part);
  }

  // ---- bodies

  /** Reads body lines that begin at `start`; gives where reading goes on. */
  #scanBody(octets: Buffer, start: number): number {
    const { length } = octets;
    const longest = this.#limits.lineLength + 2;
    const watched = this.#boundaries.size > 0;
    let line = start;
    let lines = this.#lines;
    for (;;) {
      const feed = octets[line] === LF ? line : octets.indexOf(LF, line);
      if (feed === -1) break;
      if (octets[line] === HYPHEN && watched && octets[line + 1] === HYPHEN) {
        const part = this.#match(octets, line, feed);
        if (part !== null) {
          this.#lines = lines;
          const before = line === start ? this.#lineEndBefore : lineEndLength(octets, line);
          if (line > start) this.#shown.show(octets, start, line - before);
          this.#delimiter(part, this.#offset + line, this.#offset + feed + 1, before);
          return feed + 1;
        }
      }
      if (feed - line >= longest) this.#defects.add('line-length', this.#offset + line);
      lines++;
      line = feed + 1;
    }
    this.#lines = lines;
    if (line > start) {
      const before = lineEndLength(octets, line);
      this.#shown.show(octets, start, line - before);
      this.#lineEndBefore = before;
      this.#shown.owed = before;
    }
    this.#hold(octets, line);
    return length;
  }

  #match(octets: Buffer, line: number, feed: number): ScannedPart | null {
    if (this.#boundaries.size === 0) return null;
    return this.#boundaries.match(latin1Text(octets, line + 2, Math.min(feed, line + heldSize)));
  }

  /**
   * A delimiter line of `multipart`: ends what is open within it, then opens its next part or its
   * epilogue.
   *
   * @param before length of the line end before the line, which belongs to the delimiter
   * @param feeds line feeds in the line: none where the message ends in it
   */
  #delimiter(multipart: ScannedPart, start: number, end: number, before: number, feeds: 0 | 1 = 1): void {
    const { closing } = this.#boundaries;
    this.#closeWithin(multipart, start, before);
    this.#lines += feeds;
    this.#lineAt = end;
    this.#lineEndBefore = 0;
    this.#inHeader = false;
    this.#shown.close();
    if (closing) {
      multipart.closing = { start, end };
      this.#boundaries.close(multipart);
    } else if (this.#partsLeft > 0) {
      this.#openPart({ start, end }, end, multipart);
    } else {
      this.#defects.add('parts', start);
      this.#freeze(multipart);
    }
  }

  #openPart(delimiter: ScannedPart['delimiter'], headerStart: number, parent = this.#current): void {
    this.#partsLeft--;
    const part = new ScannedPart(parent, delimiter, headerStart, this.#lines);
    parent.children.push(part);
    this.#current = part;
    this.#inHeader = true;
  }

  /** Too many parts: no line is a delimiter any more, and the rest is epilogue. */
  #freeze(multipart: ScannedPart): void {
    for (let part: ScannedPart | null = multipart; part !== null; part = part.parent) {
      this.#boundaries.close(part);
    }
  }

  /** Ends all that is open within `outer`, whose own part it is that goes on. */
  #closeWithin(outer: ScannedPart | null, at: number, before: number): void {
    for (let part = this.#current; part !== outer; part = part.parent!) {
      this.#closePart(part, at, before);
      if (part.parent === null) break;
    }
    if (outer !== null) this.#current = outer;
  }

  #closePart(part: ScannedPart, at: number, before: number): void {
    part.bodyEnd = Math.max(part.bodyStart, at - before);
    const lineEndsBefore = part.bodyEnd < at ? 1 : 0;
    part.lines = this.#lines - part.lines - lineEndsBefore;
    if (part.kind === 'multipart') {
      if (part.children.length === 0) this.#defects.add('no-parts', part.bodyStart);
      else if (part.closing === null) this.#defects.add('unclosed', part.bodyEnd);
      this.#boundaries.close(part);
    }
    this.#observer?.end?.(part);
  }

  // ---- lines cut by the end of a chunk

  /** Keeps what is needed of the line that begins at `line` and is not complete in `octets`. */
  #hold(octets: Buffer, line: number): void {
    this.#lineAt = this.#offset + line;
    this.#heldLength = 0;
    this.#plainLine = false;
    if (line < octets.length) this.#holdMore(octets, line, octets.length);
  }

  /** Adds `octets[start..end)` to the line in hand; no line feed is among them. */
  #holdMore(octets: Buffer, start: number, end: number): void {
    const held = this.#held;
    let at = start;
    if (!this.#plainLine) {
      const taken = Math.min(end - start, heldSize - this.#heldLength);
      octets.copy(held, this.#heldLength, start, start + taken);
      this.#heldLength += taken;
      at += taken;
      const undecided = at === end && (this.#inHeader || mayDelimit(held, this.#heldLength));
      if (undecided || this.#matchHeld() !== null) return;
      this.#plainLine = true;
    }
    if (this.#inHeader) {
      held[0] = at === end ? held[this.#heldLength - 1]! : octets[end - 1]!;
      this.#heldLength = 1;
      return;
    }
    // A last CR may be the first half of a line end.
    if (at === end) {
      const cr = held[this.#heldLength - 1] === CR ? 1 : 0;
      this.#shown.show(held, 0, this.#heldLength - cr);
      this.#heldLength = cr;
    } else {
      this.#shown.show(held, 0, this.#heldLength);
      const cr = octets[end - 1] === CR ? 1 : 0;
      this.#shown.show(octets, at, end - cr);
      this.#heldLength = cr;
    }
    held[0] = CR;
  }

  /** Goes on with a line begun in an earlier chunk; gives where the next begins, -1: it has not ended. */
  #resume(octets: Buffer): number {
    const feed = octets.indexOf(LF);
    const end = feed === -1 ? octets.length : feed;
    if (this.#inHeader) this.#header.add(octets, 0, feed === -1 ? end : feed + 1);
    if (end > 0) this.#holdMore(octets, 0, end);
    if (feed === -1) return -1;
    this.#endLine(feed + 1);
    return feed + 1;
  }

  /** The held line is complete, with its line feed; the next begins at `next` of the present chunk. */
  #endLine(next: number): void {
    const held = this.#held;
    const length = this.#heldLength;
    const lineEnd = length > 0 && held[length - 1] === CR ? 2 : 1;
    const at = this.#offset + next;
    const line = this.#lineAt;
    const part = this.#matchHeld();
    if (part !== null) {
      this.#heldDelimiter(part, line, at, 1);
      return;
    }
    if (at - line - lineEnd > this.#limits.lineLength) this.#defects.add('line-length', line);
    this.#lines++;
    this.#lineAt = at;
    if (this.#inHeader) {
      const blank = !this.#plainLine && length === lineEnd - 1;
      this.#lineEndBefore = 0;
      this.#heldLength = 0;
      this.#plainLine = false;
      if (blank) this.#endHeader(at, true);
      return;
    }
    this.#shown.show(held, 0, length - (lineEnd - 1));
    this.#heldLength = 0;
    this.#plainLine = false;
    this.#lineEndBefore = lineEnd;
    this.#shown.owed = lineEnd;
  }

  #matchHeld(): ScannedPart | null {
    const held = this.#held;
    if (this.#plainLine || this.#heldLength < 3 || held[0] !== HYPHEN || held[1] !== HYPHEN) return null;
    return this.#match(held, 0, this.#heldLength);
  }

  #heldDelimiter(part: ScannedPart, start: number, end: number, feeds: 0 | 1): void {
    const before = this.#lineEndBefore;
    if (this.#inHeader) {
      this.#header.cut(start - this.#current.headerStart);
      this.#cutHeader(start);
    }
    this.#heldLength = 0;
    this.#delimiter(part, start, end, before, feeds);
  }

  /** The end of the message: the last line may lack its line end, and what is open ends here. */
  #finish(): void {
    const size = this.#offset;
    const line = this.#lineAt;
    const part = line < size ? this.#matchHeld() : null;
    if (part !== null) {
      this.#heldDelimiter(part, line, size, 0);
    } else if (line < size) {
      if (size - line > this.#limits.lineLength) this.#defects.add('line-length', line);
      if (!this.#inHeader) this.#shown.show(this.#held, 0, this.#heldLength);
    }
    if (this.#shown.owed !== 0) this.#shown.show(this.#held, 0, 0);
    this.#cutHeader(size);
    this.#closeWithin(null, size, 0);
  }
}

/** Whether a line that begins so may be a delimiter. */
function mayDelimit(held: Buffer, length: number): boolean {
  return held[0] === HYPHEN && (length === 1 || held[1] === HYPHEN);
}

/** Length of the line end before the line at `line`, which is not the first of `octets`. */
function lineEndLength(octets: Buffer, line: number): 1 | 2 {
  return octets[line - 2] === CR ? 2 : 1;
}

/**
 * Scans a message that is in memory. Header sections are views of `bytes`; nothing is copied.
 *
 * @example
 * ```ts
 * import { scanMime } from 'mailwright/mime';
 *
 * const message = new TextEncoder().encode(
 *   'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n--b--\r\n',
 * );
 * const { root } = scanMime(message);
 * const part = root.children[0];
 * part && message.subarray(part.bodyStart, part.bodyEnd); // the octets of "Hello"
 * ```
 */
export function scanMime(bytes: Bytes, options: MimeScanOptions = {}): MimeStructure {
  const whole = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const scanner = new MimeScanner(options, whole);
  scanner.push(whole);
  return scanner.end();
}
