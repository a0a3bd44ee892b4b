/**
 * Who works on which message. One at a time: a run, or a change by the host; so that neither sees the other's
 * work half done.
 */
import type { SpoolEntry, SpoolId } from '../../spool/index.ts';
import type { Run } from './run.ts';

/** One message that somebody works on. */
interface Hand {
  /** Absent where it is a change by the host. */
  readonly run?: Run;
  readonly done: Promise<void>;
  /** The latest news of the message from the spool, since it was taken. */
  news?: SpoolEntry;
}

/** The messages that are worked on. See the top of this file. */
export class Hands {
  readonly #hands = new Map<SpoolId, Hand>();

  get size(): number {
    return this.#hands.size;
  }

  has(id: SpoolId): boolean {
    return this.#hands.has(id);
  }

  runOf(id: SpoolId): Run | undefined {
    return this.#hands.get(id)?.run;
  }

  *runs(): Generator<Run> {
    for (const { run } of this.#hands.values()) if (run !== undefined) yield run;
  }

  /** Notes news of a message in hand. @returns whether it is in hand */
  note(entry: SpoolEntry): boolean {
    const hand = this.#hands.get(entry.id);
    if (hand !== undefined) hand.news = entry;
    return hand !== undefined;
  }

  /** Takes a message that nobody has, and works on it. `after` gets the news that came meanwhile. */
  take<T>(
    id: SpoolId,
    run: Run | undefined,
    work: () => Promise<T>,
    after: (result: T | undefined, news: SpoolEntry | undefined) => void,
  ): Promise<T> {
    const result = work();
    const end = (value?: T) => {
      this.#hands.delete(id);
      after(value, hand.news);
    };
    const hand: Hand = { ...(run && { run }), done: result.then(end, () => end()) };
    this.#hands.set(id, hand);
    return result;
  }

  /** Waits for whoever has the message now; somebody else may have it then. */
  async ended(id: SpoolId): Promise<void> {
    await this.#hands.get(id)?.done;
  }

  /** Waits for all that are in hand now. */
  async settled(): Promise<void> {
    await Promise.all([...this.#hands.values()].map(({ done }) => done));
  }
}
