/** The delivery hooks of several modules as one set. */
import type { DeliveryHooks, HookPatch } from '../delivery/index.ts';
import type { SpoolId } from '../spool/index.ts';
import { mergedPatch } from './merged-patch.ts';

type Hook = Exclude<keyof DeliveryHooks, 'error'>;
type Notice<Name extends Hook> = Parameters<NonNullable<DeliveryHooks[Name]>>[0];
type Answer<Name extends Hook> = Awaited<ReturnType<NonNullable<DeliveryHooks[Name]>>>;

/**
 * Each hook asks all that have it, in their order, until one gives more than a patch. A hook that nobody has is
 * left out: a queue saves the work of preparing its notice. One that fails is reported, and silences no other.
 */
export function combineDelivery(hooks: readonly DeliveryHooks[]): DeliveryHooks {
  const error = (fault: unknown, id: SpoolId) => report(hooks, fault, id);
  const combined = <Name extends Hook>(name: Name) => {
    const having = hooks.filter((each) => each[name] !== undefined);
    if (having.length === 0) return {};
    return { [name]: (notice: Notice<Name>) => askAll(having, name, notice, error) };
  };
  return {
    ...combined('attempt'),
    ...combined('delivered'),
    ...combined('failed'),
    ...combined('delayed'),
    ...combined('notification'),
    ...combined('restored'),
    ...combined('requeued'),
    error,
  };
}

async function askAll<Name extends Hook>(
  hooks: readonly DeliveryHooks[],
  name: Name,
  notice: Notice<Name>,
  error: (fault: unknown, id: SpoolId) => void,
): Promise<Answer<Name> | HookPatch | undefined> {
  let patch: HookPatch | undefined;
  for (const each of hooks) {
    try {
      const hook = each[name] as (notice: Notice<Name>) => Answer<Name> | PromiseLike<Answer<Name>>;
      const answer = await hook.call(each, notice);
      if (answer === undefined) continue;
      if (answer === false || 'result' in answer) return answer;
      patch = mergedPatch(patch, answer);
    } catch (fault) {
      error(fault, 'context' in notice ? notice.context.id : notice.id);
    }
  }
  return patch;
}

function report(hooks: readonly DeliveryHooks[], fault: unknown, id: SpoolId): void {
  const listeners = hooks.filter((each) => each.error !== undefined);
  for (const each of listeners) each.error?.(fault, id);
  if (listeners.length > 0) return;
  process.emitWarning(fault instanceof Error ? fault : String(fault), 'MailHookFailed');
}
