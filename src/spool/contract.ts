/**
 * The contract of a spool: the durable store between accepting a message and delivering it.
 *
 * A message comes into being in two phases: octets are written, then committed. What was committed
 * survives the process, the operating system and the power supply; what was not is never seen. The
 * suite in `mailwright/testing` says the same in code, and every implementation runs through it.
 */
import type { Body, Bytes } from '../machine/index.ts';
import type { Context, ContextPatch, NewContext, SpoolId } from './context.ts';

/**
 * A fencing token: a number that rises each time another owner takes over. A spool refuses a write
 * whose token is lower than the highest it has ever seen, across restarts. A write without a token is
 * not checked. It is an integer from 0 to 2^64 - 1; a `number` must be a safe one.
 */
export type FencingToken = bigint | number;

/** Options of every call that changes a spool. */
export interface WriteOptions {
  readonly fence?: FencingToken;
}

/** Options of {@link Spool.begin}. */
export interface BeginOptions extends WriteOptions {
  /** How many octets to expect, if known (RFC 1870 SIZE): a hint for buffers, neither limit nor promise. */
  readonly expectedSize?: number;
}

/** Part of a message: octets from `start` (default 0) up to but without `end` (default: the size). */
export interface OctetRange {
  readonly start?: number;
  readonly end?: number;
}

/** What a listing tells of a message: small, held in memory, and never a reason to read the disk. */
export interface SpoolEntry {
  readonly id: SpoolId;
  /** Octets of the message. */
  readonly size: number;
  /** When to work on it next, in ms since 1970; `Infinity` while it is held. See `QueueState`. */
  readonly due: number;
  /** From `QueueState`; 0 by default. */
  readonly priority: number;
}

/** Options of {@link Spool.list}. */
export interface ListOptions {
  /**
   * Only messages due at or before this time (ms since 1970), the earliest first. `Infinity` gives
   * all that are not held, so that the first one tells when there will be work.
   */
  readonly dueBy?: number;
}

/** Something became durable: a message was added, its context was updated, or it was deleted. */
export interface SpoolChange {
  readonly kind: 'added' | 'updated' | 'deleted';
  readonly entry: SpoolEntry;
}

/**
 * One message on its way in.
 *
 * Calls: `write` any number of times, each after the former's Promise (if it gave one) has resolved;
 * then `commit` once, or `abort`. A writer that is given up is aborted, or it keeps what it holds.
 */
export interface SpoolWriter {
  /** The id that the message will have, for its `Received` field and for the reply. */
  readonly id: SpoolId;
  /** Octets taken so far. */
  readonly size: number;
  /**
   * Takes a chunk.
   *
   * The buffer is the caller's again when `write` has returned, or, where it returned a Promise, when
   * that has resolved; a spool copies what it keeps, and never keeps a small view of a large buffer.
   * A Promise is backpressure: wait for it before the next write.
   *
   * Storage that fails does not show here, so that a protocol can read its peer's data to the end:
   * the failure is kept, later chunks are dropped, and `commit` rejects with it.
   *
   * @throws SpoolError `SPOOL_MISUSE` after `commit` or `abort`, or before the former write is done
   */
  write(chunk: Bytes): void | Promise<void>;
  /**
   * Makes the message durable and then resolves with its id.
   *
   * @param patch what was learned since `begin`, merged into the context as `Spool.update` does
   * @throws SpoolError (as a rejection) when it could not; the message is then as if never begun, except
   *   that after `SPOOL_IO` it may still appear after a restart, as a mail server must be ready for
   */
  commit(patch?: ContextPatch): Promise<SpoolId>;
  /** Forgets the message. Safe at any time, any number of times; does nothing after `commit`; never rejects. */
  abort(): Promise<void>;
}

/**
 * A durable store of messages and their contexts, owned by one process (or, guarded by fencing
 * tokens, by one node at a time).
 *
 * Every call may reject with a `SpoolError`; each tells only its own codes beside `SPOOL_CLOSED`,
 * `SPOOL_IO`, `SPOOL_DENIED` and `SPOOL_CORRUPT`. A change is durable when its Promise resolves, and
 * seen by readers no earlier. Changes to one message apply in the order of the calls.
 *
 * @example
 * ```ts
 * import { MemorySpool } from 'mailwright/spool';
 *
 * const spool = new MemorySpool();
 * const writer = spool.begin({
 *   protocol: 'ESMTP',
 *   envelope: { from: 'a@example.org', recipients: [{ path: 'b@example.org' }] },
 * });
 * await writer.write(new TextEncoder().encode('Subject: hello\r\n\r\nworld\r\n'));
 * const id = await writer.commit({ verdicts: { spf: 'pass' } });
 *
 * const body = await spool.open(id);
 * for await (const chunk of body.open()) console.log(chunk.length, 'of', body.size);
 * ```
 */
export interface Spool {
  /**
   * Begins a message. Nothing is durable or listed before its `commit`.
   *
   * @throws SpoolError `SPOOL_CONTEXT_TOO_LARGE`, `SPOOL_MISUSE` (a fencing token that is none), `SPOOL_CLOSED`
   */
  begin(context: NewContext, options?: BeginOptions): SpoolWriter;
  /**
   * The octets of a message, or a range of them cut to what there is, as a `Body` that a protocol
   * machine can send. Its chunks are the reader's to keep. A message deleted meanwhile is read to its
   * end, or the reading fails with `SPOOL_NOT_FOUND`; other octets never come. A reader that stops early
   * ends the iteration (`return`, as `break` does), which frees what it held.
   *
   * @throws SpoolError `SPOOL_NOT_FOUND`; `SPOOL_MISUSE` for a range that is none
   */
  open(id: SpoolId, range?: OctetRange): Promise<Body>;
  /** @throws SpoolError `SPOOL_NOT_FOUND` */
  context(id: SpoolId): Promise<Context>;
  /**
   * Merges a patch into a message's context, durably.
   *
   * @returns the new context
   * @throws SpoolError `SPOOL_NOT_FOUND`, `SPOOL_FENCED`, `SPOOL_CONTEXT_TOO_LARGE`, `SPOOL_FULL`, `SPOOL_READ_ONLY`
   */
  update(id: SpoolId, patch: ContextPatch, options?: WriteOptions): Promise<Context>;
  /**
   * Removes a message and its context, durably.
   *
   * @returns `false` when there was no such message
   * @throws SpoolError `SPOOL_FENCED`, `SPOOL_FULL`, `SPOOL_READ_ONLY`
   */
  delete(id: SpoolId, options?: WriteOptions): Promise<boolean>;
  /**
   * What is in the spool: everything in no particular order, or what is due, earliest first. It never
   * reads a body, and asking for what is due costs by what is taken, not by what is stored. A message that
   * changes during the listing may be missed or shown as it was; one that stays as it is comes exactly once.
   */
  list(options?: ListOptions): AsyncIterable<SpoolEntry>;
  /** How many messages there are. */
  count(): Promise<number>;
  /**
   * Calls `listener` after each change from now on, until `signal` aborts or the spool closes. Nothing is
   * buffered: the listener notes what it needs and returns; it must not throw.
   */
  watch(listener: (change: SpoolChange) => void, signal: AbortSignal): void;
  /**
   * Refuses new calls, waits for those in hand, and gives the storage free. Messages begun but not
   * committed are aborted. Safe to call again.
   */
  close(): Promise<void>;
}
