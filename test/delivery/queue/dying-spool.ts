/** A spool in front of another one, whose process dies at one of its writes: from then on nothing is answered. */
import type {
  ContextPatch,
  ListOptions,
  NewContext,
  OctetRange,
  Spool,
  SpoolChange,
  SpoolEntry,
  SpoolId,
  SpoolWriter,
  WriteOptions,
} from 'mailwright/spool';

const never = new Promise<never>(() => undefined);

export class DyingSpool implements Spool {
  readonly #spool: Spool;
  readonly #dieAt: number;
  readonly #moment: 'before' | 'after';
  /** Writes so far. */
  writes = 0;
  dead = false;

  /** @param dieAt the number of the write at which it dies, from 1; `moment`: before or after it became durable */
  constructor(spool: Spool, dieAt: number, moment: 'before' | 'after') {
    this.#spool = spool;
    this.#dieAt = dieAt;
    this.#moment = moment;
  }

  begin(context: NewContext, options?: WriteOptions): SpoolWriter {
    const writer = this.#spool.begin(context, options);
    return {
      id: writer.id,
      get size() {
        return writer.size;
      },
      write: (chunk) => writer.write(chunk),
      commit: (patch) => this.#write(() => writer.commit(patch)),
      abort: () => this.#alive(() => writer.abort()),
    };
  }

  open(id: SpoolId, range?: OctetRange) {
    return this.#alive(() => this.#spool.open(id, range));
  }

  context(id: SpoolId) {
    return this.#alive(() => this.#spool.context(id));
  }

  update(id: SpoolId, patch: ContextPatch, options?: WriteOptions) {
    return this.#write(() => this.#spool.update(id, patch, options));
  }

  delete(id: SpoolId, options?: WriteOptions) {
    return this.#write(() => this.#spool.delete(id, options));
  }

  async *list(options?: ListOptions): AsyncGenerator<SpoolEntry> {
    for await (const entry of this.#spool.list(options)) yield this.dead ? await never : entry;
  }

  count() {
    return this.#alive(() => this.#spool.count());
  }

  watch(listener: (change: SpoolChange) => void, signal: AbortSignal): void {
    this.#spool.watch((change) => {
      if (!this.dead) listener(change);
    }, signal);
  }

  close() {
    return this.#spool.close();
  }

  async #write<T>(act: () => Promise<T>): Promise<T> {
    if (this.dead) return never;
    this.writes++;
    if (this.writes !== this.#dieAt) return this.#alive(act);
    this.dead = true;
    if (this.#moment === 'after') await act();
    return never;
  }

  async #alive<T>(act: () => Promise<T>): Promise<T> {
    const result = this.dead ? never : await act();
    return this.dead ? never : result;
  }
}
