/** The shape of every decoder of encoded octets: chunks in, chunks out, faults as values. */

/** A fault in encoded octets. Decoding goes on past each, as mail needs. */
export type DecodeFault =
  | 'bad-character' // an octet that the encoding does not have; passed over (base64) or kept as it is
  | 'data-after-padding' // base64 that goes on after its padding; not decoded
  | 'truncated' // the octets end within a unit, or before the end that the encoding marks
  | 'wrong-size' // not as many octets as the encoding announced
  | 'wrong-checksum'
  | 'unknown-encoding'; // nobody knows it; the octets are handed on as they are

/**
 * Decodes (or encodes) octets that come in chunks; any split gives the same octets.
 *
 * What is given back is new memory or, where nothing has to be changed, a view of the chunk.
 */
export interface OctetDecoder {
  /** Takes the next chunk and gives what is complete; often nothing for a small chunk. */
  push(chunk: Uint8Array): Uint8Array;
  /** The octets have ended: gives the rest. Call once. */
  end(): Uint8Array;
  /** Each kind of fault met so far, once. */
  readonly faults: ReadonlySet<DecodeFault>;
}

/** What a decoder gives when nothing is complete. */
export const noOctets = new Uint8Array(0);
