import type { Clock } from '../../machine/index.ts';
import { systemClock } from '../clock.ts';
import type { NoRoute, Router } from '../route.ts';
import type { Suppression, SuppressionList } from './suppression.ts';

/**
 * A router that sends nothing to suppressed addresses: they fail at once, with 5.7.1 (RFC 3463 §3.8: refused by
 * a filter), which no later bounce handling takes for a fault of the address itself.
 *
 * @param router - asked for all other recipients
 * @example
 * ```ts
 * import { MemorySuppressionList, type Router, suppressing } from 'mailwright/delivery';
 *
 * declare const router: Router;
 * const careful: Router = suppressing(router, new MemorySuppressionList());
 * ```
 */
export function suppressing(router: Router, list: SuppressionList, clock: Clock = systemClock): Router {
  return (recipient, context) => {
    const found = list.find(recipient.path, clock.now());
    return found === undefined ? router(recipient, context) : refusal(found);
  };
}

function refusal({ reason, at }: Suppression): NoRoute {
  const since = new Date(at).toISOString().slice(0, 10);
  const text = `Not sent: this address is suppressed since ${since} (${reason})`;
  return { kind: 'none', outcome: { result: 'failed', status: '5.7.1', text } };
}
