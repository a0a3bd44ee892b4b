/** A number of permits, and a line of those who wait for one. */

interface Waiter {
  readonly resolve: (got: boolean) => void;
  readonly signal: AbortSignal | undefined;
  readonly onAbort: () => void;
}

/** Permits of which `limit` may be out at the same time; first come, first served. */
export class Permits {
  #inUse = 0;
  readonly #line = new Set<Waiter>();

  /** Permits that are out. */
  get inUse(): number {
    return this.#inUse;
  }

  get waiting(): number {
    return this.#line.size;
  }

  /**
   * Takes a permit, at once or later.
   *
   * @param limit of permits at present
   * @param room how many may wait
   * @returns (a promise of) `false`: there is no room to wait, or the signal came first
   */
  take(limit: number, room: number, signal?: AbortSignal): boolean | Promise<boolean> {
    if (this.#inUse < limit && this.#line.size === 0) {
      this.#inUse++;
      return true;
    }
    if (this.#line.size >= room || signal?.aborted) return false;
    return new Promise((resolve) => {
      const waiter: Waiter = {
        resolve,
        signal,
        onAbort: () => {
          this.#line.delete(waiter);
          resolve(false);
        },
      };
      signal?.addEventListener('abort', waiter.onAbort, { once: true });
      this.#line.add(waiter);
    });
  }

  /** Gives a permit back. @param limit at present: those who wait get what it leaves */
  give(limit: number): void {
    this.#inUse--;
    for (const waiter of this.#line) {
      if (this.#inUse >= limit) return;
      this.#line.delete(waiter);
      waiter.signal?.removeEventListener('abort', waiter.onAbort);
      this.#inUse++;
      waiter.resolve(true);
    }
  }
}
