/**
 * Messages that are due and must wait for a moment: for a time, or for their turn with a busy destination.
 * They are kept in memory by id alone, so that no write is spent on them; a restart finds them due.
 */
import type { SpoolId } from '../../spool/index.ts';
import { Heap } from './heap.ts';

interface Waiting {
  readonly id: SpoolId;
  /** A time in ms since 1970, or in a line the negative priority: the smaller one goes first. */
  readonly rank: number;
  readonly number: number;
}

/** The messages that wait for one route. */
interface Line {
  readonly key: string;
  readonly destination: string;
  readonly waiting: Heap<Waiting>;
}

function before(a: Waiting, b: Waiting): boolean {
  return a.rank === b.rank ? a.number < b.number : a.rank < b.rank;
}

/** What waits in memory, at most `limit` messages. */
export class Aside {
  readonly #limit: number;
  readonly #waiting = new Map<SpoolId, Waiting>();
  readonly #byTime = new Heap<Waiting>(before);
  /** By route, in the order in which they are asked. */
  readonly #lines = new Map<string, Line>();
  #lastNumber = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#waiting.size;
  }

  get full(): boolean {
    return this.#waiting.size >= this.#limit;
  }

  /** So many wait, though only those were added that could not be written, that no more should be taken. */
  get overfull(): boolean {
    return this.#waiting.size >= 2 * this.#limit;
  }

  /** Those routes that somebody waits for. */
  get lines(): ReadonlyMap<string, Line> {
    return this.#lines;
  }

  /** When the first one is to come back; `Infinity` where none waits for a time. */
  get nextTime(): number {
    return this.#byTime.first?.rank ?? Number.POSITIVE_INFINITY;
  }

  has(id: SpoolId): boolean {
    return this.#waiting.has(id);
  }

  /** Until a time, in ms since 1970. */
  untilTime(id: SpoolId, time: number): void {
    this.#byTime.push(this.#wait(id, time));
  }

  /** Until there is a share for the route; among those who wait for it, higher priority goes first. */
  inLine(id: SpoolId, { key, destination }: Pick<Line, 'key' | 'destination'>, priority: number): void {
    let line = this.#lines.get(key);
    if (line === undefined) {
      line = { key, destination, waiting: new Heap(before) };
      this.#lines.set(key, line);
    }
    line.waiting.push(this.#wait(id, -priority));
  }

  /** Takes one out whose time has come. */
  takeTimed(now: number): SpoolId | undefined {
    while (this.nextTime <= now) {
      const id = this.#leave(this.#byTime.pop());
      if (id !== undefined) return id;
    }
    return undefined;
  }

  /** Takes the first one of a route's line. */
  takeFrom({ key, waiting }: Line): SpoolId | undefined {
    let id: SpoolId | undefined;
    while (id === undefined && waiting.size > 0) id = this.#leave(waiting.pop());
    if (waiting.size === 0) this.#lines.delete(key);
    return id;
  }

  /** The line that is next to be asked; it goes to the end of the order. */
  nextLine(): Line | undefined {
    for (const [key, line] of this.#lines) {
      this.#lines.delete(key);
      this.#lines.set(key, line);
      return line;
    }
    return undefined;
  }

  /** Forgets a message: somebody else sees to it. */
  remove(id: SpoolId): void {
    // Where it stands in a heap, it is passed over later.
    this.#waiting.delete(id);
  }

  #wait(id: SpoolId, rank: number): Waiting {
    const waiting = { id, rank, number: ++this.#lastNumber };
    this.#waiting.set(id, waiting);
    return waiting;
  }

  #leave(waiting: Waiting | undefined): SpoolId | undefined {
    if (waiting === undefined || this.#waiting.get(waiting.id) !== waiting) return undefined;
    this.#waiting.delete(waiting.id);
    return waiting.id;
  }
}
