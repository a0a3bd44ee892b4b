/** Watching a scan: parts and their bodies while the message streams past. */
import { Buffer } from 'node:buffer';
import type { Bytes } from '../../machine/index.ts';
import type { MimeLimits } from './limits.ts';
import type { MimePart } from './part.ts';

/**
 * Watches a scan. Called from within `push` and `end` of the {@link MimeScanner}; chunks are views of
 * what was pushed and are good until that call returns.
 */
export interface MimeObserver {
  /**
   * A part's header section has ended; type, encoding and header are known.
   *
   * @returns `'leaf'` to have the body of a multipart or message left undivided
   */
  part?(part: MimePart): 'leaf' | undefined;
  /** Octets of a leaf's body, still encoded, in order. Preambles and epilogues are not shown. */
  body?(part: MimePart, chunk: Bytes): void;
  /** The part has ended: its offsets and line counts are known. Children end before their parents. */
  end?(part: MimePart): void;
}

/** How to scan. */
export interface MimeScanOptions {
  readonly limits?: MimeLimits;
  readonly observer?: MimeObserver;
}

const lineEnds = [new Uint8Array(0), Buffer.from('\n'), Buffer.from('\r\n')] as const;

/**
 * The body that is being shown. Its last line end is owed, not shown, until the next line is known:
 * if that is a delimiter, the line end belongs to it (RFC 2046 §5.1.1).
 */
export class ShownBody {
  readonly #body: MimeObserver['body'];
  #part: MimePart | null = null;
  /** Length of the line end that has been passed over and not yet shown. */
  owed: 0 | 1 | 2 = 0;

  constructor(observer: MimeObserver | null) {
    this.#body = observer?.body?.bind(observer);
  }

  open(part: MimePart): void {
    if (this.#body !== undefined) this.#part = part;
    this.owed = 0;
  }

  /** The body has ended before the line end that is owed. */
  close(): void {
    this.#part = null;
    this.owed = 0;
  }

  /** Shows `octets[start..end)`, which may be empty, after what is owed from before them. */
  show(octets: Bytes, start: number, end: number): void {
    if (this.#part === null) return;
    if (this.owed !== 0) this.#body!(this.#part, lineEnds[this.owed]);
    this.owed = 0;
    if (start < end) this.#body!(this.#part, octets.subarray(start, end));
  }
}
