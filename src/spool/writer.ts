import type { Bytes } from '../machine/index.ts';
import type { ContextPatch, SpoolId } from './context.ts';
import type { SpoolWriter } from './contract.ts';
import { SpoolError } from './error.ts';

/** What a spool does with one message's octets; {@link GuardedWriter} sees to the order of the calls. */
export interface Intake {
  /** Takes a chunk; after a failure it drops chunks and keeps the failure for `finish`. */
  take(chunk: Bytes): void | Promise<void>;
  /** Makes the message of `size` octets durable, or leaves nothing behind and rejects. */
  finish(size: number, patch: ContextPatch | undefined): Promise<void>;
  /** Leaves nothing behind. Never rejects. */
  discard(): Promise<void>;
}

/** The writer of every spool here: keeps the contract's call order, and passes on what is allowed. */
export class GuardedWriter implements SpoolWriter {
  readonly id: SpoolId;
  readonly #intake: Intake;
  #size = 0;
  #state: 'open' | 'writing' | 'committed' | 'aborted' = 'open';
  #ended: Promise<unknown> = Promise.resolve();

  constructor(id: SpoolId, intake: Intake) {
    this.id = id;
    this.#intake = intake;
  }

  get size(): number {
    return this.#size;
  }

  write(chunk: Bytes): void | Promise<void> {
    if (this.#state !== 'open') throw misuse('write', this.#state);
    this.#size += chunk.length;
    const pending = this.#intake.take(chunk);
    if (pending === undefined) return;
    this.#state = 'writing';
    this.#ended = pending.catch(() => undefined);
    return pending.then(() => {
      if (this.#state === 'writing') this.#state = 'open';
    });
  }

  async commit(patch?: ContextPatch): Promise<SpoolId> {
    if (this.#state !== 'open') throw misuse('commit', this.#state);
    this.#state = 'committed';
    const finished = this.#intake.finish(this.#size, patch);
    this.#ended = finished.catch(() => undefined);
    await finished;
    return this.id;
  }

  async abort(): Promise<void> {
    if (this.#state === 'committed' || this.#state === 'aborted') return;
    this.#state = 'aborted';
    await this.#ended;
    await this.#intake.discard();
  }
}

function misuse(call: string, state: 'writing' | 'committed' | 'aborted'): SpoolError {
  const why =
    state === 'writing'
      ? 'while the Promise of the former write is pending'
      : `after the message was ${state}`;
  return new SpoolError('SPOOL_MISUSE', `${call} of a spool writer ${why}`);
}
