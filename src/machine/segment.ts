/** A run of octets. Node's `Buffer` is one; nothing here needs more than `Uint8Array`. */
export type Bytes = Uint8Array;

/**
 * Content too large to join into one write: the driver streams it and never holds it whole.
 *
 * `size` is the exact number of octets that `open()` will yield; each `open()` starts anew.
 */
export interface Body {
  readonly size: number;
  open(): AsyncIterable<Bytes>;
}

/** Output in wire order. Small replies are already joined into one {@link Bytes}. */
export type Segment = Bytes | Body;
