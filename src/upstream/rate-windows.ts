/** How often something may happen: at most so many times in any stretch of so many milliseconds. */

/** A limit of {@link RateWindows}. */
export interface Window {
  readonly count: number;
  readonly ms: number;
}

/**
 * Gives out the moments at which something may happen, exactly and in constant time: of each window it
 * remembers the last `count` moments, and the next is not before the oldest of them is `ms` ago.
 */
export class RateWindows {
  readonly #windows: readonly { readonly ms: number; readonly moments: Float64Array; next: number }[];
  #last = Number.NEGATIVE_INFINITY;
  #now = Number.NEGATIVE_INFINITY;

  constructor(windows: readonly Window[]) {
    this.#windows = windows.map(({ count, ms }) => ({
      ms,
      moments: new Float64Array(count).fill(Number.NEGATIVE_INFINITY),
      next: 0,
    }));
  }

  /**
   * The next moment, which the caller keeps whether he uses it or not; not before `now`. `null`, and nothing
   * is given out, where it would be after `latest`.
   */
  reserve(now: number, latest: number): number | null {
    if (now < this.#now) this.#setBack(this.#now - now);
    this.#now = now;
    let moment = Math.max(now, this.#last);
    for (const { ms, moments, next } of this.#windows) moment = Math.max(moment, moments[next]! + ms);
    if (moment > latest) return null;
    this.#last = moment;
    for (const window of this.#windows) {
      window.moments[window.next] = moment;
      window.next = (window.next + 1) % window.moments.length;
    }
    return moment;
  }

  /** The clock was set back: what was given out is as long ago, or as far off, as it was. */
  #setBack(ms: number): void {
    this.#last -= ms;
    for (const { moments } of this.#windows)
      for (const [i, moment] of moments.entries()) moments[i] = moment - ms;
  }
}
