/**
 * What stands between the chunks of BDAT and the host where the content is text: CR and LF that
 * stand alone (RFC 5321 §2.3.8) are found, or rewritten, as they are in DATA.
 */
import type { Buffer } from 'node:buffer';
import type { Bytes } from '../../machine/index.ts';
import { NewlineNormaliser } from '../newline-normalising.ts';

const CR = 0x0d;
const LF = 0x0a;
const lone = /\r(?!\n)|[^\r]\n/;

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
    // Either the break between two pieces parts a CR from its LF, or neither stands there.
    if (this.#afterCr !== (octets[0] === LF)) this.bare = true;
    this.#afterCr = octets[octets.length - 1] === CR;
    if (!this.bare)
      this.bare = lone.test(octets.toString('latin1', 0, octets.length - (this.#afterCr ? 1 : 0)));
    return octets;
  }

  end(): null {
    if (this.#afterCr) this.bare = true;
    return null;
  }
}
