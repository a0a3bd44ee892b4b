import { Buffer } from 'node:buffer';
import type { Body, Bytes } from '../machine/index.ts';
import type { Context, ContextPatch, NewContext, SpoolId } from './context.ts';
import {
  completeContext,
  decodeContext,
  dueOf,
  encodeContext,
  patchContext,
  priorityOf,
  roomToGrow,
} from './context-change.ts';
import type {
  BeginOptions,
  ListOptions,
  OctetRange,
  Spool,
  SpoolChange,
  SpoolEntry,
  SpoolWriter,
  WriteOptions,
} from './contract.ts';
import { DueOrder } from './due-order.ts';
import { SpoolError } from './error.ts';
import { checkedToken, Fence } from './fence.ts';
import { Gathering } from './gathering.ts';
import { cutRange } from './octet-range.ts';
import { type UlidOptions, ulids } from './ulid.ts';
import { Watchers } from './watchers.ts';
import { GuardedWriter, type Intake } from './writer.ts';

/** Options of {@link MemorySpool}; the clock and the randomness for ids are those of {@link UlidOptions}. */
export interface MemorySpoolOptions extends UlidOptions {
  /** Octets of messages to hold before `commit` rejects with `SPOOL_FULL`. Default: no limit. */
  readonly capacity?: number;
}

interface Message {
  entry: SpoolEntry;
  /** As text: what can not be stored as JSON is lost at once, as it would be from a durable spool. */
  context: string;
  readonly octets: Buffer;
}

/** The size of the chunks in which a body is read back. */
const chunkSize = 65_536;

/**
 * A spool that lives in memory and dies with the process: for tests, and for hosts that pass messages
 * on before they answer for them.
 *
 * @example
 * ```ts
 * import { MemorySpool } from 'mailwright/spool';
 *
 * const spool = new MemorySpool();
 * // ... a client delivers two messages ...
 * const [first, second] = await spool.waitForCount(2);
 * ```
 */
export class MemorySpool implements Spool {
  readonly #messages = new Map<SpoolId, Message>();
  readonly #due = new DueOrder<SpoolEntry>();
  readonly #watchers = new Watchers();
  readonly #fence = new Fence();
  readonly #waiting = new Set<() => void>();
  readonly #nextId: () => SpoolId;
  readonly #now: () => number;
  readonly #capacity: number;
  #octets = 0;
  #closed = false;

  constructor(options: MemorySpoolOptions = {}) {
    this.#now = options.now ?? Date.now;
    this.#nextId = ulids(options);
    this.#capacity = options.capacity ?? Number.POSITIVE_INFINITY;
  }

  begin(given: NewContext, options: BeginOptions = {}): SpoolWriter {
    this.#checkOpen();
    if (options.fence !== undefined) checkedToken(options.fence);
    const id = this.#nextId();
    const begun = completeContext(given, { id, size: 0, now: this.#now() });
    const gathered = new Gathering(Math.min(options.expectedSize ?? 1024, chunkSize));
    const intake: Intake = {
      take: (chunk) => gathered.append(chunk),
      finish: async (size, patch) => {
        this.#checkOpen();
        this.#fence.admit(options.fence);
        if (this.#octets + size > this.#capacity) {
          throw new SpoolError('SPOOL_FULL', `the spool holds its ${this.#capacity} octets`);
        }
        const context = { ...(patch === undefined ? begun : patchContext(begun, patch)), size };
        const message = {
          entry: entryOf(context),
          context: encodeContext(context, roomToGrow(context)),
          octets: Buffer.from(gathered.view()),
        };
        this.#messages.set(id, message);
        this.#octets += size;
        this.#due.add(message.entry);
        this.#tell('added', message.entry);
      },
      discard: async () => undefined,
    };
    return new GuardedWriter(id, intake);
  }

  async open(id: SpoolId, range?: OctetRange): Promise<Body> {
    const { start, end } = cutRange(this.#find(id).octets.length, range);
    return { size: end - start, open: () => this.#read(id, start, end) };
  }

  async *#read(id: SpoolId, start: number, end: number): AsyncGenerator<Bytes> {
    const { octets } = this.#find(id);
    for (let at = start; at < end; at += chunkSize) {
      yield Buffer.from(octets.subarray(at, Math.min(at + chunkSize, end)));
    }
  }

  async context(id: SpoolId): Promise<Context> {
    return decodeContext(this.#find(id).context);
  }

  async update(id: SpoolId, patch: ContextPatch, options: WriteOptions = {}): Promise<Context> {
    const message = this.#find(id);
    this.#fence.admit(options.fence);
    const context = patchContext(decodeContext(message.context), patch);
    message.context = encodeContext(context);
    this.#due.remove(message.entry);
    message.entry = entryOf(context);
    this.#due.add(message.entry);
    this.#tell('updated', message.entry);
    return decodeContext(message.context);
  }

  async delete(id: SpoolId, options: WriteOptions = {}): Promise<boolean> {
    this.#checkOpen();
    this.#fence.admit(options.fence);
    const message = this.#messages.get(id);
    if (message === undefined) return false;
    this.#messages.delete(id);
    this.#octets -= message.octets.length;
    this.#due.remove(message.entry);
    this.#tell('deleted', message.entry);
    return true;
  }

  async *list(options: ListOptions = {}): AsyncGenerator<SpoolEntry> {
    this.#checkOpen();
    if (options.dueBy !== undefined) yield* this.#due.upTo(options.dueBy);
    else for (const { entry } of this.#messages.values()) yield entry;
  }

  async count(): Promise<number> {
    this.#checkOpen();
    return this.#messages.size;
  }

  watch(listener: (change: SpoolChange) => void, signal: AbortSignal): void {
    this.#checkOpen();
    this.#watchers.add(listener, signal);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#watchers.clear();
    for (const look of this.#waiting) look();
  }

  /**
   * Resolves when there are at least `count` messages, with the ids of all, oldest commit first.
   *
   * @throws SpoolError (as a rejection) `SPOOL_CLOSED` when the spool closes before
   */
  async waitForCount(count: number): Promise<SpoolId[]> {
    this.#checkOpen();
    if (this.#messages.size < count) {
      await new Promise<void>((resolve) => {
        const look = () => {
          if (this.#messages.size < count && !this.#closed) return;
          this.#waiting.delete(look);
          resolve();
        };
        this.#waiting.add(look);
      });
      this.#checkOpen();
    }
    return [...this.#messages.keys()];
  }

  #find(id: SpoolId): Message {
    this.#checkOpen();
    const message = this.#messages.get(id);
    if (message === undefined) throw new SpoolError('SPOOL_NOT_FOUND', `no message ${id} in the spool`);
    return message;
  }

  #tell(kind: SpoolChange['kind'], entry: SpoolEntry): void {
    this.#watchers.tell({ kind, entry });
    for (const look of this.#waiting) look();
  }

  #checkOpen(): void {
    if (this.#closed) throw new SpoolError('SPOOL_CLOSED', 'the spool is closed');
  }
}

function entryOf(context: Context): SpoolEntry {
  const { id, size } = context;
  return { id, size, due: dueOf(context), priority: priorityOf(context) };
}
