/**
 * Counting permits that cannot leak.
 *
 * Nobody is ever handed a permit: work is handed to {@link Permits.hold}, which takes permits for as long as
 * the work lasts and gives them back in one place, however the work ends. What must be bounded in time is
 * therefore the work, and nothing else.
 */
import type { Clock } from '../machine/index.ts';

/**
 * Why permits were not to be had.
 *
 * - `full`: so many wait already that one more may not.
 * - `timeout`: none came free in time.
 * - `gone`: whoever asked went away.
 */
export type Unavailable = 'full' | 'timeout' | 'gone';

/** How much is asked for, and for how long. */
export interface PermitRequest {
  /** Default 1. More than there are in all are taken for all there are. */
  readonly count?: number;
  /** Milliseconds to wait in line. */
  readonly patience: number;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
}

/** What work may do while it holds permits. */
export interface Grant {
  /** Takes that many more if they are free now and nobody waits; they are given back with the others. */
  more(count: number): boolean;
}

interface Waiter {
  readonly count: number;
  readonly settle: (why: Unavailable | null) => void;
}

/**
 * So many permits, and a line for those who wait, first come, first served.
 */
export class Permits {
  #limit: number;
  readonly #longestLine: number;
  readonly #clock: Clock;
  readonly #line = new Set<Waiter>();
  #inUse = 0;

  /**
   * @param options.limit - permits in all
   * @param options.line - how many may wait
   */
  constructor({
    limit,
    line,
    clock,
  }: { readonly limit: number; readonly line: number; readonly clock: Clock }) {
    this.#limit = limit;
    this.#longestLine = line;
    this.#clock = clock;
  }

  /** Permits in all. May be changed at any time; work that holds some goes on. */
  get limit(): number {
    return this.#limit;
  }

  set limit(limit: number) {
    this.#limit = limit;
    this.#callNext();
  }

  /** Permits that are held. */
  get inUse(): number {
    return this.#inUse;
  }

  /** Who wait in line. */
  get waiting(): number {
    return this.#line.size;
  }

  /** Whoever asks now for one, and would have to wait, may not even do that. */
  get full(): boolean {
    return this.#line.size >= this.#longestLine && !this.#free(1);
  }

  /**
   * Does the work once there are permits for it, or something else where there are none. They are taken at
   * once, before this returns, where nobody waits.
   *
   * @returns what `work` or `otherwise` gave; rejects where they do
   */
  async hold<T>(
    work: (grant: Grant) => Promise<T>,
    otherwise: (why: Unavailable) => T,
    { count = 1, patience, signal }: PermitRequest,
  ): Promise<T> {
    let held = Math.min(count, this.#limit);
    if (!this.#free(held)) {
      const why = await this.#wait(held, patience, signal);
      if (why !== null) return otherwise(why);
    } else {
      this.#inUse += held;
    }
    try {
      return await work({
        more: (further) => {
          if (!this.#free(further)) return false;
          this.#inUse += further;
          held += further;
          return true;
        },
      });
    } finally {
      this.#inUse -= held;
      this.#callNext();
    }
  }

  #free(count: number): boolean {
    return this.#line.size === 0 && this.#inUse + count <= this.#limit;
  }

  /** `null`: they were taken. */
  #wait(count: number, patience: number, signal: AbortSignal | undefined): Promise<Unavailable | null> {
    if (signal?.aborted) return Promise.resolve('gone');
    if (this.#line.size >= this.#longestLine) return Promise.resolve('full');
    const { promise, resolve } = Promise.withResolvers<Unavailable | null>();
    const leave = (why: Unavailable) => {
      waiter.settle(why);
      // Who waited behind one that wanted many may find enough for themselves.
      this.#callNext();
    };
    const gone = () => leave('gone');
    const stop = this.#clock.after(patience, () => leave('timeout'));
    const waiter: Waiter = {
      count,
      settle: (why) => {
        this.#line.delete(waiter);
        stop();
        signal?.removeEventListener('abort', gone);
        resolve(why);
      },
    };
    signal?.addEventListener('abort', gone);
    this.#line.add(waiter);
    return promise;
  }

  #callNext(): void {
    for (const waiter of this.#line) {
      if (this.#inUse + waiter.count > this.#limit) return;
      this.#inUse += waiter.count;
      waiter.settle(null);
    }
  }
}
