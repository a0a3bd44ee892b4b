/** What people and programs do to queued messages: hold, release, take back, freeze, requeue, delete. */
import type { Clock } from '../../machine/index.ts';
import type {
  Context,
  ContextPatch,
  DeliveryState,
  Spool,
  SpoolId,
  WriteOptions,
} from '../../spool/index.ts';
import type { Hands } from './hands.ts';
import type { HookCaller } from './hook-caller.ts';
import { codeOf } from './ledger.ts';
import { type HeldState, messageState, recipientState } from './recipient-state.ts';

/** What administration works with. */
export interface AdministrationParts {
  readonly spool: Spool;
  readonly clock: Clock;
  readonly hands: Hands;
  readonly hooks: HookCaller;
  readonly writeOptions: () => WriteOptions;
  /** Works on a message that nobody has in hand. */
  readonly take: <T>(id: SpoolId, work: () => Promise<T>) => Promise<T>;
}

/** Changes to single messages. Each waits for the message to be free, or says that it is too late. */
export class Administration {
  readonly #parts: AdministrationParts;

  constructor(parts: AdministrationParts) {
    this.#parts = parts;
  }

  /** Holds a message in a state; `false` where it is held or gone, or, if not `afterAttempt`, being sent. */
  hold(
    id: SpoolId,
    state: HeldState,
    { afterAttempt }: { readonly afterAttempt: boolean },
  ): Promise<boolean> {
    const patchFor = ({ queue }: Context) =>
      queue.held ? undefined : { queue: { held: true, state } as const };
    return this.#change(id, patchFor, { early: !afterAttempt });
  }

  /** Lets a held message go, at a time in ms since 1970, if this is the state it is held in. */
  release(id: SpoolId, state: HeldState, at: number): Promise<boolean> {
    return this.#change(id, (context) => {
      if (!context.queue.held || (messageState(context).state ?? 'held') !== state) return undefined;
      // The time in which it was held counts only where an operator held it.
      const since = state === 'held' ? { since: at } : {};
      return { queue: { held: null, state: null, due: at, ...since } };
    });
  }

  /** Makes a dead message live again: those of its recipients that failed are tried anew. */
  requeue(id: SpoolId): Promise<boolean> {
    const { clock, hooks } = this.#parts;
    return this.#change(id, async (context) => {
      if (messageState(context).state !== 'dead') return undefined;
      const { requeued } = hooks.hooks;
      const added = requeued && (await hooks.ask(id, () => requeued.call(hooks.hooks, context)));
      const delivery: { [place: number]: null } = {};
      for (const place of context.envelope.recipients.keys()) {
        if (recipientState(context, place).status === 'failed') delivery[place] = null;
      }
      const now = clock.now();
      return { ...added, delivery, queue: { held: null, state: null, due: now, since: now } };
    });
  }

  /** Takes a message back, if nothing of it has gone out and nothing is about to. */
  cancel(id: SpoolId): Promise<boolean> {
    const { spool, writeOptions } = this.#parts;
    const remove = async () => {
      const context = await this.#read(id);
      if (context === undefined || Object.values(context.delivery).some(hasGone)) return false;
      return spool.delete(id, writeOptions());
    };
    return this.#alone(id, remove, { early: true });
  }

  /** Deletes a message; an attempt in hand is ended early. Nobody is notified. */
  delete(id: SpoolId): Promise<boolean> {
    const { spool, writeOptions } = this.#parts;
    return this.#alone(id, () => spool.delete(id, writeOptions()), { cutOff: true });
  }

  #change(
    id: SpoolId,
    patchFor: (context: Context) => ContextPatch | undefined | Promise<ContextPatch | undefined>,
    options?: { readonly early: boolean },
  ): Promise<boolean> {
    const { spool, writeOptions } = this.#parts;
    const change = async () => {
      const context = await this.#read(id);
      const patch = context && (await patchFor(context));
      if (patch === undefined) return false;
      await spool.update(id, patch, writeOptions());
      return true;
    };
    return this.#alone(id, change, options);
  }

  /**
   * Works on the message when nobody else has it.
   *
   * @param options.early keeps a run that has not begun to send from sending; `false` where one has
   * @param options.cutOff ends the attempts of each run that has it meanwhile
   */
  async #alone(
    id: SpoolId,
    work: () => Promise<boolean>,
    { early = false, cutOff = false }: { readonly early?: boolean; readonly cutOff?: boolean } = {},
  ): Promise<boolean> {
    const { hands, take } = this.#parts;
    while (hands.has(id)) {
      if (early && hands.runOf(id)?.halt() === false) return false;
      if (cutOff) hands.runOf(id)?.abort();
      await hands.ended(id);
    }
    // Nothing may come between this and the last look.
    return take(id, work);
  }

  async #read(id: SpoolId): Promise<Context | undefined> {
    try {
      return await this.#parts.spool.context(id);
    } catch (error) {
      if (codeOf(error) === 'SPOOL_NOT_FOUND') return undefined;
      throw error;
    }
  }
}

function hasGone({ status }: DeliveryState): boolean {
  return status === 'delivered' || status === 'relayed' || status === 'expanded';
}
