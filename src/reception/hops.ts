/** Counting Received fields while a message passes by: too many of them are a loop (RFC 5321 §6.3). */
import { Buffer } from 'node:buffer';
import type { Bytes } from '../machine/index.ts';

/** A header larger than this is counted no further. */
const mostHeader = 1_048_576;

const receivedField = /\r\nreceived:/gi;
/** One octet less than a match has: kept of each chunk, so that no match is missed or counted twice. */
const kept = '\r\nReceived'.length;

/** Counts the Received fields of one message. */
export class HopCount {
  /** Received fields so far. */
  hops = 0;
  /** The end of what was looked at, which may be the beginning of a field; `null`: the header is over. */
  #rest: string | null = '\r\n';
  #seen = 0;

  write(chunk: Bytes): void {
    if (this.#rest === null) return;
    const octets = Buffer.from(chunk.buffer, chunk.byteOffset, Math.min(chunk.length, mostHeader));
    const text = this.#rest + octets.toString('latin1');
    const end = text.indexOf('\r\n\r\n');
    const header = end === -1 ? text : text.slice(0, end);
    this.hops += header.match(receivedField)?.length ?? 0;
    this.#seen += octets.length;
    this.#rest = end === -1 && this.#seen < mostHeader ? text.slice(-kept) : null;
  }
}
