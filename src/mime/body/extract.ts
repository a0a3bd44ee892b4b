/** One part's decoded octets out of a message that streams past, however large it is. */
import type { DecodeFault, OctetDecoder } from '../../bytes/index.ts';
import type { Bytes } from '../../machine/index.ts';
import type { MimeLimits } from '../structure/limits.ts';
import type { MimePart } from '../structure/part.ts';
import { MimeScanner } from '../structure/scanner.ts';
import { transferDecoder } from './transfer.ts';

const noFaults: ReadonlySet<DecodeFault> = new Set();

/**
 * Takes one part out of a message in chunks. Memory stays at one chunk, the header sections and what
 * a decoder holds back, whatever the size of message and part.
 *
 * @example
 * ```ts
 * import { createReadStream, createWriteStream } from 'node:fs';
 * import { PartExtractor, partFileName } from 'mailwright/mime';
 *
 * const extractor = new PartExtractor((part) => partFileName(part).endsWith('.pdf'));
 * const file = createWriteStream('out.pdf');
 * for await (const chunk of createReadStream('message.eml')) {
 *   for (const piece of extractor.push(chunk)) file.write(piece);
 *   if (extractor.done) break;
 * }
 * for (const piece of extractor.end()) file.write(piece);
 * file.end();
 * ```
 */
export class PartExtractor {
  readonly #scanner: MimeScanner;
  #decoder: OctetDecoder | null = null;
  #part: MimePart | null = null;
  #pieces: Bytes[] = [];
  #done = false;

  /**
   * @param wanted - asked of each part when its header is known, until it says yes. A multipart or
   * message that is wanted is taken as it is, undivided.
   */
  constructor(wanted: (part: MimePart) => boolean, limits: MimeLimits = {}) {
    this.#scanner = new MimeScanner({
      limits,
      observer: {
        part: (part) => {
          if (this.#part !== null || !wanted(part)) return undefined;
          this.#part = part;
          this.#decoder = transferDecoder(part.encoding);
          return 'leaf';
        },
        body: (part, chunk) => {
          if (part === this.#part) this.#add(this.#decoder!.push(chunk));
        },
        end: (part) => {
          if (part !== this.#part) return;
          this.#done = true;
          this.#add(this.#decoder!.end());
        },
      },
    });
  }

  /** The part, once it has been found. Its `bodyEnd` and `lines` are known when {@link done}. */
  get part(): MimePart | null {
    return this.#part;
  }

  /** The part has ended: nothing more will come, and the rest of the message need not be read. */
  get done(): boolean {
    return this.#done;
  }

  /** Faults in the part's transfer encoding so far. */
  get faults(): ReadonlySet<DecodeFault> {
    return this.#decoder?.faults ?? noFaults;
  }

  /** Takes a chunk; gives decoded octets of the part, some of them views of `chunk`. */
  push(chunk: Bytes): readonly Bytes[] {
    this.#scanner.push(chunk);
    return this.#take();
  }

  /** The message has ended; gives what is left. */
  end(): readonly Bytes[] {
    this.#scanner.end();
    return this.#take();
  }

  #add(octets: Bytes): void {
    if (octets.length > 0) this.#pieces.push(octets);
  }

  #take(): readonly Bytes[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    return pieces;
  }
}
