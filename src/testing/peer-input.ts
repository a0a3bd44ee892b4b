/** A client's input, cut into what a scripted peer acts on: a command's line, or a piece of content. */
import { Buffer } from 'node:buffer';

/** A line that is longer is handed out in parts: the machine will know what to say. */
const longestLine = 65_536;

const endOfData = '\r\n.\r\n';
/** The end of content that has no line. */
const endAtOnce = '.\r\n';

export class PeerInput {
  #octets: Buffer = Buffer.alloc(0);
  #framing: 'lines' | 'first content' | 'content' | 'chunk' = 'lines';
  /** Octets of the chunk that are still to come. */
  #left = 0;

  get length(): number {
    return this.#octets.length;
  }

  /** The next piece is a command. */
  get atCommand(): boolean {
    return this.#framing === 'lines';
  }

  append(chunk: Buffer): void {
    this.#octets = this.#octets.length === 0 ? chunk : Buffer.concat([this.#octets, chunk]);
  }

  /** What follows is content up to its end as DATA marks it (RFC 5321 §4.1.1.4). */
  expectContent(): void {
    this.#framing = 'first content';
  }

  /** What follows are so many octets of content (RFC 3030 §2). */
  expectChunk(octets: number): void {
    this.#left = octets;
    this.#framing = octets > 0 ? 'chunk' : 'lines';
  }

  /** Takes the next piece; `null` while it has not come whole. */
  take(): Buffer | null {
    const length = this.#pieceLength();
    if (length <= 0) return null;
    const piece = this.#octets.subarray(0, length);
    this.#octets = this.#octets.subarray(length);
    return piece;
  }

  /** Takes whatever is there. */
  takeAll(): Buffer {
    const all = this.#octets;
    this.#octets = Buffer.alloc(0);
    return all;
  }

  #pieceLength(): number {
    const { length } = this.#octets;
    switch (this.#framing) {
      case 'lines': {
        const end = this.#octets.indexOf('\n') + 1;
        return end > 0 || length < longestLine ? end : length;
      }
      case 'chunk': {
        const taken = Math.min(length, this.#left);
        this.expectChunk(this.#left - taken);
        return taken;
      }
      case 'first content': {
        const begin = this.#octets.toString('latin1', 0, endAtOnce.length);
        if (endAtOnce.startsWith(begin)) {
          if (begin !== endAtOnce) return 0;
          this.#framing = 'lines';
          return endAtOnce.length;
        }
        this.#framing = 'content';
        return this.#pieceLength();
      }
      case 'content': {
        const at = this.#octets.indexOf(endOfData);
        // The beginning of an end may be there; nothing of it is handed out before it is known to be none.
        if (at < 0) return length - (endOfData.length - 1);
        this.#framing = 'lines';
        return at + endOfData.length;
      }
    }
  }
}
