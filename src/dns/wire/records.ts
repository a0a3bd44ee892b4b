/**
 * Where the records of a message are (RFC 1035 §4.1.3), found without looking into them.
 *
 * dns2 decodes a record well, but follows a chain of compression pointers anew for each name: a message of
 * 64 kB could keep it busy for seconds. So the walk here passes over names, which needs no pointer, and
 * {@link BoundedReader} limits what the decoding of the records that matter may cost.
 */
import type { Buffer } from 'node:buffer';
import { Packet } from 'dns2';

/** One record, by its place in the message. */
export interface RecordPlace {
  readonly section: 'answer' | 'authority' | 'additional';
  /** The octet at which its owner name begins. */
  readonly start: number;
  readonly type: number;
  readonly class: number;
  /** As it stands there: the TTL field of an OPT record is none. */
  readonly ttl: number;
  /** From here to `end` is its RDATA. */
  readonly rdata: number;
  readonly end: number;
}

/** Octets of the header (RFC 1035 §4.1.1). */
export const headerSize = 12;

/**
 * All records behind the questions.
 *
 * @returns `null` where the message ends before they do
 */
export function placesOf(message: Buffer): RecordPlace[] | null {
  const places: RecordPlace[] = [];
  let at = headerSize;
  for (let left = message.readUInt16BE(4); left > 0; left--) {
    at = afterName(message, at) + 4;
    if (at > message.length) return null;
  }
  for (const [section, counted] of [
    ['answer', 6],
    ['authority', 8],
    ['additional', 10],
  ] as const) {
    for (let left = message.readUInt16BE(counted); left > 0; left--) {
      const fields = afterName(message, at);
      const rdata = fields + 10;
      if (rdata > message.length) return null;
      const end = rdata + message.readUInt16BE(fields + 8);
      if (end > message.length) return null;
      const type = message.readUInt16BE(fields);
      const recordClass = message.readUInt16BE(fields + 2);
      const ttl = message.readUInt32BE(fields + 4);
      places.push({ section, start: at, type, class: recordClass, ttl, rdata, end });
      at = end;
    }
  }
  return places;
}

/** Where the name that begins at `at` ends: behind its last label, or behind its first pointer. */
function afterName(message: Buffer, at: number): number {
  for (;;) {
    const length = message[at];
    if (length === undefined) return Infinity;
    if (length === 0) return at + 1;
    if (length >= 0xc0) return at + 2;
    at += length + 1;
  }
}

/** Octets read for each octet of the message: names of 255 octets behind pointers of two are no daily sight. */
const costliest = 16;

/** A reader that dns2 decodes with, and that throws when it was asked for too much. */
export class BoundedReader extends Packet.Reader {
  #left: number;

  constructor(message: Buffer) {
    super(message);
    this.#left = costliest * message.length;
  }

  /** Goes on at this octet. */
  seek(octet: number): this {
    this.offset = octet * 8;
    return this;
  }

  override read(bits: number): number {
    if (--this.#left < 0) throw new RangeError('too many names behind too few octets');
    return super.read(bits);
  }
}
