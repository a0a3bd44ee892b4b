/**
 * Shares: how many attempts each destination may have in hand, so that a slow one can not take all there are.
 *
 * A destination may take as many as are free, over all destinations, at that moment. Then one busy
 * destination gets half of all, two get a third each, and however many there are, some always stay free for
 * the next one. (Choudhury and Hahne's dynamic thresholds for shared buffers, 1998.)
 */
/** One route with attempts in hand. */
export interface Share {
  readonly key: string;
  readonly destination: string;
  inHand: number;
  /** How long an attempt takes, on average, in ms. */
  usual: number;
  /** Until when its turns are given away, in ms since 1970. */
  horizon: number;
}

/** A message that can not be kept in memory until its turn comes back after at least so long, and at most. */
const soonestTurn = 30_000;
const latestTurn = 3_600_000;

/** The attempts in hand, by route. See the top of this file. */
export class Shares {
  readonly #limit: number;
  readonly #shares = new Map<string, Share>();
  #inHand = 0;

  /** @param limit of attempts in hand, all together */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Attempts in hand. */
  get inHand(): number {
    return this.#inHand;
  }

  /** Whether another attempt by this route may be made now. */
  has(key: string): boolean {
    const inHand = this.#shares.get(key)?.inHand ?? 0;
    return inHand < Math.max(this.#limit - this.#inHand, 1);
  }

  take(key: string, destination: string): void {
    this.#inHand++;
    const share = this.#shares.get(key);
    if (share === undefined) this.#shares.set(key, { key, destination, inHand: 1, usual: 0, horizon: 0 });
    else share.inHand++;
  }

  /** Gives back what `take` took. @param ms how long the attempt took; absent where none was made */
  give(key: string, ms?: number): void {
    const share = this.#shares.get(key);
    if (share === undefined) return;
    this.#inHand--;
    share.inHand--;
    if (ms !== undefined) share.usual += (ms - share.usual) / 8;
    if (share.inHand === 0) this.#shares.delete(key);
  }

  /**
   * When a message that finds no share, nor room to wait in memory, should come again: when those before it
   * are likely to be done. So however long the line, each is put off about once, and not again and again.
   */
  turn(key: string, now: number): number {
    const share = this.#shares.get(key);
    if (share === undefined) return now + soonestTurn;
    const begin = Math.max(share.horizon, now + soonestTurn);
    share.horizon = Math.min(begin + share.usual / share.inHand, now + latestTurn);
    return Math.ceil(share.horizon);
  }

  [Symbol.iterator](): IterableIterator<Readonly<Share>> {
    return this.#shares.values();
  }
}
