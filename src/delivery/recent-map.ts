/** What is kept for names that come from outside, of which there may be any number. */

/**
 * A map of at most `limit` values: the one that was asked for the longest ago makes room for a new one.
 *
 * Values that `isNeeded` names stay, so that there can be more for as long as they are.
 */
export class RecentMap<V> {
  readonly #limit: number;
  readonly #isNeeded: (value: V) => boolean;
  readonly #dropped: (value: V) => void;
  readonly #values = new Map<string, V>();

  constructor(
    limit: number,
    isNeeded: (value: V) => boolean = () => false,
    dropped: (value: V) => void = () => {},
  ) {
    this.#limit = limit;
    this.#isNeeded = isNeeded;
    this.#dropped = dropped;
  }

  get size(): number {
    return this.#values.size;
  }

  get(key: string): V | undefined {
    const value = this.#values.get(key);
    if (value !== undefined) this.#renew(key, value);
    return value;
  }

  set(key: string, value: V): void {
    this.#renew(key, value);
    // What is needed goes to the end, which keeps the search short: each call looks at two at most.
    for (let looks = 0; this.#values.size > this.#limit && looks < 2; looks++) {
      const [oldestKey, oldest] = this.#values.entries().next().value as [string, V];
      if (this.#isNeeded(oldest)) {
        this.#renew(oldestKey, oldest);
        continue;
      }
      this.#values.delete(oldestKey);
      this.#dropped(oldest);
    }
  }

  delete(key: string): void {
    this.#values.delete(key);
  }

  values(): IterableIterator<V> {
    return this.#values.values();
  }

  #renew(key: string, value: V): void {
    this.#values.delete(key);
    this.#values.set(key, value);
  }
}
