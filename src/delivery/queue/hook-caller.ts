/** Calls a host's hooks and reports what they throw. */
import type { SpoolId } from '../../spool/index.ts';
import type { MaybePromise } from '../../users/index.ts';
import type { DeliveryHooks, HookPatch, OutcomeNotice } from '../hooks.ts';
import type { Deferred, Delivered, Failed, Outcome } from '../outcome.ts';
import type { LivingContext } from './living-context.ts';

/** Outcomes that have a hook. */
type Told = Delivered | Deferred | Failed;

/** Calls hooks; what they throw is reported and otherwise ignored. */
export class HookCaller {
  readonly #hooks: DeliveryHooks;

  constructor(hooks: DeliveryHooks) {
    this.#hooks = hooks;
  }

  get hooks(): DeliveryHooks {
    return this.#hooks;
  }

  /** The hook for an outcome. */
  outcomeHook(
    result: Told['result'],
  ): ((notice: OutcomeNotice<Told>) => MaybePromise<HookPatch | undefined>) | undefined {
    const { hooks } = this;
    const hook = { delivered: hooks.delivered, deferred: hooks.delayed, failed: hooks.failed }[result];
    // Which hook it is follows from the outcome's kind.
    return hook?.bind(hooks) as ReturnType<HookCaller['outcomeHook']>;
  }

  /** Calls one hook; `undefined` where it gave nothing or what is no answer, or threw. */
  async ask<T>(id: SpoolId, hook: () => T | PromiseLike<T>): Promise<T | undefined> {
    try {
      const answer: unknown = await hook();
      if (answer === null || (typeof answer !== 'object' && answer !== undefined && answer !== false)) {
        throw new TypeError(`a delivery hook answered ${typeof answer === 'object' ? null : typeof answer}`);
      }
      return answer as T | undefined;
    } catch (error) {
      this.report(error, id);
      return undefined;
    }
  }

  /** Adds what a hook gave to the message's context. */
  add(context: LivingContext, patch: HookPatch | undefined): void {
    if (patch === undefined) return;
    try {
      context.add(patch);
    } catch (error) {
      this.report(error, context.present.id);
    }
  }

  report(error: unknown, id: SpoolId): void {
    const { hooks } = this;
    try {
      if (hooks.error !== undefined) hooks.error(error, id);
      else process.emitWarning(`a delivery hook failed for message ${id}: ${error}`);
    } catch {
      // A fault in the host's report of a fault has nobody left to be told of it.
    }
  }
}

/** Whether a hook answered with an outcome rather than a patch. */
export function isOutcome(answer: HookPatch | Outcome | undefined): answer is Outcome {
  return typeof answer === 'object' && 'result' in answer;
}
