import { type Context, type Json, joinPatches, patchContext } from '../../spool/index.ts';
import type { HookPatch } from '../hooks.ts';

/** The context of a message in hand, and what hooks added to it that is not durable yet. */
export class LivingContext {
  #present: Context;
  #added: HookPatch | undefined;

  constructor(context: Context) {
    this.#present = context;
  }

  get present(): Context {
    return this.#present;
  }

  /** The context as it is after a write. */
  renew(context: Context): void {
    this.#present = context;
  }

  /** What was added since it was last taken. */
  takeAdded(): HookPatch | undefined {
    const added = this.#added;
    this.#added = undefined;
    return added;
  }

  get hasAdded(): boolean {
    return this.#added !== undefined;
  }

  /** @throws SpoolError when the context can not take it */
  add({ metadata, verdicts, trace }: HookPatch): void {
    const patch = {
      ...(metadata !== undefined && { metadata }),
      ...(verdicts !== undefined && { verdicts }),
      ...(trace !== undefined && { trace }),
    };
    this.#present = patchContext(this.#present, patch);
    // A hook's patch is JSON by its types; only an index signature is missing to say so.
    this.#added = joinPatches(this.#added as Json | undefined, patch as Json) as HookPatch;
  }
}
