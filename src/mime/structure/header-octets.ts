/** Keeps the octets of the header section that is being read, within the limit for all sections. */
import { Buffer } from 'node:buffer';
import type { Bytes } from '../../machine/index.ts';
import type { ScannedPart } from './part.ts';

export class HeaderOctets {
  /** Set where the whole message is in memory: sections are views of it. */
  readonly #whole: Bytes | null;
  #left: number;
  #pieces: Bytes[] = [];

  constructor(whole: Bytes | null, limit: number) {
    this.#whole = whole;
    this.#left = limit;
  }

  /** `chunk[start..end)` goes on with the section. */
  add(chunk: Bytes, start: number, end: number): void {
    if (this.#whole !== null || start === end || this.#left === 0) return;
    const most = Math.min(end - start, this.#left);
    this.#left -= most;
    this.#pieces.push(Buffer.from(chunk.subarray(start, start + most)));
  }

  /** The section has only `length` octets: what was added beyond them is a delimiter line. */
  cut(length: number): void {
    if (this.#pieces.length === 0) return;
    const section = Buffer.concat(this.#pieces);
    const kept = Math.min(length, section.length);
    this.#left += section.length - kept;
    this.#pieces = [section.subarray(0, kept)];
  }

  /** Gives the section, which lies at `start..end` of the message, to its part. */
  giveTo(part: ScannedPart, start: number, end: number): void {
    if (this.#whole !== null) {
      const most = Math.min(end - start, this.#left);
      this.#left -= most;
      part.headerOctets = this.#whole;
      part.headerAt = start;
      part.headerEnd = start + most;
      return;
    }
    const [first, ...others] = this.#pieces;
    this.#pieces = [];
    if (first === undefined) return;
    part.headerOctets = others.length === 0 ? first : Buffer.concat([first, ...others]);
    part.headerEnd = part.headerOctets.length;
  }
}
