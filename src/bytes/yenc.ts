/**
 * yEnc, the form of binaries on Usenet: `=ybegin line=128 size=123 name=x`, octets plus 42 with few
 * escapes, `=yend size=123 crc32=...` (yEnc draft 1.3). It is found within plain text bodies.
 */
import { Buffer } from 'node:buffer';
import { type DecodeFault, noOctets, type OctetDecoder } from './octet-decoder.ts';

const LF = 10;
const CR = 13;
const EQUALS = 61;
const Y = 121;

/** A marker line is looked at up to here; yEnc names are file names. */
const longestMarker = 1024;

/**
 * A streaming decoder of yEnc. What stands before `=ybegin` and after `=yend` is passed over; size and
 * checksum are compared with those that `=yend` tells.
 *
 * @example
 * ```ts
 * import { YencDecoder } from 'mailwright/bytes';
 *
 * const decoder = new YencDecoder();
 * decoder.push(Buffer.from('=ybegin line=128 size=3 name=x\r\nm\x8b\x9e\r\n=yend size=3\r\n', 'latin1')); // "Cat"
 * ```
 */
export class YencDecoder implements OctetDecoder {
  readonly #faults = new Set<DecodeFault>();
  #state: 'before' | 'within' | 'after' = 'before';
  /** A marker line in hand: it begins with `=y`, or may. */
  #marker: string | null = '';
  #lineStart = true;
  #escaped = false;
  #size = 0;
  #crc = -1;

  get faults(): ReadonlySet<DecodeFault> {
    return this.#faults;
  }

  push(chunk: Uint8Array): Uint8Array {
    if (this.#state === 'after') return noOctets;
    const out = Buffer.allocUnsafe(chunk.length + 1);
    let written = 0;
    for (const octet of chunk) {
      if (this.#marker !== null) {
        if (octet === LF) {
          this.#readMarker(this.#marker);
          this.#marker = this.#state === 'before' ? '' : null;
          this.#lineStart = true;
          if (this.#isAfter()) break;
        } else if (this.#marker.length < longestMarker) {
          this.#marker += String.fromCharCode(octet);
        }
      } else if (this.#escaped) {
        this.#escaped = false;
        // `=y` at the start of a line is a marker; everywhere else `=` escapes one octet.
        if (this.#lineStart && octet === Y) this.#marker = '=y';
        else out[written++] = this.#count((octet - 106) & 255);
        this.#lineStart = false;
      } else if (octet === EQUALS) {
        this.#escaped = true;
      } else if (octet === LF || octet === CR) {
        this.#lineStart = octet === LF;
      } else {
        out[written++] = this.#count((octet - 42) & 255);
        this.#lineStart = false;
      }
    }
    return out.subarray(0, written);
  }

  end(): Uint8Array {
    if (this.#marker !== null && this.#marker !== '') this.#readMarker(this.#marker);
    this.#marker = null;
    if (this.#state !== 'after') this.#faults.add('truncated');
    return noOctets;
  }

  #isAfter(): boolean {
    return this.#state === 'after';
  }

  #count(octet: number): number {
    this.#size++;
    this.#crc = crcTable[(this.#crc ^ octet) & 255]! ^ (this.#crc >>> 8);
    return octet;
  }

  #readMarker(line: string): void {
    if (this.#state === 'before') {
      if (line.startsWith('=ybegin ')) this.#state = 'within';
      return;
    }
    if (!line.startsWith('=yend')) return;
    this.#state = 'after';
    const size = yencValue(line, 'size');
    if (size !== null && Number(size) !== this.#size) this.#faults.add('wrong-size');
    const crc = yencValue(line, 'pcrc32') ?? yencValue(line, 'crc32');
    if (crc !== null && Number.parseInt(crc, 16) !== (this.#crc ^ -1) >>> 0)
      this.#faults.add('wrong-checksum');
  }
}

/** The value of a keyword in a marker line; `name` goes to the line's end. */
export function yencValue(line: string, keyword: string): string | null {
  const start = line.indexOf(` ${keyword}=`);
  if (start === -1) return null;
  const value = line.slice(start + keyword.length + 2).trimEnd();
  const space = value.indexOf(' ');
  return keyword === 'name' || space === -1 ? value : value.slice(0, space);
}

const crcTable = new Int32Array(256).map((_, octet) => {
  let crc = octet;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});
