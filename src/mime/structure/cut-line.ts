/**
 * The line that the end of a chunk cut: no more of it is kept than tells whether it is a delimiter or
 * empty, however long it becomes.
 */
import { Buffer } from 'node:buffer';
import { type Boundaries, longestDelimiter } from './boundaries.ts';
import type { ShownBody } from './observer.ts';
import type { ScannedPart } from './part.ts';

const CR = 13;
const HYPHEN = 45;

export class CutLine {
  /** Where the line began, from the start of the message. */
  at = 0;
  /** Length of the line end before it; 0 where it is the first of a section or body. */
  lineEndBefore: 0 | 1 | 2 = 0;
  /** Its beginning; once it is surely no delimiter, at most its last octet. */
  #held: Buffer | null = null;
  #length = 0;
  #plain = false;
  /** Its last octet so far. */
  #last = 0;

  /** A line begins at `at`. */
  begin(at: number): void {
    this.at = at;
    if (this.#plain) this.#held = null;
    this.#length = 0;
    this.#plain = false;
    this.#last = 0;
  }

  /**
   * `chunk[start..end)` goes on with the line; no line feed is among them. What is sure to belong to
   * the body is shown.
   */
  add(
    chunk: Buffer,
    start: number,
    end: number,
    inHeader: boolean,
    shown: ShownBody,
    boundaries: Boundaries,
  ): void {
    if (start === end) return;
    this.#last = chunk[end - 1]!;
    let at = start;
    if (!this.#plain) {
      this.#held ??= Buffer.allocUnsafe(longestDelimiter);
      const held = this.#held;
      const taken = Math.min(end - start, longestDelimiter - this.#length);
      chunk.copy(held, this.#length, start, start + taken);
      this.#length += taken;
      at += taken;
      const undecided = at === end && (inHeader || mayDelimit(held, this.#length));
      if (undecided || this.match(boundaries) !== null) return;
      this.#plain = true;
    }
    if (inHeader) return;
    // A last CR may be the first half of a line end.
    const cr = this.#last === CR ? 1 : 0;
    if (at === end) {
      this.show(shown, cr);
    } else {
      this.show(shown, 0);
      shown.show(chunk, at, end - cr);
    }
    this.#length = cr;
    if (cr === 1) this.#held = loneCr;
  }

  /** The multipart that the line, as far as it came, delimits. */
  match(boundaries: Boundaries): ScannedPart | null {
    const held = this.#held;
    if (held === null || this.#plain || this.#length < 3) return null;
    return held[0] === HYPHEN && held[1] === HYPHEN ? boundaries.match(held, 0, this.#length) : null;
  }

  /** Length of its line end, the line feed having come. */
  get lineEnd(): 1 | 2 {
    return this.#last === CR ? 2 : 1;
  }

  /** Whether there is nothing in it but the line end. */
  get isBlank(): boolean {
    return !this.#plain && this.#length === this.lineEnd - 1;
  }

  /** Shows what is kept of it, but for the last `without` octets; the observer may keep it a while. */
  show(shown: ShownBody, without: number): void {
    shown.show(this.#held ?? nothing, 0, this.#length - without);
    this.#held = null;
  }
}

const nothing = new Uint8Array(0);
const loneCr = Buffer.from('\r');

function mayDelimit(held: Buffer, length: number): boolean {
  return held[0] === HYPHEN && (length === 1 || held[1] === HYPHEN);
}
