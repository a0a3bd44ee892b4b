/**
 * The incremental scanner: octets in, the MIME tree out, whatever the chunks.
 *
 * Theory of operation. A message is read in one of two modes: within a header section, which ends at
 * its first empty line, or within a body, where only a line that begins with the boundary of an open
 * multipart means anything. Native searches find the lines that matter; of a line cut by the end of a
 * chunk no more is kept than tells whether it is a delimiter. The line end before a delimiter belongs
 * to the delimiter (RFC 2046 §5.1.1), so for the observer the last line end of a body is owed until
 * the next line is known.
 *
 * Work is linear in the octets: a part is opened and closed once, and a line is compared with all
 * open boundaries at once.
 */
import { Buffer } from 'node:buffer';
import { bufferOf, latin1Text } from '../../bytes/index.ts';
import type { Bytes } from '../../machine/index.ts';
import { Boundaries } from './boundaries.ts';
import { mayBeContentField, readContentFields } from './content-fields.ts';
import { CutLine } from './cut-line.ts';
import { Defects, type MimeDefect } from './defect.ts';
import { HeaderOctets } from './header-octets.ts';
import { defaultMimeLimits, type MimeLimits } from './limits.ts';
import { reportLongLines } from './long-lines.ts';
import { type MimeObserver, type MimeScanOptions, ShownBody } from './observer.ts';
import { type MimePart, ScannedPart } from './part.ts';
import { kindOf } from './part-kind.ts';

/** The tree of a message, once all of it has been scanned. */
export interface MimeStructure {
  readonly root: MimePart;
  /** Octets of the message. */
  readonly size: number;
  /** The first hundred defects, in the order in which they were found. */
  readonly defects: readonly MimeDefect[];
}

const LF = 10;
const CR = 13;
const HYPHEN = 45;
const lineOfHyphens = Buffer.from('\n--');

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
  readonly #root = new ScannedPart(null, -1, 0);
  /** The message is in memory, so that lines are counted only when they are asked for. */
  readonly #whole: boolean;
  #partsLeft: number;
  #ended = false;

  /** The innermost entity that is open. */
  #current = this.#root;
  #inHeader = true;

  /** Octets before the present chunk. */
  #offset = 0;
  /** Line feeds so far. */
  #lines = 0;
  /** The line that the end of the last chunk cut, or that begins with the next. */
  readonly #line = new CutLine();

  constructor(options: MimeScanOptions = {}, /** @internal */ whole: Buffer | null = null) {
    const { limits, observer = null } = options;
    this.#limits = limits === undefined ? defaultMimeLimits : { ...defaultMimeLimits, ...limits };
    this.#observer = observer;
    this.#shown = new ShownBody(observer);
    this.#header = new HeaderOctets(whole, this.#limits.headerBytes);
    this.#whole = whole !== null;
    this.#partsLeft = this.#limits.parts - 1;
  }

  /** The message's own entity; its header is known once its section has ended. */
  get root(): MimePart {
    return this.#root;
  }

  /** Takes the next octets; nothing keeps them afterwards. */
  push(chunk: Bytes): void {
    const octets = bufferOf(chunk);
    const { length } = octets;
    if (length === 0) return;
    let at = this.#line.at < this.#offset ? this.#resume(octets) : 0;
    while (at < length) {
      at = this.#inHeader ? this.#scanHeader(octets, at) : this.#scanBody(octets, at);
    }
    this.#offset += length;
  }

  /** The message has ended: closes what is open and gives the tree. */
  end(): MimeStructure {
    if (!this.#ended) this.#finish();
    this.#ended = true;
    return { root: this.#root, size: this.#offset, defects: this.#defects.list };
  }

  // ---- complete lines

  /** Reads header lines that begin at `start`; gives where reading goes on. */
  #scanHeader(octets: Buffer, start: number): number {
    let line = start;
    // The lines that are looked at more closely; known where the whole section is here.
    const fields: number[] | null = this.#offset + start === this.#current.headerStart ? [] : null;
    for (;;) {
      const feed = octets[line] === LF ? line : octets.indexOf(LF, line);
      if (feed === -1) break;
      const blank = feed === line || (feed === line + 1 && octets[line] === CR);
      if (octets[line] === HYPHEN && octets[line + 1] === HYPHEN) {
        const part = this.#match(octets, line, feed);
        if (part !== null) {
          this.#header.add(octets, start, line);
          const before = line === start ? this.#line.lineEndBefore : lineEndLength(octets, line);
          this.#cutHeader(this.#offset + line, before);
          const end = this.#offset + feed + 1;
          this.#delimiter(part, this.#offset + line, end, before, lineEndLength(octets, feed + 1));
          return feed + 1;
        }
      }
      if (feed - line > this.#limits.lineLength + 1) this.#defects.add('line-length', this.#offset + line);
      if (line - start < this.#limits.headerBytes && mayBeContentField(octets[line]!, octets[line + 7]!)) {
        fields?.push(line - start);
      }
      this.#lines++;
      line = feed + 1;
      if (blank) {
        this.#header.add(octets, start, line);
        this.#line.begin(this.#offset + line);
        this.#line.lineEndBefore = 0;
        this.#endHeader(this.#offset + line, true, fields);
        return line;
      }
    }
    this.#header.add(octets, start, octets.length);
    this.#cut(octets, line, line === start ? this.#line.lineEndBefore : lineEndLength(octets, line));
    return octets.length;
  }

  /** Reads body lines that begin at `start`; gives where reading goes on. */
  #scanBody(octets: Buffer, start: number): number {
    const { length } = octets;
    let line = start;
    while (line !== -1) {
      if (octets[line] === HYPHEN && octets[line + 1] === HYPHEN) {
        const feed = octets.indexOf(LF, line);
        if (feed === -1) break;
        const part = this.#match(octets, line, feed);
        if (part !== null) {
          this.#pass(octets, start, line);
          const before = line === start ? this.#line.lineEndBefore : lineEndLength(octets, line);
          if (line > start) this.#shown.show(octets, start, line - before);
          const end = this.#offset + feed + 1;
          this.#delimiter(part, this.#offset + line, end, before, lineEndLength(octets, feed + 1));
          return feed + 1;
        }
      }
      const feed = this.#boundaries.size === 0 ? -1 : octets.indexOf(lineOfHyphens, line);
      line = feed === -1 ? -1 : feed + 1;
    }
    const last = Math.max(start, octets.lastIndexOf(LF) + 1);
    this.#pass(octets, start, last);
    const before = last === start ? this.#line.lineEndBefore : lineEndLength(octets, last);
    if (last > start) {
      this.#shown.show(octets, start, last - before);
      this.#shown.owed = before;
    }
    this.#cut(octets, last, before);
    return length;
  }

  /** Complete body lines that are no delimiters. */
  #pass(octets: Buffer, start: number, end: number): void {
    const { lineLength } = this.#limits;
    if (this.#whole) {
      reportLongLines(octets, start, end, lineLength, this.#defects);
      return;
    }
    for (let line = start; line < end; this.#lines++) {
      const feed = octets[line] === LF ? line : octets.indexOf(LF, line);
      if (feed - line > lineLength + 1) this.#defects.add('line-length', this.#offset + line);
      line = feed + 1;
    }
  }

  #match(octets: Buffer, line: number, feed: number): ScannedPart | null {
    return this.#boundaries.size === 0 ? null : this.#boundaries.match(octets, line, feed);
  }

  // ---- a line cut by the end of a chunk

  /** Keeps what is needed of the line that begins at `line` and is not complete in `octets`. */
  #cut(octets: Buffer, line: number, before: 0 | 1 | 2): void {
    this.#line.begin(this.#offset + line);
    this.#line.lineEndBefore = before;
    this.#line.add(octets, line, octets.length, this.#inHeader, this.#shown, this.#boundaries);
  }

  /** Goes on with a line begun in an earlier chunk; gives where the next one begins, if it does. */
  #resume(octets: Buffer): number {
    const line = this.#line;
    const feed = octets.indexOf(LF);
    const end = feed === -1 ? octets.length : feed;
    if (this.#inHeader) this.#header.add(octets, 0, feed === -1 ? end : feed + 1);
    line.add(octets, 0, end, this.#inHeader, this.#shown, this.#boundaries);
    if (feed === -1) return end;
    const next = this.#offset + feed + 1;
    const part = line.match(this.#boundaries);
    if (part !== null) {
      this.#cutDelimiter(part, next, line.lineEnd);
      return feed + 1;
    }
    if (next - 1 - line.at > this.#limits.lineLength + 1) this.#defects.add('line-length', line.at);
    this.#lines++;
    const { lineEnd, isBlank } = line;
    if (!this.#inHeader) {
      line.show(this.#shown, lineEnd - 1);
      this.#shown.owed = lineEnd;
    }
    line.begin(next);
    line.lineEndBefore = this.#inHeader && isBlank ? 0 : lineEnd;
    if (this.#inHeader && isBlank) this.#endHeader(next, true);
    return feed + 1;
  }

  /** The line in hand, which ends at `end`, is a delimiter of `part`. */
  #cutDelimiter(part: ScannedPart, end: number, lineEnd: 0 | 1 | 2): void {
    const { at, lineEndBefore } = this.#line;
    if (this.#inHeader) this.#cutHeader(at, lineEndBefore);
    this.#delimiter(part, at, end, lineEndBefore, lineEnd);
  }

  /** The end of the message: the last line may lack its line end, and what is open ends here. */
  #finish(): void {
    const size = this.#offset;
    const line = this.#line;
    const part = line.at < size ? line.match(this.#boundaries) : null;
    if (part !== null) {
      this.#cutDelimiter(part, size, 0);
    } else {
      if (size - line.at > this.#limits.lineLength + 1) this.#defects.add('line-length', line.at);
      if (!this.#inHeader) line.show(this.#shown, 0);
    }
    this.#cutHeader(size, 0);
    this.#closeWithin(null, size, 0);
  }

  // ---- parts

  /** The section of the current part is complete: decides what the part is. */
  #endHeader(bodyStart: number, blankLine: boolean, fields: readonly number[] | null = null): void {
    const part = this.#current;
    part.bodyStart = bodyStart;
    part.linesToBody = this.#lines;
    part.headerFields = this.#limits.headerFields;
    this.#header.giveTo(part, part.headerStart, bodyStart);
    const kept = part.headerEnd - part.headerAt;
    if (kept < bodyStart - part.headerStart) this.#defects.add('header-bytes', part.headerStart + kept);
    if (!blankLine) this.#defects.add('header-cut', bodyStart);
    this.#inHeader = false;
    const text = latin1Text(part.headerOctets, part.headerAt, part.headerEnd);
    const typed = readContentFields(part, text, fields, this.#defects);
    // RFC 2046 §5.1.5: within a digest the default is message/rfc822.
    if (!typed && part.parent?.kind === 'multipart' && part.parent.subtype === 'digest') {
      part.type = 'message';
      part.subtype = 'rfc822';
    }
    part.kind = kindOf(part, this.#limits, this.#partsLeft, this.#defects);
    if (this.#observer?.part?.(part) === 'leaf') part.kind = 'leaf';
    if (part.kind === 'multipart') this.#boundaries.open(part, part.boundary!);
    else if (part.kind === 'message') this.#openPart(-1, bodyStart);
    else this.#shown.open(part);
  }

  /**
   * A delimiter or the end of the message stands at `at`, where an empty line should.
   *
   * @param before - length of the line end before it, which is the delimiter's
   */
  #cutHeader(at: number, before: number): void {
    if (!this.#inHeader) return;
    const end = at - before;
    if (before > 0) this.#lines--;
    this.#header.cut(end - this.#current.headerStart);
    while (this.#inHeader) this.#endHeader(end, false);
    if (before > 0) this.#lines++;
  }

  /**
   * A delimiter line of `multipart`: ends what is open within it, then opens its next part or its
   * epilogue.
   *
   * @param before - length of the line end before the line, which belongs to the delimiter
   * @param lineEnd - length of its own line end, which may be that of an outer delimiter
   */
  #delimiter(multipart: ScannedPart, start: number, end: number, before: number, lineEnd: 0 | 1 | 2): void {
    const { closing } = this.#boundaries;
    this.#closeWithin(multipart, start, before);
    if (lineEnd > 0) this.#lines++;
    this.#line.begin(end);
    this.#line.lineEndBefore = closing ? lineEnd : 0;
    this.#inHeader = false;
    this.#shown.close();
    if (closing) {
      multipart.closing = { start, end: end - lineEnd };
      this.#boundaries.close(multipart);
    } else if (this.#partsLeft > 0) {
      this.#openPart(start, end);
    } else {
      // Too many parts: no line is a delimiter any more.
      this.#defects.add('parts', start);
      for (let part: ScannedPart | null = multipart; part !== null; part = part.parent) {
        this.#boundaries.close(part);
      }
    }
  }

  /** Opens a part of the current one. */
  #openPart(delimiterStart: number, headerStart: number): void {
    this.#partsLeft--;
    const part = new ScannedPart(this.#current, delimiterStart, headerStart);
    part.linesToHeader = this.#lines;
    this.#current = part;
    this.#inHeader = true;
  }

  /** Ends all that is open within `outer`; with `null` also the message itself. */
  #closeWithin(outer: ScannedPart | null, at: number, before: number): void {
    let part: ScannedPart | null = this.#current;
    while (part !== null && part !== outer) {
      this.#closePart(part, at, before);
      part = part.parent;
    }
    if (part !== null) this.#current = part;
  }

  #closePart(part: ScannedPart, at: number, before: number): void {
    part.bodyEnd = Math.max(part.bodyStart, at - before);
    if (!this.#whole) {
      const lineEnds = part.bodyEnd < at ? 1 : 0;
      part.setLines(part.linesToBody - part.linesToHeader, this.#lines - lineEnds - part.linesToBody);
    }
    if (part.kind === 'multipart') {
      if (part.children.length === 0) this.#defects.add('no-parts', part.bodyStart);
      else if (part.closing === null) this.#defects.add('unclosed', part.bodyEnd);
      this.#boundaries.close(part);
    }
    this.#observer?.end?.(part);
  }
}

/** Length of the line end before the line at `line`, which is not the first of `octets`. */
function lineEndLength(octets: Buffer, line: number): 1 | 2 {
  return octets[line - 2] === CR ? 2 : 1;
}
