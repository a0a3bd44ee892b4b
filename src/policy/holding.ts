/** Parts of a `data` handler that need the whole message before they can hand it on. */
import { Buffer } from 'node:buffer';
import type { Bytes } from '../machine/index.ts';
import type {
  Envelope,
  MessageEvent,
  MessageVerdict,
  Reply,
  ResetReason,
  SmtpSession,
} from '../smtp/index.ts';

/** Where a message goes: the `MessageSink` of `mailwright/reception`. */
export interface ContentSink {
  readonly retains?: boolean;
  write(chunk: Bytes): void | Promise<void>;
  end(message: MessageEvent): MessageVerdict | Promise<MessageVerdict>;
  abort(why: ResetReason): void | Promise<void>;
}

/** What is asked of a session: the `Visit` of `mailwright/reception`. */
export interface SessionVisit {
  readonly session: SmtpSession;
  readonly signal: AbortSignal;
}

/** A `data` handler. */
export interface DataHandler<Visit extends SessionVisit> {
  data(envelope: Envelope, visit: Visit): ContentSink | Reply | Promise<ContentSink | Reply>;
}

/** What is done with a message that is held. */
export interface Revision {
  /** Sees each chunk as it comes; it is only lent. */
  write?(chunk: Bytes): void;
  /** What is to be handed on in place of the message, in pieces, or why it is refused. */
  revise(content: Buffer, message: MessageEvent): Promise<readonly Bytes[] | Reply>;
}

/**
 * Holds a message in memory until it is complete, since fields are to go before its content that are
 * known only after it.
 */
export class HoldingSink implements ContentSink {
  readonly retains = false;
  readonly #sink: ContentSink;
  readonly #revision: Revision;
  #chunks: Bytes[] = [];

  constructor(sink: ContentSink, revision: Revision) {
    this.#sink = sink;
    this.#revision = revision;
  }

  write(chunk: Bytes): void {
    this.#revision.write?.(chunk);
    this.#chunks.push(Uint8Array.prototype.slice.call(chunk));
  }

  async end(message: MessageEvent): Promise<MessageVerdict> {
    const content = Buffer.concat(this.#chunks);
    this.#chunks = [];
    let handedOn = false;
    try {
      const revised = await this.#revision.revise(content, message);
      if ('code' in revised) return revised;
      for (const piece of revised) await this.#sink.write(piece);
      handedOn = true;
      return await this.#sink.end(message);
    } finally {
      if (!handedOn) await this.#sink.abort('refused');
    }
  }

  abort(why: ResetReason): void | Promise<void> {
    this.#chunks = [];
    return this.#sink.abort(why);
  }
}
