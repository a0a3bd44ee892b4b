/**
 * A spool as a process sees it that may die: writes take time, some fail, and of those in flight when the
 * process dies some are applied and others not. What was applied is there for the next process.
 */
import type { Clock } from 'mailwright/machine';
import {
  type BeginOptions,
  type Context,
  type ContextPatch,
  type ListOptions,
  type NewContext,
  type OctetRange,
  type Spool,
  type SpoolChange,
  SpoolError,
  type SpoolWriter,
} from 'mailwright/spool';

export interface MortalSpoolOptions {
  /** What outlives the process. */
  readonly storage: Spool;
  /** The world's clock, which outlives it too. */
  readonly clock: Clock;
  readonly random: () => number;
  /** Milliseconds until a write is applied, and once more until the process learns of it. */
  readonly latency: number;
  /** The part of writes that fail. */
  readonly faults: number;
}

/** A write on its way. */
interface Write {
  /** Those of one message are applied in order. */
  readonly id: string;
  readonly apply: () => Promise<unknown>;
  readonly settle: (done: Promise<unknown>) => void;
}

const never = new Promise<never>(() => {});

export class MortalSpool implements Spool {
  readonly #options: MortalSpoolOptions;
  readonly #inFlight: Write[] = [];
  #dead = false;

  constructor(options: MortalSpoolOptions) {
    this.#options = options;
  }

  /** Nothing of the process is heard of any more. Resolves when the last write is applied or lost. */
  async die(): Promise<void> {
    this.#dead = true;
    const lost = new Set<string>();
    for (const { id, apply } of this.#inFlight) {
      if (lost.has(id) || this.#options.random() < 0.5) lost.add(id);
      else await apply().catch(() => {});
    }
    this.#inFlight.length = 0;
  }

  begin(context: NewContext, options?: BeginOptions): SpoolWriter {
    const writer = this.#options.storage.begin(context, options);
    return {
      id: writer.id,
      get size() {
        return writer.size;
      },
      write: (chunk) => writer.write(chunk),
      commit: (patch) => this.#write(writer.id, () => writer.commit(patch)),
      abort: () => (this.#dead ? never : writer.abort()),
    };
  }

  update(id: string, patch: ContextPatch): Promise<Context> {
    return this.#write(id, () => this.#options.storage.update(id, patch));
  }

  delete(id: string): Promise<boolean> {
    return this.#write(id, () => this.#options.storage.delete(id));
  }

  open(id: string, range?: OctetRange) {
    return this.#dead ? never : this.#options.storage.open(id, range);
  }

  context(id: string) {
    return this.#dead ? never : this.#options.storage.context(id);
  }

  count() {
    return this.#dead ? never : this.#options.storage.count();
  }

  async *list(options?: ListOptions) {
    for await (const entry of this.#options.storage.list(options)) {
      if (this.#dead) await never;
      yield entry;
    }
  }

  watch(listener: (change: SpoolChange) => void, signal: AbortSignal): void {
    this.#options.storage.watch((change) => {
      if (!this.#dead) listener(change);
    }, signal);
  }

  async close(): Promise<void> {}

  #write<T>(id: string, act: () => Promise<T>): Promise<T> {
    if (this.#dead) return never;
    const { clock, latency, random, faults } = this.#options;
    const fails = random() < faults;
    return new Promise<T>((resolve) => {
      const apply = fails ? () => Promise.reject(new SpoolError('SPOOL_IO', 'the disk says no')) : act;
      const write: Write = { id, apply, settle: (done) => resolve(done as Promise<T>) };
      this.#inFlight.push(write);
      clock.after(latency, () => {
        if (this.#dead) return;
        this.#inFlight.splice(this.#inFlight.indexOf(write), 1);
        const done = write.apply();
        done.catch(() => {});
        clock.after(latency, () => {
          if (!this.#dead) write.settle(done);
        });
      });
    });
  }
}
