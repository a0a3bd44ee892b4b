import type { Clock } from '../../machine/index.ts';
import type { Context, FencingToken, Spool } from '../../spool/index.ts';
import type { DeliveryHooks } from '../hooks.ts';
import type { Notifier } from '../notifier.ts';
import type { Route, Router } from '../route.ts';
import type { QueueProblem } from './problem.ts';
import type { Schedule, ScheduleFor } from './schedule.ts';

/** What bounds a queue's work and memory. */
export interface QueueLimits {
  /**
   * Messages in hand, that is with their contexts in memory. Every 50 recipients of a message count as another one.
   * Default 2,000: some 10 MiB.
   */
  readonly inHand: number;
  /**
   * Messages that are due and wait in memory for their turn, by id alone. What finds no room is put off in
   * the spool. Default 10,000: about 2 MiB.
   */
  readonly aside: number;
  /** A limit that ends within so many milliseconds is waited for in memory. Default 60,000. */
  readonly asideTime: number;
  /** Destinations of one message that are delivered to at the same time. Default 50. */
  readonly destinationsAtOnce: number;
}

/** The default limits; see {@link QueueLimits}. */
export const defaultLimits: QueueLimits = {
  inHand: 2000,
  aside: 10_000,
  asideTime: 60_000,
  destinationsAtOnce: 50,
};

/** What a queue is made of. */
export interface QueueOptions {
  readonly spool: Spool;
  /**
   * Finds the route of each recipient; where it answers `undefined`, the recipient waits by its schedule. Or the
   * one route for all.
   */
  readonly router: Route | Router;
  /** Default: the platform's. */
  readonly clock?: Clock;
  /** Spreads the waits: gives a number from 0 up to but without 1. Default `Math.random`. */
  readonly random?: () => number;
  /** In what it differs from `defaultSchedule`, or a function for each recipient's own. */
  readonly schedule?: Partial<Schedule> | ScheduleFor;
  readonly hooks?: DeliveryHooks;
  /** Writes notifications. Default: none are sent. */
  readonly notifier?: Notifier;
  /** The present fencing token, for every write. Default: none. */
  readonly fence?: () => FencingToken;
  /**
   * Whether a message that is done, with recipients that failed, is kept: held, with the state `dead`, until it
   * is requeued or deleted. `told` says whether the sender was notified, which it is not where it is the
   * null sender. Default: none is kept.
   */
  readonly keepFailed?: (context: Context, told: boolean) => boolean;
  readonly limits?: Partial<QueueLimits>;
  /** Told of what went wrong; the queue goes on. Default: a process warning. */
  readonly onProblem?: (problem: QueueProblem) => void;
}
