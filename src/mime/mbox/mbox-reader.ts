/**
 * Reading mbox (RFC 4155 Appendix A) and its relatives, as a stream.
 *
 * A message begins at each line `From `, since writers quote such lines within messages; an empty line
 * before it, or at the end of the file, is no part of the message that ends there. What else stands on the line is not looked at to
 * decide: writers have put all sorts of things there, and not all write the empty line.
 */
import { Buffer } from 'node:buffer';
import { latin1Text, startsFromLine } from '../../bytes/index.ts';
import type { Bytes } from '../../machine/index.ts';
import { parseDate } from '../header/date.ts';
import { HeaderFields } from '../header/fields.ts';
import type { MailDate } from '../header/mail-date.ts';

/**
 * Which relative: `mboxo` has `>From ` for `From ` in bodies, where nobody can tell it from a `>From ` of the
 * author's, so it stays; `mboxrd` put one more `>` before each `From ` that had any or none, and it is taken
 * off; `mboxcl` and `mboxcl2` tell the length of each body in Content-Length.
 */
export type MboxFormat = 'mboxo' | 'mboxrd' | 'mboxcl' | 'mboxcl2';

/** What a reader finds, in order. */
export type MboxEvent =
  | {
      readonly kind: 'message';
      /** Where the `From ` line begins, in octets from the start. */
      readonly marker: number;
      /** Where the message begins, after that line. */
      readonly start: number;
      /** The envelope's sender, or whatever stands in its place. */
      readonly sender: string;
      /** When it was delivered; `null` where the line does not tell. */
      readonly date: MailDate | null;
    }
  /** Octets of the message; views of what was pushed, good until the next push. */
  | { readonly kind: 'data'; readonly octets: Bytes }
  /** The message has ended; `end` is after its last octet. */
  | { readonly kind: 'end'; readonly end: number };

/** How to read. */
export interface MboxOptions {
  /** `mboxrd` by default, which is what RFC 4155's readers should take. */
  readonly format?: MboxFormat;
}

/** A longer line is no `From ` line (RFC 5322 §2.1.1, and its CRLF). */
const longestLine = 1000;
/** More `>` than this before a `From ` are no quoting. */
export const mostQuotes = 900;
/** A longer header is not searched for a Content-Length. */
const longestHeader = 262_144;

/**
 * A streaming reader of mbox files. Octets before the first `From ` line are passed over.
 *
 * @example
 * ```ts
 * import { MboxReader } from 'mailwright/mime';
 *
 * const reader = new MboxReader();
 * const file = 'From a@x Thu Jan  1 00:00:00 1970\nSubject: 1\n\n>From here\n\nFrom b@x\nSubject: 2\n\n';
 * const events = [...reader.push(new TextEncoder().encode(file)), ...reader.end()];
 * events.filter(({ kind }) => kind === 'message').length; // 2
 * ```
 */
export class MboxReader {
  readonly #format: MboxFormat;
  /** What was not decided on: the beginning of a line. */
  #rest: Buffer = Buffer.alloc(0);
  /** The offset of the first octet in `#rest`. */
  #offset = 0;
  #events: MboxEvent[] = [];
  #inMessage = false;
  /** The octets at hand begin a line. */
  #lineStart = true;
  /** An empty line that belongs to the message only if no other message follows. */
  #blank: Buffer | null = null;
  /** The header section so far, while a Content-Length may be in it. */
  #header: Buffer[] | null = null;
  #headerSize = 0;
  /** Octets of the body that Content-Length still tells of. */
  #counted = 0;

  constructor({ format = 'mboxrd' }: MboxOptions = {}) {
    this.#format = format;
  }

  /** Takes the next chunk and gives what it tells. */
  push(chunk: Bytes): MboxEvent[] {
    const octets = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.#read(this.#rest.length === 0 ? octets : Buffer.concat([this.#rest, octets]), false);
    return this.#takeEvents();
  }

  /** The file has ended. */
  end(): MboxEvent[] {
    this.#read(this.#rest, true);
    if (this.#inMessage) this.#endMessage(this.#offset);
    return this.#takeEvents();
  }

  #takeEvents(): MboxEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** Reads what can be decided; octets are passed on in runs as long as nothing is to be taken out. */
  #read(octets: Buffer, last: boolean): void {
    const base = this.#offset;
    let run = 0;
    let at = 0;
    const flush = (end: number, next: number) => {
      if (end > run) this.#data(octets.subarray(run, end));
      run = next;
    };
    while (at < octets.length) {
      if (this.#counted > 0) {
        const end = Math.min(octets.length, at + this.#counted);
        this.#counted -= end - at;
        at = end;
        this.#lineStart = true;
        continue;
      }
      const feed = octets.indexOf(10, at);
      const end = feed === -1 ? octets.length : feed + 1;
      if (this.#lineStart) {
        if (feed === -1 && !last && end - at <= longestLine) break;
        const isFrom = end - at <= longestLine && startsFromLine(octets, at);
        if (!isFrom) this.#flushBlank();
        if (isFrom) {
          flush(at, end);
          this.#begin(octets, at, end, base + at);
        } else if (isEmptyLine(octets, at, end)) {
          if (this.#header !== null) {
            flush(at, at);
            this.#endHeader();
          } else if (this.#inMessage && mayEnd(octets, end, last)) {
            flush(at, end);
            this.#blank = Buffer.from(octets.subarray(at, end));
          }
        } else if (this.#format === 'mboxrd' && isQuotedFrom(octets, at)) {
          flush(at, at + 1);
        }
      }
      this.#lineStart = feed !== -1;
      at = end;
    }
    flush(at, at);
    this.#offset = base + at;
    this.#rest = Buffer.from(octets.subarray(at));
  }

  #begin(octets: Buffer, at: number, end: number, marker: number): void {
    if (this.#inMessage) this.#endMessage(marker);
    this.#inMessage = true;
    this.#header = this.#format === 'mboxcl' || this.#format === 'mboxcl2' ? [] : null;
    this.#headerSize = 0;
    const line = latin1Text(octets, at + 5, end).trim();
    const space = line.search(/[ \t]/);
    const sender = space === -1 ? line : line.slice(0, space);
    const date = space === -1 ? null : parseDate(line.slice(space));
    this.#events.push({ kind: 'message', marker, start: marker + (end - at), sender, date });
  }

  #endMessage(offset: number): void {
    this.#events.push({ kind: 'end', end: offset - (this.#blank?.length ?? 0) });
    this.#blank = null;
    this.#inMessage = false;
  }

  /** Takes the body's length from the header section that has just ended. */
  #endHeader(): void {
    const value = HeaderFields.scan(Buffer.concat(this.#header ?? [])).get('content-length')?.value ?? '';
    this.#header = null;
    // The empty line itself is not counted, and is still to be read.
    if (/^\d{1,15}$/.test(value)) this.#counted = Number(value);
  }

  #flushBlank(): void {
    if (this.#blank !== null) this.#data(this.#blank);
    this.#blank = null;
  }

  #data(octets: Buffer): void {
    if (!this.#inMessage) return;
    this.#events.push({ kind: 'data', octets });
    if (this.#header === null) return;
    this.#headerSize += octets.length;
    if (this.#headerSize > longestHeader) this.#header = null;
    else this.#header.push(Buffer.from(octets));
  }
}

/** What follows an empty line ends the message: a `From ` line, or nothing; or it is not there yet. */
function mayEnd(octets: Buffer, at: number, last: boolean): boolean {
  return startsFromLine(octets, at) || at === octets.length || (!last && octets.length - at < 5);
}

function isEmptyLine(octets: Buffer, at: number, end: number): boolean {
  return octets[end - 1] === 10 && (end - at === 1 || (end - at === 2 && octets[at] === 13));
}

/** `>From ` with any number of `>`. */
function isQuotedFrom(octets: Buffer, at: number): boolean {
  let next = at;
  while (octets[next] === 62 && next - at < mostQuotes) next++;
  return next > at && startsFromLine(octets, next);
}
