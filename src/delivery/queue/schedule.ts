/** When a message that could not be delivered is tried again, and when it is given up. */
import type { Context } from '../../spool/index.ts';
import { checkLimits } from '../limit-misuse.ts';
import { type DomainTable, domainLookup } from '../route/domain-table.ts';
import type { RoutedRecipient } from '../route.ts';

/** How often, and for how long. All times in milliseconds. */
export interface Schedule {
  /** The wait after the first attempt: a few minutes, so that greylisting (RFC 6647 §4) costs little. */
  readonly first: number;
  /** Each wait is so many times as long as the one before. */
  readonly factor: number;
  /** No wait is longer, whatever the factor. */
  readonly ceiling: number;
  /** Each wait is longer or shorter by up to this part of it, so that messages that failed together spread. */
  readonly jitter: number;
  /** The recipient is given up after so many attempts. */
  readonly attempts: number;
  /** The recipient is given up after so long. */
  readonly expiry: number;
  /** The sender is told of the delay after so long, once; `Infinity`: never. */
  readonly delayNotice: number;
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/**
 * 25 attempts within five days: after 5 minutes, then half as long again each time, at most 8 hours.
 *
 * RFC 5321 §4.5.4.1 asks for waits of at least 30 minutes in general, with two attempts in the first hour
 * being useful, and for 4 to 5 days until a message is given up.
 */
export const defaultSchedule: Schedule = {
  first: 5 * minute,
  factor: 1.5,
  ceiling: 8 * hour,
  jitter: 0.1,
  attempts: 25,
  expiry: 5 * day,
  delayNotice: 4 * hour,
};

/** Finds the schedule of a recipient. */
export type ScheduleFor = (recipient: RoutedRecipient, context: Context) => Schedule;

/**
 * Schedules by domain: each tells in what it differs from the base.
 *
 * @param byDomain `example.org` is that domain, `.example.org` all below it, `*` every other
 * @throws RouteMisuse `BAD_DOMAIN` for a key that is none of these
 * @throws LimitMisuse for numbers that make no schedule
 * @example
 * ```ts
 * import { schedulesByDomain } from 'mailwright/delivery';
 *
 * const schedule = schedulesByDomain({
 *   'slow.example': { first: 1_800_000, attempts: 60 },
 *   '.internal.example': { expiry: 86_400_000 },
 * });
 * ```
 */
export function schedulesByDomain(
  byDomain: DomainTable<Partial<Schedule>>,
  base: Schedule = defaultSchedule,
): ScheduleFor {
  const whole = Object.entries(byDomain).map(
    ([domain, part]) => [domain, wholeSchedule(base, part)] as const,
  );
  const scheduleOf = domainLookup(Object.fromEntries(whole));
  return ({ domain }) => scheduleOf(domain) ?? base;
}

/**
 * A schedule that differs from another in some parts.
 *
 * @throws LimitMisuse for numbers that make no schedule: with a wait of NaN, all attempts would be made at once
 */
export function wholeSchedule(base: Schedule, part: Partial<Schedule> = {}): Schedule {
  const whole = { ...base, ...part };
  const { factor, attempts, ...others } = whole;
  checkLimits({ factor, attempts });
  checkLimits({ ...others }, 0);
  return whole;
}

/**
 * The wait after a number of attempts, in whole milliseconds.
 *
 * @param attempts 1 or more
 * @param random gives a number from 0 up to but without 1
 */
export function waitAfter(schedule: Schedule, attempts: number, random: () => number): number {
  const { first, factor, ceiling, jitter } = schedule;
  const wait = Math.min(first * factor ** (attempts - 1), ceiling);
  return Math.max(Math.round(wait * (1 + jitter * (2 * random() - 1))), 1);
}
