/**
 * The bounds of one message's structure. A message that passes one is read on safely: what is over
 * the bound is left undivided, and a defect says so.
 */

/** Bounds of a scan; each has a default with its reason. */
export interface MimeLimits {
  /** Parts within parts, 100 by default: mail of people stays under 20; Dovecot stops at 100 too. */
  readonly depth?: number;
  /** Parts in all, 10,000 by default, as Dovecot has it. What follows the last is left undivided. */
  readonly parts?: number;
  /** Octets of header kept over all parts, 1 MiB by default: long gateway trails stay under 100 KiB. */
  readonly headerBytes?: number;
  /** Fields in one header section, 2000 by default. */
  readonly headerFields?: number;
  /** Characters of a boundary, 70 by RFC 2046 §5.1.1; longer ones are reported, yet honoured up to 256. */
  readonly boundaryLength?: number;
  /** Octets of a line without its end, 998 by RFC 5322 §2.1.1; longer ones are reported. */
  readonly lineLength?: number;
}

/** The bounds that hold where an option leaves one out. */
export const defaultMimeLimits: Required<MimeLimits> = {
  depth: 100,
  parts: 10_000,
  headerBytes: 1_048_576,
  headerFields: 2000,
  boundaryLength: 70,
  lineLength: 998,
};

/** No longer boundary is looked for: senders pass RFC 2046's 70 characters now and then, not this. */
export const longestBoundary = 256;
