/**
 * Deadlines of many sessions with one timer.
 *
 * A timer for each command of each session would cost more than the commands; a look at all sessions
 * twice a second costs next to nothing, and no mail protocol waits in smaller units. A deadline is
 * never early, and late by at most two ticks.
 */

/** How often deadlines are looked at, in milliseconds. */
const tick = 500;

/** Something that waits. */
export interface Waiting {
  /** In terms of {@link Deadlines.after}; `Infinity` for nothing. */
  deadline: number;
  /** The deadline has passed. It is not called again until the deadline was set anew. */
  expired(): void;
}

/** All that waits in one process. The timer runs only while something does, and keeps no process alive. */
export class Deadlines {
  readonly #waiting = new Set<Waiting>();
  #timer: NodeJS.Timeout | null = null;
  #now = performance.now();

  /** The deadline that is `ms` from now. */
  after(ms: number): number {
    return this.#now + tick + ms;
  }

  add(waiting: Waiting): void {
    this.#waiting.add(waiting);
    if (this.#timer !== null) return;
    this.#now = performance.now();
    this.#timer = setInterval(() => this.#look(), tick).unref();
  }

  remove(waiting: Waiting): void {
    this.#waiting.delete(waiting);
    if (this.#waiting.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  #look(): void {
    this.#now = performance.now();
    for (const waiting of this.#waiting) {
      if (waiting.deadline > this.#now) continue;
      waiting.deadline = Number.POSITIVE_INFINITY;
      waiting.expired();
    }
  }
}

/** The process's own. */
export const deadlines = new Deadlines();
