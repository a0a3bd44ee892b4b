/** Takes messages into a spool: the 250 goes out when the spool says that the message is durable. */
import { tracingChannel } from 'node:diagnostics_channel';
import type { Bytes } from '../machine/index.ts';
import { type Envelope, isPositive, type MessageEvent, queuedAs, type Reply, reply } from '../smtp/index.ts';
import type { ContextPatch, Spool, SpoolId, SpoolWriter } from '../spool/index.ts';
import type { MaybePromise } from '../users/index.ts';
import { contextOf } from './context.ts';
import type { MessageSink, SmtpHandlers, Visit } from './handlers.ts';
import { HeaderFacts } from './header-facts.ts';
import { notingTlsRequiredNo } from './tls-required.ts';

/** A complete message on its way into the spool. */
export interface IncomingMessage {
  readonly id: SpoolId;
  readonly envelope: Envelope;
  /** Octets of the content. */
  readonly size: number;
}

/** What a host may add to {@link spoolTo}. */
export interface SpoolToOptions {
  /** Header fields, with their line ends, to be put before the content: {@link receivedBy}, for example. */
  readonly prepend?: (id: SpoolId, envelope: Envelope, visit: Visit) => Bytes | undefined;
  /**
   * The last word on a complete message: a refusal, or what is to be noted in its context. Metadata is noted by
   * returning it: `{ metadata: { size: 7 } }`. What it writes into `visit.metadata` is for the session's next
   * message. Default: every message is taken.
   */
  readonly judge?: (message: IncomingMessage, visit: Visit) => MaybePromise<Reply | ContextPatch | undefined>;
  /**
   * Received fields in a message above which it goes in circles and is refused with 554 (RFC 5321 §6.3).
   * Default 100, as that section proposes.
   */
  readonly hopLimit?: number;
  /** The present time in milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
}

const loop = reply(554, '5.4.6', 'Too many hops: the message goes in circles');

/**
 * What the tracing channel `mailwright:reception.commit` publishes about each message; `error` is there once
 * the spool has failed.
 */
export interface CommitTrace extends IncomingMessage {
  /** The session's id. */
  readonly session: string;
  /** How the message came: `ESMTPS` (RFC 3848 §2). */
  readonly protocol: string;
  readonly error?: unknown;
}

const commits = tracingChannel<unknown, CommitTrace>('mailwright:reception.commit');

/**
 * A `data` handler that spools: every message that is answered 250 is durable in `spool`.
 *
 * What the header section says of `TLS-Required` is noted with the message; see {@link tlsRequiredNo}.
 *
 * A spool that fails rejects the message with 451, or 452 where it is full, and the host's `error`
 * handler is told; the peer keeps the message.
 *
 * @example
 * ```ts
 * import { SmtpServer } from 'mailwright/node';
 * import { spoolTo } from 'mailwright/reception';
 * import { mx } from 'mailwright/smtp';
 * import { MemorySpool } from 'mailwright/spool';
 *
 * const spool = new MemorySpool();
 * const server = new SmtpServer({ ...mx, hostname: 'mx.example.org', ...spoolTo(spool) });
 * ```
 */
export function spoolTo(spool: Spool, options: SpoolToOptions = {}): Required<Pick<SmtpHandlers, 'data'>> {
  const { now = Date.now, hopLimit = 100 } = options;
  return {
    data(envelope, visit) {
      const expected = envelope.parameters.size;
      const writer = spool.begin(
        contextOf(envelope, visit, now()),
        expected === undefined ? {} : { expectedSize: expected },
      );
      const sink = new SpoolSink(writer, visit, hopLimit, options.judge);
      const giveUp = (error: unknown): never => {
        void writer.abort();
        throw error;
      };
      try {
        const prefix = options.prepend?.(writer.id, envelope, visit);
        const written = prefix === undefined ? undefined : writer.write(prefix);
        return written instanceof Promise ? written.then(() => sink, giveUp) : sink;
      } catch (error) {
        return giveUp(error);
      }
    },
  };
}

class SpoolSink implements MessageSink {
  readonly retains = false;
  readonly #writer: SpoolWriter;
  readonly #visit: Visit;
  readonly #hopLimit: number;
  readonly #judge: SpoolToOptions['judge'];
  readonly #header = new HeaderFacts();

  constructor(writer: SpoolWriter, visit: Visit, hopLimit: number, judge: SpoolToOptions['judge']) {
    this.#writer = writer;
    this.#visit = visit;
    this.#hopLimit = hopLimit;
    this.#judge = judge;
  }

  write(chunk: Bytes): void | Promise<void> {
    this.#header.write(chunk);
    return this.#writer.write(chunk);
  }

  async end({ envelope, size }: MessageEvent): Promise<Reply> {
    const message = { id: this.#writer.id, envelope, size };
    try {
      this.#header.end();
      if (this.#header.hops > this.#hopLimit) return loop;
      const verdict = await this.#judge?.(message, this.#visit);
      if (verdict === undefined || !('code' in verdict))
        return queuedAs(await this.#commit(message, verdict));
      if (isPositive(verdict)) await this.#commit(message, undefined);
      return verdict;
    } finally {
      // Does nothing after a commit.
      await this.#writer.abort();
    }
  }

  abort(): Promise<void> {
    return this.#writer.abort();
  }

  #commit(message: IncomingMessage, verdict: ContextPatch | undefined): Promise<SpoolId> {
    const patch = this.#header.tlsRequiredNo ? notingTlsRequiredNo(verdict) : verdict;
    const commit = () => this.#writer.commit(patch);
    if (!commits.hasSubscribers) return commit();
    const { session } = this.#visit;
    const protocol = session.protocol(message.envelope.parameters.smtputf8);
    return commits.tracePromise(commit, { ...message, session: session.id, protocol });
  }
}
