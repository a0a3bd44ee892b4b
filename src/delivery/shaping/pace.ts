/**
 * A token bucket that gives out its tokens ahead of time.
 *
 * It is kept as times rather than as a number of tokens (the virtual scheduling form of ITU-T I.371): `gap` ms
 * between two messages, and up to `slack` ms ahead of that after a rest. Who finds it empty is given a
 * place: the time at which its token will be there. It is expected back then, finds its token kept, and goes.
 *
 * Places are promises about the future; what leaves is measured on its own, so that messages that come back
 * late, and all at once, still leave at the pace. In any span of time T, at most
 * 1 + (T + slack + grace) / gap leave.
 */

/** How late, in ms, a message may come back to its place without being put off again. */
export const grace = 1000;
/** A place whose message has not come back after this time, in ms, may be given up for another's. */
const patience = 600_000;

/** How many places there may be, over all paces that share this. */
export interface Places {
  taken: number;
  readonly limit: number;
}

/** A pace, as {@link Pace.ask} is told it each time, since it may change. */
export interface Spacing {
  /** Between two messages, in ms. */
  readonly gap: number;
  /** How far ahead of it they may go after a rest, in ms. */
  readonly slack: number;
  /** Nothing leaves before this time. */
  readonly notBefore: number;
}

/** One bucket. See the top of this file. */
export class Pace {
  readonly #places: Places;
  /** When each message that was put off may leave, by its id; about in the order of time. */
  readonly #kept = new Map<string, number>();
  /** When the next message is due by what was promised, and by what has left; without slack. */
  #promised = 0;
  #left = 0;
  /** The last place given to one that came back late, and to one whose place could not be kept. */
  #again = 0;
  #beyond = 0;
  /** When it was asked last. */
  #asked = 0;

  constructor(places: Places) {
    this.#places = places;
  }

  /**
   * May a message leave?
   *
   * @param count tokens that it takes
   * @returns a time that is not later than `now`: yes, and its tokens are taken. Else: when to come again.
   */
  ask(id: string, count: number, now: number, { gap, slack, notBefore }: Spacing): number {
    if (now < this.#asked) this.#setBack(this.#asked - now);
    this.#asked = now;
    const place = this.#kept.get(id);
    const cost = count * gap;
    if (place === undefined) {
      this.#promised = Math.max(this.#promised, this.#left);
      const at = Math.max(this.#promised - slack, notBefore);
      if (at <= now) {
        this.#promised = Math.max(this.#promised, now) + cost;
        return this.#leave(now, cost);
      }
      return this.#putOff(id, at, cost, now);
    }
    if (place > now) return place;
    const at = Math.max(this.#left - slack, notBefore);
    if (at <= now || (notBefore <= now && at <= now + grace)) {
      this.#forget(id);
      return this.#leave(now, cost);
    }
    this.#again = Math.ceil(Math.max(at, this.#again + cost));
    this.#kept.set(id, this.#again);
    return this.#again;
  }

  /** Gives all places up. */
  close(): void {
    this.#places.taken -= this.#kept.size;
    this.#kept.clear();
  }

  /** The clock was set back: what was reckoned by it goes along, or nothing would leave until it is made up for. */
  #setBack(ms: number): void {
    this.#promised -= ms;
    this.#left -= ms;
    this.#again -= ms;
    this.#beyond -= ms;
    for (const [id, time] of this.#kept) this.#kept.set(id, time - ms);
  }

  #leave(now: number, cost: number): number {
    this.#left = Math.max(this.#left, now) + cost;
    return now;
  }

  #putOff(id: string, at: number, cost: number, now: number): number {
    const time = Math.ceil(at);
    if (this.#places.taken >= this.#places.limit) this.#forgetLost(now);
    if (this.#places.taken >= this.#places.limit) {
      // It is told when its turn would be, but it is not known when it comes back.
      this.#beyond = Math.max(this.#beyond + cost, time);
      return Math.ceil(this.#beyond);
    }
    this.#places.taken++;
    this.#kept.set(id, time);
    this.#promised = Math.max(this.#promised, at) + cost;
    return time;
  }

  #forget(id: string): void {
    if (this.#kept.delete(id)) this.#places.taken--;
  }

  /** Gives up places of messages that seem to be gone: deleted, or held. */
  #forgetLost(now: number): void {
    for (const [id, place] of this.#kept) {
      if (place + patience > now) return;
      this.#forget(id);
    }
  }
}
