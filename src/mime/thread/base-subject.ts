/**
 * The base subject (RFC 5256 §2.1): a subject without the marks of replies, forwards and lists.
 *
 *     subject-leader  = (*subj-blob ("re" / "fw" / "fwd") *WSP [subj-blob] ":") / WSP
 *     subject-trailer = "(fwd)" / WSP
 *     subject-fwd     = "[fwd:" subject "]"
 *
 * It moves two offsets inward and looks at no character more than a few times, however deep the marks.
 */
import { decodeEncodedWords } from '../header/words.ts';

/** What a subject comes to. */
export interface BaseSubject {
  /** The base subject, in its own case; compare it without case. */
  readonly base: string;
  /** A mark of a reply or a forward was taken off. */
  readonly isReply: boolean;
}

const SPACE = 32;
const OPEN = 91;
const CLOSE = 93;

/**
 * Extracts the base subject from the value of a Subject field (RFC 5256 §2.1).
 *
 * @example
 * ```ts
 * import { baseSubject } from 'mailwright/mime';
 *
 * baseSubject('Re: [garden] Fwd: Roses (fwd)'); // { base: 'Roses', isReply: true }
 * ```
 */
export function baseSubject(subject: string): BaseSubject {
  // (1) Decoded, and with one space for each run of white space.
  return new Peeler(decodeEncodedWords(subject).replace(/[\t\r\n ]+/g, ' ')).peel();
}

class Peeler {
  readonly #text: string;
  readonly #lower: string;
  #start = 0;
  #end: number;
  #isReply = false;

  constructor(text: string) {
    this.#text = text;
    this.#lower = text.toLowerCase();
    // Lower case may be longer in a few scripts; offsets must agree.
    if (this.#lower.length !== text.length) this.#lower = text;
    this.#end = text.length;
  }

  peel(): BaseSubject {
    do {
      this.#trailers(); // (2)
      this.#leaders(); // (3) to (5)
    } while (this.#forwarded()); // (6)
    return { base: this.#text.slice(this.#start, this.#end), isReply: this.#isReply };
  }

  #trailers(): void {
    for (;;) {
      if (this.#end > this.#start && this.#text.charCodeAt(this.#end - 1) === SPACE) this.#end--;
      else if (this.#end - 5 >= this.#start && this.#lower.startsWith('(fwd)', this.#end - 5)) {
        this.#end -= 5;
        this.#isReply = true;
      } else return;
    }
  }

  #leaders(): void {
    for (;;) {
      this.#start = this.#skipSpace(this.#start);
      const blobs = this.#skipBlobs(this.#start);
      const after = this.#skipRefwd(blobs);
      if (after === -1) {
        this.#dropBlobs(blobs);
        return;
      }
      this.#start = after;
      this.#isReply = true;
    }
  }

  /** (4) Blobs go as long as something is left: all, or all but the last. `end` is where they end. */
  #dropBlobs(end: number): void {
    if (end < this.#end) {
      this.#start = end;
      return;
    }
    for (
      let next = this.#skipBlob(this.#start);
      next !== -1 && next < this.#end;
      next = this.#skipBlob(next)
    ) {
      this.#start = next;
    }
  }

  /** `[fwd:` at the start and `]` at the end. */
  #forwarded(): boolean {
    if (!this.#lower.startsWith('[fwd:', this.#start) || this.#end - this.#start < 6) return false;
    if (this.#text.charCodeAt(this.#end - 1) !== CLOSE) return false;
    this.#start += 5;
    this.#end--;
    this.#isReply = true;
    return true;
  }

  #skipSpace(at: number): number {
    let next = at;
    while (next < this.#end && this.#text.charCodeAt(next) === SPACE) next++;
    return next;
  }

  #skipBlobs(at: number): number {
    let end = at;
    for (let next = this.#skipBlob(at); next !== -1; next = this.#skipBlob(next)) end = next;
    return end;
  }

  /** `"[" *(any but brackets) "]" *WSP`; -1: no blob is at this place. */
  #skipBlob(at: number): number {
    if (at >= this.#end || this.#text.charCodeAt(at) !== OPEN) return -1;
    for (let i = at + 1; i < this.#end; i++) {
      const code = this.#text.charCodeAt(i);
      if (code === OPEN) return -1;
      if (code === CLOSE) return this.#skipSpace(i + 1);
    }
    return -1;
  }

  /** `("re" / "fw" / "fwd") *WSP [subj-blob] ":"`; -1: no such mark is at this place. */
  #skipRefwd(at: number): number {
    let end: number;
    if (this.#lower.startsWith('fwd', at)) end = at + 3;
    else if (this.#lower.startsWith('fw', at) || this.#lower.startsWith('re', at)) end = at + 2;
    else return -1;
    end = this.#skipSpace(end);
    const blob = this.#skipBlob(end);
    if (blob !== -1) end = blob;
    return end < this.#end && this.#text.charCodeAt(end) === 58 ? end + 1 : -1;
  }
}
