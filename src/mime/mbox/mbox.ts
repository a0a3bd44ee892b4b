/** Whole messages from and to mbox files. */
import { Buffer } from 'node:buffer';
import type { Bytes } from '../../machine/index.ts';
import type { MailDate } from '../header/mail-date.ts';
import { type MboxEvent, type MboxOptions, MboxReader } from './mbox-reader.ts';
import { type MboxEnvelope, MboxWriter } from './mbox-writer.ts';

/** A message of an mbox file. */
export interface MboxMessage {
  readonly sender: string;
  readonly date: MailDate | null;
  /** Offset of its `From ` line in the file. */
  readonly marker: number;
  /** The message, with the file's line ends. */
  readonly octets: Bytes;
  /** It was larger than the limit, and `octets` is its beginning. */
  readonly truncated: boolean;
}

/** How to read whole messages. */
export interface ReadMboxOptions extends MboxOptions {
  /** The most octets kept of one message, 64 MiB by default; {@link MboxReader} has no such bound. */
  readonly messageBytes?: number;
}

const defaultMessageBytes = 67_108_864;

/**
 * The messages of an mbox file, one at a time.
 *
 * @example
 * ```ts
 * import { readMbox } from 'mailwright/mime';
 *
 * async function count(file: AsyncIterable<Uint8Array>) {
 *   let messages = 0;
 *   for await (const _ of readMbox(file)) messages++;
 *   return messages;
 * }
 * ```
 */
export async function* readMbox(
  source: AsyncIterable<Bytes> | Iterable<Bytes>,
  options: ReadMboxOptions = {},
): AsyncGenerator<MboxMessage, void, undefined> {
  const reader = new MboxReader(options);
  const gatherer = new Gatherer(options.messageBytes ?? defaultMessageBytes);
  for await (const chunk of source) yield* gatherer.take(reader.push(chunk));
  yield* gatherer.take(reader.end());
}

/** Puts the events of each message together. */
class Gatherer {
  readonly #most: number;
  #begun: Extract<MboxEvent, { kind: 'message' }> | null = null;
  #parts: Bytes[] = [];
  #size = 0;

  constructor(most: number) {
    this.#most = most;
  }

  *take(events: readonly MboxEvent[]): Generator<MboxMessage, void, undefined> {
    for (const event of events) {
      if (event.kind === 'message') {
        this.#begun = event;
        this.#parts = [];
        this.#size = 0;
      } else if (event.kind === 'data') {
        const room = this.#most - this.#size;
        if (room > 0) this.#parts.push(Uint8Array.prototype.slice.call(event.octets, 0, room));
        this.#size += event.octets.length;
      } else if (this.#begun !== null) {
        const { sender, date, marker } = this.#begun;
        yield {
          sender,
          date,
          marker,
          octets: Buffer.concat(this.#parts),
          truncated: this.#size > this.#most,
        };
      }
    }
  }
}

/**
 * Writes messages as an mbox file (mboxrd), in pieces.
 *
 * @example
 * ```ts
 * import { writeMbox } from 'mailwright/mime';
 *
 * const message = new TextEncoder().encode('Subject: x\r\n\r\nbody\r\n');
 * writeMbox([{ sender: 'a@example.com', date: 0, octets: message }]);
 * ```
 */
export async function* writeMbox(
  messages:
    | AsyncIterable<MboxEnvelope & { readonly octets: Bytes | AsyncIterable<Bytes> }>
    | Iterable<MboxEnvelope & { readonly octets: Bytes | AsyncIterable<Bytes> }>,
): AsyncGenerator<Bytes, void, undefined> {
  const writer = new MboxWriter();
  for await (const { octets, ...envelope } of messages) {
    yield writer.begin(envelope);
    if (octets instanceof Uint8Array) yield writer.push(octets);
    else for await (const chunk of octets) yield writer.push(chunk);
    yield writer.end();
  }
}
