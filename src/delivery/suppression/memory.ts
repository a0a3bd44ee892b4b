import { type Suppression, type SuppressionList, suppressionKey } from './suppression.ts';

/**
 * A suppression list in memory.
 *
 * @example
 * ```ts
 * import { MemorySuppressionList } from 'mailwright/delivery';
 *
 * const list = new MemorySuppressionList();
 * list.add({ address: 'sam@example.net', reason: 'no-such-user', at: Date.now() });
 * list.find('SAM@example.net', Date.now())?.reason; // 'no-such-user'
 * ```
 */
export class MemorySuppressionList implements SuppressionList {
  readonly #entries = new Map<string, Suppression>();
  readonly #most: number;

  /** @param most - entries, 1,000,000 by default: strangers' servers bring them about. The oldest makes room */
  constructor(most = 1_000_000) {
    this.#most = most;
  }

  /** Entries, also those whose time has passed and that were not looked at since. */
  get size(): number {
    return this.#entries.size;
  }

  find(address: string, now: number): Suppression | undefined {
    if (this.#entries.size === 0) return undefined;
    const key = suppressionKey(address);
    const entry = this.#entries.get(key);
    if (entry === undefined || isCurrent(entry, now)) return entry;
    this.#entries.delete(key);
    return undefined;
  }

  add(suppression: Suppression): void {
    const key = suppressionKey(suppression.address);
    this.#entries.delete(key);
    this.#entries.set(key, suppression);
    if (this.#entries.size <= this.#most) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      break;
    }
  }

  remove(address: string): void {
    this.#entries.delete(suppressionKey(address));
  }

  *list(now: number): Iterable<Suppression> {
    for (const entry of this.#entries.values()) if (isCurrent(entry, now)) yield entry;
  }
}

function isCurrent({ until }: Suppression, now: number): boolean {
  return until === undefined || until > now;
}
