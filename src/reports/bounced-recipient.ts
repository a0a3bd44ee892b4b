import type { Bounce } from '../smtp/index.ts';

/** An address that a message did not reach, or not yet. */
export interface BouncedRecipient {
  /** As the sender wrote it where that is known (RFC 3464 §2.3.1), else as the last server knew it. */
  readonly address: string;
  /** `failed`: for good. `delayed`: it is still being tried. */
  readonly action: 'failed' | 'delayed';
  /** An enhanced status code, `5.1.1`; empty where there is none. */
  readonly status: string;
  /** What was said, for people. From a stranger. */
  readonly text: string;
  readonly bounce: Bounce;
}
