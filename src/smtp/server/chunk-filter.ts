/**
 * What stands between the chunks of BDAT and the host where the content is text: CR and LF that
 * stand alone (RFC 5321 §2.3.8) are found, or rewritten, as they are in DATA.
 */
import type { Buffer } from 'node:buffer';
import { findLineAnomaly } from '../../bytes/index.ts';
import type { Bytes } from '../../machine/index.ts';
import { NewlineNormaliser } from '../newline-normalising.ts';

const CR = 0x0d;
const LF = 0x0a;
const DOT = 0x2e;

/** Looks through content that comes in pieces. */
export interface ChunkFilter {
  /** A CR or LF stood alone, and the content is not to be used. */
  readonly bare: boolean;
  /** What to hand on for these octets, or `null`. */
  take(octets: Buffer): Bytes | null;
  /** The content is complete: what is left to hand on, or `null`. */
  end(): Bytes | null;
}

export function chunkFilter(bareNewlines: 'reject' | 'normalise' = 'reject'): ChunkFilter {
  if (bareNewlines === 'reject') return new BareNewlineFinder();
  const normaliser = new NewlineNormaliser(false);
  return {
    bare: false,
    take(octets) {
      normaliser.take(octets, 0);
      return normaliser.piece;
    },
    end: () => normaliser.end(),
  };
}

class BareNewlineFinder implements ChunkFilter {
  bare = false;
  #afterCr = false;

  take(octets: Buffer): Bytes {
    if (octets.length === 0) return octets;
    const first = octets[0] === LF;
    // Either the break between two pieces parts a CR from its LF, or neither stands there.
    if (this.#afterCr !== first) this.bare = true;
    this.#afterCr = octets[octets.length - 1] === CR;
    for (let at = first ? 1 : 0; !this.bare && at < octets.length; at += 1) {
      at = findLineAnomaly(octets, at);
      // A dot at a line's start means nothing here.
      this.bare = at < octets.length && !(octets[at] === DOT && octets[at - 1] === LF);
    }
    return octets;
  }

  end(): null {
    if (this.#afterCr) this.bare = true;
    return null;
  }
}
