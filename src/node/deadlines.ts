/**
 * Deadlines of many sessions with one timer.
 *
 * A timer for each command of each session would cost more than the commands; a look at all sessions
 * twice a second costs next to nothing, and no mail protocol waits in smaller units. A deadline is
 * never early, and late by at most two ticks.
 */
import type { Clock } from '../machine/index.ts';

/** How often deadlines are looked at, in milliseconds. */
const tick = 500;

/** Something that waits. */
export interface Waiting {
  /** In terms of {@link Deadlines.after}; `Infinity` for nothing. */
  deadline: number;
  /** The deadline has passed. It is not called again until the deadline was set anew. */
  expired(): void;
}

/** The longest wait that a timer of the platform takes, in milliseconds; after a longer one it would act at once. */
const longestWait = 2_147_483_647;

/** The process's clock, which nobody sets; its timers keep no process alive. */
export const steadyClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  after(ms, act) {
    const timer = setTimeout(act, Math.min(ms, longestWait)).unref();
    return () => clearTimeout(timer);
  },
};

/** All that waits on one clock. Its timer runs only while something does. */
export class Deadlines {
  readonly clock: Clock;
  readonly #waiting = new Set<Waiting>();
  #stop: (() => void) | null = null;
  #now: number;

  constructor(clock: Clock) {
    this.clock = clock;
    this.#now = clock.now();
  }

  /** The deadline that is `ms` from now. */
  after(ms: number): number {
    return this.#now + tick + ms;
  }

  add(waiting: Waiting): void {
    this.#waiting.add(waiting);
    if (this.#stop !== null) return;
    this.#now = this.clock.now();
    this.#stop = this.clock.after(tick, this.#look);
  }

  remove(waiting: Waiting): void {
    this.#waiting.delete(waiting);
    if (this.#waiting.size > 0 || this.#stop === null) return;
    this.#stop();
    this.#stop = null;
  }

  readonly #look = (): void => {
    this.#now = this.clock.now();
    this.#stop = this.clock.after(tick, this.#look);
    for (const waiting of this.#waiting) {
      if (waiting.deadline > this.#now) continue;
      waiting.deadline = Number.POSITIVE_INFINITY;
      waiting.expired();
    }
  };
}

const byClock = new WeakMap<Clock, Deadlines>();

/** All that waits on a clock. */
export function deadlinesOf(clock: Clock): Deadlines {
  const known = byClock.get(clock) ?? new Deadlines(clock);
  byClock.set(clock, known);
  return known;
}

/** Those of the process's own clock. */
export const deadlines = deadlinesOf(steadyClock);
