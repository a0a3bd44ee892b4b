/** Changes of a message that leave every other octet as it is. */
import { Buffer } from 'node:buffer';
import type { Bytes } from '../../machine/index.ts';

/** Puts `octets` in the place of those from `start` to `end`, which may be none. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly octets: Bytes;
}

/** A message with its changes. */
export interface Spliced {
  /** The message in pieces, most of them views of the original; to be written one after another. */
  readonly pieces: readonly Bytes[];
  readonly size: number;
  /** What gives the original back when applied to the changed message. */
  readonly undo: readonly Splice[];
}

/**
 * Applies splices. Those at one place are applied in the order given.
 *
 * @throws RangeError when a splice is out of the message, or two overlap: a host's fault, as splices
 * never come from the peer
 *
 * @example
 * ```ts
 * import { joinPieces, spliceMessage } from 'mailwright/mime';
 *
 * const octets = new TextEncoder().encode('Hello world');
 * const there = { start: 6, end: 11, octets: new TextEncoder().encode('there') };
 * const changed = spliceMessage(octets, [there]);
 * joinPieces(changed.pieces); // "Hello there"
 * joinPieces(spliceMessage(joinPieces(changed.pieces), changed.undo).pieces); // "Hello world"
 * ```
 */
export function spliceMessage(message: Bytes, splices: Iterable<Splice>): Spliced {
  const pieces: Bytes[] = [];
  const undo: Splice[] = [];
  let at = 0;
  let size = 0;
  const add = (piece: Bytes) => {
    if (piece.length > 0) pieces.push(piece);
    size += piece.length;
  };
  for (const { start, end, octets } of [...splices].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (start < at || end < start || end > message.length) {
      throw new RangeError(`no octets ${start} to ${end}, or another splice has them`);
    }
    add(message.subarray(at, start));
    undo.push({ start: size, end: size + octets.length, octets: message.subarray(start, end) });
    add(octets);
    at = end;
  }
  add(message.subarray(at));
  return { pieces, size, undo };
}

/** The pieces of a spliced message as one run of octets; a copy. */
export function joinPieces(pieces: readonly Bytes[]): Bytes {
  return Buffer.concat(pieces);
}
