/** Content that waits to be sent by BDAT, cut into chunks of one size however it was fed. */
import type { Bytes } from '../../machine/index.ts';

/**
 * Octets of a chunk. What is not above it goes in one flight with its envelope, so it is also what may be
 * sent in vain where every recipient is refused.
 */
export const chunkSize = 65_536;

/** First in, first out. */
export class ChunkQueue {
  #pieces: Bytes[] = [];
  /** Octets that wait. */
  size = 0;

  push(piece: Bytes): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.size += piece.length;
  }

  /** Takes all that waits, but one chunk at most. */
  take(): readonly Bytes[] {
    const taken: Bytes[] = [];
    let room = chunkSize;
    let count = 0;
    for (const piece of this.#pieces) {
      if (piece.length > room) break;
      taken.push(piece);
      room -= piece.length;
      count += 1;
    }
    this.#pieces = this.#pieces.slice(count);
    const next = this.#pieces[0];
    if (next !== undefined && room > 0) {
      taken.push(next.subarray(0, room));
      this.#pieces[0] = next.subarray(room);
      room = 0;
    }
    this.size -= chunkSize - room;
    return taken;
  }

  clear(): void {
    this.#pieces = [];
    this.size = 0;
  }
}
