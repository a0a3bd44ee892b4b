/** A message while it comes in. */
import { Buffer } from 'node:buffer';
import type { Bytes } from '../machine/index.ts';
import type { MessageSink } from '../reception/index.ts';
import type { MessageEvent, MessageVerdict } from '../smtp/index.ts';
import type { Grant } from './permits.ts';

/** A message whose end has come. */
export interface Arrived {
  /** `null` where there was no room for all of it. */
  readonly content: Buffer | null;
  readonly event: MessageEvent;
}

/**
 * Gathers a message in one buffer, which never grows beyond the octets that it has permits for. The client
 * then waits until {@link Arrival.answer} tells its verdict.
 */
export class Arrival implements MessageSink {
  readonly retains = false;
  readonly #grant: Grant;
  #buffer: Buffer;
  #length = 0;
  #overflown = false;
  readonly #arrived = Promise.withResolvers<Arrived | null>();
  readonly #verdict = Promise.withResolvers<MessageVerdict>();

  /** @param room - octets that there are permits for */
  constructor(grant: Grant, room: number) {
    this.#grant = grant;
    this.#buffer = Buffer.allocUnsafeSlow(room);
  }

  /** The message, or `null` where it will not come. */
  get arrived(): Promise<Arrived | null> {
    return this.#arrived.promise;
  }

  /** What {@link Arrival.answer} will tell. */
  get verdict(): Promise<MessageVerdict> {
    return this.#verdict.promise;
  }

  answer(verdict: MessageVerdict): void {
    this.#verdict.resolve(verdict);
  }

  /** A defect: the client is told to try again, and the host of the error. */
  fail(error: unknown): void {
    this.#verdict.reject(error);
  }

  write(chunk: Bytes): void {
    const length = this.#length + chunk.length;
    if (this.#overflown || (length > this.#buffer.length && !this.#grow(length))) return;
    this.#buffer.set(chunk, this.#length);
    this.#length = length;
  }

  end(event: MessageEvent): Promise<MessageVerdict> {
    const content = this.#overflown ? null : this.#buffer.subarray(0, this.#length);
    this.#arrived.resolve({ content, event });
    return this.verdict;
  }

  abort(): void {
    this.#arrived.resolve(null);
  }

  #grow(length: number): boolean {
    const room = Math.max(length, 2 * this.#buffer.length);
    if (!this.#grant.more(room - this.#buffer.length)) {
      this.#overflown = true;
      this.#buffer = Buffer.alloc(0);
      return false;
    }
    const larger = Buffer.allocUnsafeSlow(room);
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
    return true;
  }
}
