/**
 * Messages by the time they are due, for "what is due?" without looking at what is not.
 *
 * Sorted runs of at most {@link runLimit} entries in a sorted list: finding costs two binary searches,
 * adding and removing one short shift. It takes about one pointer per message, and a walk through
 * it survives any change made between two steps.
 */
import type { SpoolEntry } from './contract.ts';

type Key = Pick<SpoolEntry, 'due' | 'id'>;

/** A shift of 512 pointers costs less than the search for where to shift. */
const runLimit = 512;

/** An order of entries by `due`, then `id`. An entry's `due` must not change while it is inside. */
export class DueOrder<E extends Key> {
  readonly #runs: E[][] = [];

  /** Adds an entry, unless it is never due. */
  add(entry: E): void {
    if (entry.due === Number.POSITIVE_INFINITY) return;
    // An entry after all others goes to the end of the last run.
    const at = Math.min(this.#runAt(entry), this.#runs.length - 1);
    const run = this.#runs[at];
    if (run === undefined) {
      this.#runs.push([entry]);
      return;
    }
    run.splice(lowerBound(run, entry), 0, entry);
    if (run.length > runLimit) this.#runs.splice(at + 1, 0, run.splice(runLimit / 2));
  }

  remove(entry: E): void {
    const runAt = this.#runAt(entry);
    const run = this.#runs[runAt];
    if (run === undefined) return;
    const at = lowerBound(run, entry);
    if (run[at] !== entry) return;
    run.splice(at, 1);
    if (run.length === 0) this.#runs.splice(runAt, 1);
  }

  /** The entries due at or before `dueBy`, the earliest first. */
  *upTo(dueBy: number): Generator<E> {
    let last: Key = { due: Number.NEGATIVE_INFINITY, id: '' };
    for (;;) {
      const entry = this.#after(last);
      if (entry === undefined || entry.due > dueBy) return;
      // A copy: the entry itself may get another time before the next step.
      last = { due: entry.due, id: entry.id };
      yield entry;
    }
  }

  #after(key: Key): E | undefined {
    const runAt = this.#runAt(key);
    const run = this.#runs[runAt];
    if (run === undefined) return undefined;
    const at = lowerBound(run, key);
    const found = run[at];
    if (found === undefined || compare(found, key) > 0) return found;
    return run[at + 1] ?? this.#runs[runAt + 1]?.[0];
  }

  /** The first run whose last entry is not below the key: the one that holds it, if any does. */
  #runAt(key: Key): number {
    let low = 0;
    let high = this.#runs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const last = this.#runs[middle]?.at(-1);
      if (last !== undefined && compare(last, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function lowerBound<E extends Key>(run: readonly E[], key: Key): number {
  let low = 0;
  let high = run.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(run[middle] as E, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function compare(a: Key, b: Key): number {
  if (a.due !== b.due) return a.due < b.due ? -1 : 1;
  return a.id === b.id ? 0 : a.id < b.id ? -1 : 1;
}
