/** Several modules as one set of handlers and hooks. */
import type { DeliveryHooks } from '../delivery/index.ts';
import type { IncomingMessage, SmtpHandlers, SpoolToOptions, Visit } from '../reception/index.ts';
import { isPositive, type Reply, type Verdict } from '../smtp/index.ts';
import type { ContextPatch } from '../spool/index.ts';
import type { MaybePromise } from '../users/index.ts';
import { combineDelivery } from './combine-delivery.ts';
import { mergedPatch } from './merged-patch.ts';
import { type MailModule, ModuleMisuse, type ReceptionHooks } from './module.ts';

/** What modules come to, to be spread where single handlers and hooks would stand. */
export interface CombinedModules {
  /** For a server's handlers. */
  readonly handlers: Pick<SmtpHandlers, Exclude<keyof ReceptionHooks, 'message'>>;
  /** For `spoolTo`. */
  readonly judge: NonNullable<SpoolToOptions['judge']>;
  /** For a queue. */
  readonly hooks: DeliveryHooks;
}

/**
 * Combines modules, in their order:
 *
 * - A question of the receiving side goes to each module until one refuses; a module that agrees, even with
 *   a reply of its own, does not silence those behind it.
 * - Notices go to every module.
 * - What modules note about a message is merged; the last one wins where two write the same name.
 *
 * @throws ModuleMisuse when two modules have one name
 * @example
 * ```ts
 * import { combineModules } from 'mailwright/modules';
 * import { spoolTo } from 'mailwright/reception';
 * import { MemorySpool } from 'mailwright/spool';
 *
 * const { handlers, judge, hooks } = combineModules([
 *   {
 *     name: 'stopwatch',
 *     reception: { connect: ({ metadata }) => void Object.assign(metadata, { stopwatch: Date.now() }) },
 *     delivery: {
 *       delivered: ({ context }) => {
 *         console.log(Date.now() - Number(context.metadata['stopwatch']), 'ms from connection to delivery');
 *         return undefined;
 *       },
 *     },
 *   },
 * ]);
 * const server = { ...handlers, ...spoolTo(new MemorySpool(), { judge }) };
 * ```
 */
export function combineModules(modules: readonly MailModule[]): CombinedModules {
  const names = modules.map(({ name }) => name);
  const double = names.find((name, index) => names.indexOf(name) !== index);
  if (double !== undefined) throw new ModuleMisuse(`two modules are called ${double}`);
  const reception = modules.flatMap((module) => module.reception ?? []);
  const delivery = modules.flatMap((module) => module.delivery ?? []);
  return {
    handlers: {
      connect: (visit) => firstRefusal(reception, (each) => each.connect?.(visit)),
      helo: (event, visit) => firstRefusal(reception, (each) => each.helo?.(event, visit)),
      mail: (event, visit) => firstRefusal(reception, (each) => each.mail?.(event, visit)),
      rcpt: (event, visit) => firstRefusal(reception, (each) => each.rcpt?.(event, visit)),
      authenticated: (event, visit) => tellAll(reception, (each) => each.authenticated?.(event, visit)),
      authenticationFailed: (event, visit) =>
        tellAll(reception, (each) => each.authenticationFailed?.(event, visit)),
      violation: (event, visit) => tellAll(reception, (each) => each.violation?.(event, visit)),
      close: (event, visit) => tellAll(reception, (each) => each.close?.(event, visit)),
    },
    judge: (message, visit) => judge(reception, message, visit),
    hooks: combineDelivery(delivery),
  };
}

/** Asks one after another; waits only for those that make it wait. */
async function firstRefusalLater(
  pending: PromiseLike<Verdict>,
  rest: readonly ReceptionHooks[],
  ask: (hooks: ReceptionHooks) => MaybePromise<Verdict>,
  before: Verdict,
): Promise<Verdict> {
  const verdict = await pending;
  if (verdict !== undefined && !isPositive(verdict)) return verdict;
  return firstRefusal(rest, ask, verdict ?? before);
}

function firstRefusal(
  hooks: readonly ReceptionHooks[],
  ask: (hooks: ReceptionHooks) => MaybePromise<Verdict>,
  before?: Verdict,
): Verdict | Promise<Verdict> {
  let agreed = before;
  for (const [index, each] of hooks.entries()) {
    const verdict = ask(each);
    if (verdict === undefined) continue;
    if ('then' in verdict) return firstRefusalLater(verdict, hooks.slice(index + 1), ask, agreed);
    if (!isPositive(verdict)) return verdict;
    agreed = verdict;
  }
  return agreed;
}

/** A module that throws keeps a notice from no other; the first such error is the whole notice's. */
function tellAll(hooks: readonly ReceptionHooks[], tell: (hooks: ReceptionHooks) => void): void {
  const faults: unknown[] = [];
  for (const each of hooks) {
    try {
      tell(each);
    } catch (fault) {
      faults.push(fault);
    }
  }
  if (faults.length > 0) throw faults[0];
}

async function judge(
  hooks: readonly ReceptionHooks[],
  message: IncomingMessage,
  visit: Visit,
): Promise<Reply | ContextPatch | undefined> {
  let noted: ContextPatch | undefined;
  for (const each of hooks) {
    const verdict = await each.message?.(message, visit);
    if (verdict === undefined) continue;
    if ('code' in verdict) {
      if (!isPositive(verdict)) return verdict;
      continue;
    }
    noted = mergedPatch(noted, verdict);
  }
  return noted;
}
