/**
 * One mail transaction (RFC 5321 §3.3): its envelope, and the content that has come so far.
 */
import type { ReversePath } from '../../address/index.ts';
import type { MailParameters } from '../parameters.ts';
import type { Reply } from '../reply.ts';
import type { ChunkFilter } from './chunk-filter.ts';
import type { Envelope, Recipient } from './session.ts';

/** The transaction in hand as commands and extensions see it; a host sees its {@link Envelope}. */
export class Transaction implements Envelope {
  readonly from: ReversePath;
  readonly parameters: MailParameters;
  readonly recipients: Recipient[] = [];
  /** The recipients' domains, in the form in which they are compared; `null` while none is kept. */
  domains: Set<string> | null = null;
  /** Octets of content so far. */
  size = 0;
  /** Why the content is refused, found out while it came; the reply waits for its true end. */
  failure: Reply | null = null;
  /** What the chunks of BDAT pass through; `null` before the first one, and for binary content. */
  chunkFilter: ChunkFilter | null = null;
  /** A recipient was refused: DATA without any is then `no valid recipients` (RFC 5321 §3.3). */
  refusedRecipient = false;

  constructor(from: ReversePath, parameters: MailParameters) {
    this.from = from;
    this.parameters = parameters;
  }
}
