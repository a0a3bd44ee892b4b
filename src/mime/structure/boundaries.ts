/**
 * The boundaries that a line may match: those of all open multiparts, not only of the innermost,
 * since a part may be cut off by the end of any enclosing one (RFC 2046 §5.1.2).
 *
 * RFC 2046 §5.1.1: a line is a delimiter when it begins with `--` and the boundary; an exact match of
 * the whole line is not required. Where several boundaries are the beginning of one line (`a` and
 * `ab`), the longest is meant. The exact match, the usual case, is one look into a map at any depth.
 */
import { latin1Text } from '../../bytes/index.ts';
import type { Bytes } from '../../machine/index.ts';
import { longestBoundary } from './limits.ts';
import type { ScannedPart } from './part.ts';

/** Octets of a line that tell all: two hyphens, a boundary, two hyphens, a CR and one more. */
export const longestDelimiter = longestBoundary + 6;

/** Most messages have no boundary at all. */
const noLengths = new Uint16Array(0);
const noMultiparts = new Map<string, ScannedPart>();

export class Boundaries {
  #open = noMultiparts;
  /** How many open boundaries have each length. */
  #lengths = noLengths;
  #longest = 0;
  /** The innermost open multipart: mostly it is the one that a line delimits. */
  #innermost: ScannedPart | null = null;
  /** A boundary that ends in hyphens was open: a closing delimiter may be meant for it. */
  #ambiguous = false;
  /** Of the last match: the line closes the multipart. */
  closing = false;

  get size(): number {
    return this.#open.size;
  }

  open(part: ScannedPart, boundary: string): void {
    if (this.#open === noMultiparts) {
      this.#open = new Map();
      this.#lengths = new Uint16Array(longestBoundary + 1);
    }
    this.#innermost = part;
    if (boundary.endsWith('--')) this.#ambiguous = true;
    part.hidden = this.#open.get(boundary) ?? null;
    this.#open.set(boundary, part);
    if (part.hidden !== null) return;
    const { length } = boundary;
    this.#lengths[length]!++;
    if (length > this.#longest) this.#longest = length;
  }

  close(part: ScannedPart): void {
    const { boundary } = part;
    if (this.#innermost === part) this.#innermost = openMultipartAround(part);
    if (boundary === null || this.#open.get(boundary) !== part) return;
    if (part.hidden !== null) {
      this.#open.set(boundary, part.hidden);
      return;
    }
    this.#open.delete(boundary);
    this.#lengths[boundary.length]!--;
    while (this.#longest > 0 && this.#lengths[this.#longest] === 0) this.#longest--;
  }

  /**
   * The multipart that a line delimits; `null` where it delimits none.
   *
   * @param line - where it begins, with two hyphens
   * @param end - where it ends, or the end of what is known of it
   */
  match(octets: Bytes, line: number, end: number): ScannedPart | null {
    if (this.#isInnermost(octets, line + 2, end)) return this.#innermost;
    // What follows the longest boundary with its closing hyphens tells nothing.
    const text = latin1Text(octets, line + 2, Math.min(end, line + longestDelimiter)).trimEnd();
    let part = this.#open.get(text);
    if (part !== undefined) {
      this.closing = false;
      return part;
    }
    for (let length = Math.min(text.length, this.#longest); length > 0; length--) {
      if (this.#lengths[length] === 0) continue;
      part = this.#open.get(text.slice(0, length));
      if (part !== undefined) {
        this.closing = text.startsWith('--', length);
        return part;
      }
    }
    return null;
  }

  /** Whether the text at `start` is the innermost boundary, with or without closing hyphens, and no more. */
  #isInnermost(octets: Bytes, start: number, lineEnd: number): boolean {
    const boundary = this.#innermost?.boundary ?? '';
    if (boundary === '') return false;
    for (let i = 0; i < boundary.length; i++) {
      if (octets[start + i] !== boundary.charCodeAt(i)) return false;
    }
    const after = start + boundary.length;
    const end = octets[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd;
    this.closing = after + 2 === end && octets[after] === HYPHEN && octets[after + 1] === HYPHEN;
    return after === end || (this.closing && !this.#ambiguous);
  }
}

const CR = 13;
const HYPHEN = 45;

function openMultipartAround(part: ScannedPart): ScannedPart | null {
  let outer = part.parent;
  while (outer !== null && (outer.kind !== 'multipart' || outer.closing !== null)) outer = outer.parent;
  return outer;
}
