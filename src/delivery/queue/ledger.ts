/**
 * The queue's writes to the spool. A write that fails is tried again until it succeeds: what became of an
 * attempt must not be lost, or the recipient would be served twice.
 */
import type { Clock } from '../../machine/index.ts';
import {
  type Context,
  type ContextPatch,
  type NewContext,
  type Spool,
  SpoolError,
  type SpoolId,
  type SpoolWriter,
  type WriteOptions,
} from '../../spool/index.ts';
import type { QueueProblem } from './problem.ts';

/** What a ledger works with. */
export interface LedgerParts {
  readonly spool: Spool;
  readonly clock: Clock;
  /** The present fencing token. */
  readonly writeOptions: () => WriteOptions;
  readonly onProblem: (problem: QueueProblem) => void;
  /** The spool belongs to somebody else, or is closed: nothing can be written any more. */
  readonly onOver: () => void;
  /** All writes that had to be tried again have succeeded. */
  readonly onWell: () => void;
}

/** The wait before a write is tried again, in ms: at first, and at most. */
const firstWait = 1000;
const longestWait = 60_000;
/** What says nothing about the storage: others may go on. */
const aboutOneMessage: ReadonlySet<string | undefined> = new Set([
  'SPOOL_CORRUPT',
  'SPOOL_CONTEXT_TOO_LARGE',
  'SPOOL_MISUSE',
]);

/** Durable writes, tried again until they succeed. See the top of this file. */
export class Ledger {
  readonly #parts: LedgerParts;
  readonly #waiting = new Set<() => void>();
  #failing = 0;
  #over = false;

  constructor(parts: LedgerParts) {
    this.#parts = parts;
  }

  /** Writes fail at present: no new work should be begun. */
  get troubled(): boolean {
    return this.#failing > 0 || this.#over;
  }

  /**
   * Merges a patch into a message's context.
   *
   * @param lean what to write instead where the spool refuses the patch for what it holds
   * @returns `undefined` where there is no such message any more, or nothing can be written any more
   */
  update(id: SpoolId, patch: ContextPatch, lean: () => ContextPatch): Promise<Context | undefined> {
    const { spool, writeOptions } = this.#parts;
    return this.#persist(id, async () => {
      try {
        return await spool.update(id, patch, writeOptions());
      } catch (error) {
        const code = codeOf(error);
        if (code !== 'SPOOL_CONTEXT_TOO_LARGE' && code !== 'SPOOL_MISUSE') throw error;
        return await spool.update(id, lean(), writeOptions());
      }
    });
  }

  /** @returns `undefined` where nothing can be written any more; else whether there was such a message */
  delete(id: SpoolId): Promise<boolean | undefined> {
    const { spool, writeOptions } = this.#parts;
    return this.#persist(id, () => spool.delete(id, writeOptions()));
  }

  /** Begins a message; its id is known before anything of it is durable. */
  begin(context: NewContext): SpoolWriter {
    const { spool, writeOptions } = this.#parts;
    return spool.begin(context, writeOptions());
  }

  /**
   * Adds a message of these octets.
   *
   * @param about the message in whose course it is added
   * @param writer the first one to try with
   * @returns `undefined` where nothing can be written any more
   */
  async add(
    about: SpoolId,
    context: NewContext,
    octets: Uint8Array,
    writer: SpoolWriter,
  ): Promise<SpoolId | undefined> {
    let next: SpoolWriter | undefined = writer;
    return this.#persist(about, async () => {
      const present = next ?? this.begin(context);
      next = undefined;
      try {
        await present.write(octets);
        return await present.commit();
      } finally {
        // Does nothing after a commit.
        await present.abort();
      }
    });
  }

  /** Gives up what is still to be tried again: the queue has stopped. */
  close(): void {
    this.#over = true;
    for (const wake of [...this.#waiting]) wake();
  }

  async #persist<T>(id: SpoolId, write: () => Promise<T>): Promise<T | undefined> {
    let failed = false;
    try {
      for (let wait = firstWait; !this.#over; wait = Math.min(2 * wait, longestWait)) {
        try {
          return await write();
        } catch (cause) {
          const code = codeOf(cause);
          if (code === 'SPOOL_NOT_FOUND') return undefined;
          if (code === 'SPOOL_FENCED' || code === 'SPOOL_CLOSED') return this.#end(id, code, cause);
          this.#parts.onProblem({ kind: 'not-recorded', id, cause });
          if (!failed && !aboutOneMessage.has(code)) {
            failed = true;
            this.#failing++;
          }
        }
        await this.#pause(wait);
      }
      return undefined;
    } finally {
      if (failed && --this.#failing === 0 && !this.#over) this.#parts.onWell();
    }
  }

  #end(id: SpoolId, code: 'SPOOL_FENCED' | 'SPOOL_CLOSED', cause: unknown): undefined {
    if (code === 'SPOOL_FENCED' && !this.#over) this.#parts.onProblem({ kind: 'fenced', id, cause });
    this.#over = true;
    this.#parts.onOver();
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        cancel();
        this.#waiting.delete(wake);
        resolve();
      };
      const cancel = this.#parts.clock.after(ms, wake);
      this.#waiting.add(wake);
    });
  }
}

/** The spool's code of an error; `undefined` for an error that is none of the spool's. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof SpoolError ? error.code : undefined;
}
