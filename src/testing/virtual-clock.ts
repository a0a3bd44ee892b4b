/**
 * Time that stands still until it is run, and then jumps from timer to timer.
 *
 * Between two timers everything settles that the first one set off: promises, ticks and streams. So a run
 * takes the same way each time, however long the work between its timers takes.
 */
import type { Clock } from '../machine/index.ts';

/** What {@link VirtualClockError} can tell. */
export type VirtualClockErrorCode =
  /** Timers went on firing, or work between two of them went on, for longer than the bound allows. */
  | 'CLOCK_RUNAWAY'
  /** `run` was called while it runs. */
  | 'CLOCK_BUSY';

/** A virtual clock was misused, or what it drives does not come to rest. */
export class VirtualClockError extends Error {
  override readonly name = 'VirtualClockError';
  readonly code: VirtualClockErrorCode;

  constructor(code: VirtualClockErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Options of {@link VirtualClock}. */
export interface VirtualClockOptions {
  /** The time at the beginning, in ms since 1970. Default: the first moment of 2026, UTC. */
  readonly start?: number;
  /** Timers that one `run` may fire. Default 10,000,000. */
  readonly maxSteps?: number;
}

/** How far to run. */
export interface RunOptions {
  /** The last moment, in ms since 1970; the clock stands there afterwards. Default: until no timer is set. */
  readonly until?: number;
  /** Asked before each timer; `true` ends the run at once, and the clock stays where it is. */
  readonly stop?: () => boolean;
}

interface Timer {
  readonly at: number;
  /** Timers of the same moment fire in the order in which they were set. */
  readonly order: number;
  act: (() => void) | null;
}

/** Rounds of the event loop that the work between two timers may take. */
const maxRounds = 10_000;
/** A heap with fewer cancelled timers than this is not worth tidying up. */
const fewCancelled = 64;

/** Somebody else waits for the next round of the event loop. */
const isBusy = () => process.getActiveResourcesInfo().includes('Immediate');
const immediate = () => new Promise<void>((resolve) => setImmediate(resolve));

/**
 * A `Clock` for tests: weeks pass in a moment, and always in the same way.
 *
 * @example
 * ```ts
 * import { VirtualClock } from 'mailwright/testing';
 *
 * const clock = new VirtualClock({ start: 0 });
 * clock.after(7 * 86_400_000, () => console.log('a week later'));
 * await clock.run();
 * clock.now(); // 604800000
 * ```
 */
export class VirtualClock implements Clock {
  readonly #heap: Timer[] = [];
  readonly #maxSteps: number;
  #now: number;
  #order = 0;
  #cancelled = 0;
  #running = false;

  constructor({ start = Date.UTC(2026, 0), maxSteps = 10_000_000 }: VirtualClockOptions = {}) {
    this.#now = start;
    this.#maxSteps = maxSteps;
  }

  /** Timers that are set: 0 when nothing waits for anything. */
  get pending(): number {
    return this.#heap.length - this.#cancelled;
  }

  readonly now = (): number => this.#now;

  after(ms: number, act: () => void): () => void {
    // What never comes need not be waited for.
    if (ms === Number.POSITIVE_INFINITY) return () => {};
    const timer: Timer = { at: this.#now + Math.max(0, ms), order: this.#order++, act };
    this.#push(timer);
    return () => {
      if (timer.act === null) return;
      timer.act = null;
      this.#cancelled += 1;
      if (this.#cancelled > fewCancelled && this.#cancelled * 2 > this.#heap.length) this.#tidy();
    };
  }

  /**
   * Lets time pass.
   *
   * @throws VirtualClockError (as a rejection) `CLOCK_RUNAWAY`, `CLOCK_BUSY`; and what a timer throws
   */
  async run({ until = Number.POSITIVE_INFINITY, stop }: RunOptions = {}): Promise<void> {
    if (this.#running) throw new VirtualClockError('CLOCK_BUSY', 'the clock is running already');
    this.#running = true;
    try {
      await this.settle();
      for (let steps = 0; stop?.() !== true; steps++) {
        const act = this.#takeBy(until);
        if (act === null) {
          if (until !== Number.POSITIVE_INFINITY) this.#now = Math.max(this.#now, until);
          return;
        }
        if (steps === this.#maxSteps) {
          throw new VirtualClockError('CLOCK_RUNAWAY', `timers are still set after ${steps} have fired`);
        }
        act();
        await this.settle();
      }
    } finally {
      this.#running = false;
    }
  }

  /**
   * Lets everything happen that needs no time to pass: promises, ticks, streams.
   *
   * @throws VirtualClockError (as a rejection) `CLOCK_RUNAWAY`
   */
  async settle(): Promise<void> {
    for (let round = 0, seen = -1; seen !== this.#order || isBusy(); round++) {
      if (round === maxRounds) {
        throw new VirtualClockError('CLOCK_RUNAWAY', 'work goes on without time passing');
      }
      seen = this.#order;
      await immediate();
    }
  }

  /** Takes the first timer and makes it the present; `null` where none is set by then. */
  #takeBy(until: number): (() => void) | null {
    for (let timer = this.#heap[0]; timer !== undefined; timer = this.#heap[0]) {
      if (timer.act !== null && timer.at > until) return null;
      this.#pop();
      const { act } = timer;
      if (act === null) {
        this.#cancelled -= 1;
        continue;
      }
      // It has fired: cancelling it does nothing from now on.
      timer.act = null;
      this.#now = Math.max(this.#now, timer.at);
      return act;
    }
    return null;
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above] as Timer;
      if (isBefore(parent, timer)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = timer;
  }

  #pop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#sink(last, 0);
  }

  #sink(timer: Timer, from: number): void {
    const heap = this.#heap;
    let at = from;
    for (;;) {
      let below = at * 2 + 1;
      const right = heap[below + 1];
      if (right !== undefined && isBefore(right, heap[below] as Timer)) below += 1;
      const child = heap[below];
      if (child === undefined || isBefore(timer, child)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = timer;
  }

  /** Throws the cancelled timers away. */
  #tidy(): void {
    const kept = this.#heap.filter(({ act }) => act !== null);
    // A sorted array is a heap.
    kept.sort((a, b) => (isBefore(a, b) ? -1 : 1));
    this.#heap.length = 0;
    for (const timer of kept) this.#heap.push(timer);
    this.#cancelled = 0;
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
