/**
 * Where counts for outgoing reports wait until a report is due.
 *
 * Groups and items are texts that mean something only to a collector: a group becomes one report, an
 * item one row of it.
 */

/**
 * Counts of like events.
 *
 * An implementation keeps these promises: what `add` was called with is in `read` as soon as its Promise,
 * if it gave one, has resolved; a group is there until `drop`; groups do not touch one another. It need
 * not survive a power cut to the last event, but a torn write must not cost more than itself.
 */
export interface ReportStore {
  /** Adds to an item's count; a new item begins at 0. */
  add(group: string, item: string, count: number): void | Promise<void>;
  /** All groups, in any order. */
  groups(): readonly string[] | Promise<readonly string[]>;
  /** The items of a group with their counts; none where there is no such group. */
  read(group: string): ReadonlyMap<string, number> | Promise<ReadonlyMap<string, number>>;
  /** Forgets a group; one that is not there is forgotten already. */
  drop(group: string): void | Promise<void>;
}

/**
 * A store in memory.
 *
 * @example
 * ```ts
 * import { MemoryReportStore } from 'mailwright/reports';
 *
 * const store = new MemoryReportStore();
 * store.add('group', 'item', 2);
 * store.read('group').get('item'); // 2
 * ```
 */
export class MemoryReportStore implements ReportStore {
  readonly #groups = new Map<string, Map<string, number>>();
  readonly #most: number;
  #items = 0;
  #dropped = 0;

  /**
   * @param most - items over all groups, 1,000,000 by default: peers choose what goes into them. Events
   *   that need a new item beyond are only counted, in {@link MemoryReportStore.dropped}
   */
  constructor(most = 1_000_000) {
    this.#most = most;
  }

  /** Events that found no room. */
  get dropped(): number {
    return this.#dropped;
  }

  add(group: string, item: string, count: number): void {
    const items = this.#groups.get(group) ?? new Map<string, number>();
    const before = items.get(item);
    if (before === undefined && this.#items >= this.#most) {
      this.#dropped += count;
      return;
    }
    if (before === undefined) this.#items++;
    items.set(item, (before ?? 0) + count);
    this.#groups.set(group, items);
  }

  groups(): readonly string[] {
    return [...this.#groups.keys()];
  }

  read(group: string): ReadonlyMap<string, number> {
    return this.#groups.get(group) ?? new Map();
  }

  drop(group: string): void {
    this.#items -= this.#groups.get(group)?.size ?? 0;
    this.#groups.delete(group);
  }
}
