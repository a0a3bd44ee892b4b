/** Hashes of a body in its canonical forms, computed while the body passes by (RFC 6376 §3.4.3, §3.4.4). */
import { Buffer } from 'node:buffer';
import type { Bytes } from '../machine/index.ts';
import type { Canonicalization } from './canonical-field.ts';
import { SignatureMisuse } from './misuse.ts';
import { RelaxedWhiteSpace } from './relaxed-body.ts';
import { type HashName, RunningHash } from './running-hash.ts';

/** What became of a body, or of the first `length` octets of its canonical form. */
export interface BodyHash {
  /** In base64, as `bh=` has it. */
  readonly digest: string;
  /** Octets of the whole canonical body. */
  readonly octets: number;
}

const CR = 0x0d;
const LF = 0x0a;
const lineEnd = Buffer.from('\r\n');
const lineEnds = Buffer.from('\r\n'.repeat(512));

/** One canonical form and one hash function; each wanted length is a copy of the running hash. */
export class BodyHasher {
  readonly #hash: RunningHash;
  readonly #white: RelaxedWhiteSpace | undefined;
  readonly #lengths = new Map<number, string | undefined>();
  /** Wanted lengths that are still to come, the nearest last. */
  #ahead: number[] = [];
  #octets = 0;
  /** Line ends that are canonical only if something follows them. */
  #breaks = 0;
  /** The octets so far end in CR, and LF may follow. */
  #heldCr = false;
  /** What was hashed ends in CRLF. */
  #closed = false;
  #digest: string | undefined;
  readonly #take = (octets: Bytes) => this.#lines(octets);

  constructor(canonicalization: Canonicalization, hash: HashName) {
    this.#hash = new RunningHash(hash);
    this.#white = canonicalization === 'relaxed' ? new RelaxedWhiteSpace() : undefined;
  }

  /** Asks for the hash of the first `length` octets (the tag `l=`) before anything is written. */
  want(length: number): void {
    this.#lengths.set(length, undefined);
  }

  write(octets: Bytes): void {
    if (this.#octets === 0) this.#ahead = [...this.#lengths.keys()].sort((a, b) => b - a);
    if (this.#white === undefined) this.#lines(octets);
    else this.#white.write(octets, this.#take);
  }

  end(): void {
    this.write(lineEnds.subarray(0, 0));
    this.#white?.end(this.#take);
    if (this.#heldCr) {
      this.#release();
      this.#update(lineEnd.subarray(0, 1));
    }
    // RFC 6376 §3.4.3: the simple form of no body is a line end; §3.4.4: the relaxed one is empty.
    if (!this.#closed && (this.#octets > 0 || this.#white === undefined)) this.#update(lineEnd);
    this.#digest = this.#hash.digest();
  }

  /** The result, after the end. A `length` past the end of the body is hashed as the whole body. */
  result(length?: number): BodyHash {
    const digest = (length === undefined ? undefined : this.#lengths.get(length)) ?? this.#digest;
    if (digest === undefined) throw new SignatureMisuse('the message has not ended');
    return { digest, octets: this.#octets };
  }

  /** Holds back the line ends at the end of what came: empty lines there may be the body's last. */
  #lines(octets: Bytes): void {
    let from = 0;
    let end = octets.length;
    if (end === 0) return;
    if (this.#heldCr) {
      this.#heldCr = false;
      if (octets[0] === LF) {
        this.#breaks++;
        from = 1;
      } else {
        this.#release();
        this.#update(lineEnd.subarray(0, 1));
      }
    }
    if (end > from && octets[end - 1] === CR) {
      this.#heldCr = true;
      end--;
    }
    let breaks = 0;
    while (end - 1 > from && octets[end - 1] === LF && octets[end - 2] === CR) {
      end -= 2;
      breaks++;
    }
    if (end === from) {
      this.#breaks += breaks;
      return;
    }
    this.#release();
    // The first of the line ends closes the last line, whatever follows.
    this.#closed = breaks > 0;
    this.#update(octets.subarray(from, this.#closed ? end + 2 : end));
    this.#breaks = this.#closed ? breaks - 1 : 0;
  }

  /** Something follows the line ends that were held back. */
  #release(): void {
    for (let left = 2 * this.#breaks; left > 0; left -= lineEnds.length) {
      this.#update(left < lineEnds.length ? lineEnds.subarray(0, left) : lineEnds);
    }
    this.#breaks = 0;
    this.#closed = false;
  }

  #update(octets: Bytes): void {
    let from = 0;
    for (let next = this.#ahead.at(-1); next !== undefined; next = this.#ahead.at(-1)) {
      if (next > this.#octets + octets.length) break;
      const to = next - this.#octets;
      this.#hash.update(octets.subarray(from, to));
      this.#lengths.set(next, this.#hash.soFar());
      this.#ahead.pop();
      from = to;
    }
    this.#hash.update(from === 0 ? octets : octets.subarray(from));
    this.#octets += octets.length;
  }
}
