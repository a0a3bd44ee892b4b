/** How much a destination is sent, as data. */
import { checkLimits, LimitMisuse } from '../limit-misuse.ts';
import { type Destination, isWithin, type Scope } from './name-pattern.ts';

/**
 * A pace: so many messages in a unit of time, evenly spread, and how many may go at once after a rest. It is kept
 * when the leave to send is given: those that then wait for a connection go together once there is one, though
 * never more than `concurrency` allows under way.
 */
export interface Rate {
  /** More than 0; need not be whole. */
  readonly messages: number;
  readonly per: 'second' | 'minute' | 'hour' | 'day';
  /** At least 1. Default: what the rate allows in a second, or 1. */
  readonly burst?: number;
}

/** What a destination is sent at most. What is absent is not limited. */
export interface ShapingLimits {
  readonly rate?: Rate;
  /** Messages under way at the same time, over all its servers. */
  readonly concurrency?: number;
}

/** Limits for some destinations: all that fit the rule share them, as if they were one. */
export interface ShapingRule extends ShapingLimits, Scope {
  /** Each has the limits for itself: each domain where the rule names domains, else each site. */
  readonly each?: true;
}

/** A rule's limits and the key of those who share them. */
export interface AppliedLimits {
  readonly key: string;
  readonly limits: ShapingLimits;
}

/** The limits of a destination: those of the first rule that fits, else the general ones, which each site has for itself. */
export function limitsFor(
  rules: readonly ShapingRule[],
  general: ShapingLimits,
  destination: Destination,
): AppliedLimits {
  const place = rules.findIndex((rule) => isWithin(rule, destination));
  const rule = rules[place];
  if (rule === undefined) return { key: destination.site, limits: general };
  if (!rule.each) return { key: `${place}`, limits: rule };
  return {
    key: `${place} ${rule.domain === undefined ? destination.site : destination.domain}`,
    limits: rule,
  };
}

/** @throws LimitMisuse for limits that are none */
export function checkShaping({ rate, concurrency }: ShapingLimits): void {
  checkLimits({ concurrency, burst: rate?.burst });
  checkLimits({ messages: rate?.messages }, Number.MIN_VALUE);
  // Rules are data, which may come from a file that no compiler saw.
  if (rate !== undefined && !Object.hasOwn(unitMs, rate.per)) {
    throw new LimitMisuse(`per is ${rate.per}: give ${Object.keys(unitMs).join(', ')}`);
  }
}

const unitMs = { second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

/** The time between two messages in ms, and how much of it may be taken ahead after a rest. */
export function paceOf({ messages, per, burst }: Rate): { readonly gap: number; readonly slack: number } {
  const gap = unitMs[per] / messages;
  // Without a gap there is nothing to take ahead of.
  return { gap, slack: gap === 0 ? 0 : (Math.max(burst ?? 1000 / gap, 1) - 1) * gap };
}
