/** Delivery by a host's own code. */
import type { MaybePromise } from '../../users/index.ts';
import type { Outcome } from '../outcome.ts';
import type { Attempt, Route } from '../route.ts';
import { ownKey } from './own-key.ts';
import { refusal } from './refusal.ts';
import { type DeliveryWarning, tellWarning } from './warning.ts';

/**
 * Delivers a message to some recipients.
 *
 * @returns one outcome for each recipient in their order, or nothing where all of them have it, durably
 */
export type LocalDelivery = (attempt: Attempt) => MaybePromise<readonly Outcome[] | undefined>;

/** How a local route is named, and whom it warns. */
export interface LocalRouteOptions {
  /** What statistics and flushing name the route by, in lower case. Default `local`. */
  readonly destination?: string;
  /** Told of faults of the delivery. Default: a process warning. */
  readonly warn?: (warning: DeliveryWarning) => void;
}

/**
 * A route to a function of the host: into its mailboxes, to a web hook, into a database.
 *
 * Where the function throws, rejects or answers with another number of outcomes, each recipient is tried
 * again later (4.3.0), and a warning has the cause.
 *
 * @example
 * ```ts
 * import { domainRoutes, localRoute } from 'mailwright/delivery';
 *
 * const inbox: Uint8Array[] = [];
 * const mailboxes = localRoute(async ({ body }) => {
 *   for await (const chunk of body.open()) inbox.push(chunk);
 * });
 * const router = domainRoutes({ 'example.com': mailboxes });
 * ```
 */
export function localRoute(deliver: LocalDelivery, options: LocalRouteOptions = {}): Route {
  const { destination = 'local', warn } = options;
  const later = (error: unknown): Outcome => {
    const text = 'local delivery failed';
    tellWarning({ code: 'LOCAL_FAULT', destination, text, error }, warn);
    return refusal('4.3.0', text);
  };
  return {
    kind: 'local',
    key: ownKey('local', destination),
    destination,
    async deliver(attempt) {
      const { recipients, signal } = attempt;
      try {
        const outcomes = await deliver(attempt);
        if (outcomes === undefined) return recipients.map(() => delivered);
        if (outcomes.length === recipients.length) return outcomes;
        const fault = new Error(`${outcomes.length} outcomes for ${recipients.length} recipients`);
        return recipients.map(repeat(later(fault)));
      } catch (error) {
        // Whoever ended the attempt is not told that it failed.
        if (signal.aborted) return recipients.map(() => ended);
        return recipients.map(repeat(later(error)));
      }
    },
  };
}

const delivered: Outcome = { result: 'delivered', how: 'delivered', status: '2.0.0', text: 'delivered' };
const ended: Outcome = { result: 'limited', until: 0, why: 'the attempt was ended early' };

function repeat<Value>(value: Value): () => Value {
  return () => value;
}
