/** The state of one set of limits: how many messages are under way, the pace, and what replies have brought about. */
import type { Clock } from '../../machine/index.ts';
import { paceOf, type ShapingLimits } from './limits.ts';
import { Pace, type Places } from './pace.ts';
import { Permits } from './permits.ts';

/** For who finds the line full: the soonest and the latest time to come again, in ms. */
const soonest = 1000;
const latest = 600_000;

/** It may not leave now. */
export interface PutOff {
  readonly until: number;
  readonly why: string;
}

/** See the top of this file. */
export class Gate {
  readonly permits = new Permits();
  readonly #limits: ShapingLimits;
  readonly #clock: Clock;
  readonly #pace: Pace;
  readonly #steady: { readonly gap: number; readonly slack: number } | null;
  #suspendedUntil = 0;
  #slowBy = 1;
  #slowUntil = 0;
  /** How long a message is under way, on average, in ms. */
  #usual = 0;
  /** When the last of those that found the line full was told to come again. */
  #horizon = 0;

  constructor(limits: ShapingLimits, clock: Clock, places: Places) {
    this.#limits = limits;
    this.#clock = clock;
    this.#pace = new Pace(places);
    this.#steady = limits.rate === undefined ? null : paceOf(limits.rate);
  }

  /** Somebody is within, or waits. */
  get isBusy(): boolean {
    return this.permits.inUse > 0 || this.permits.waiting > 0;
  }

  /** A permit, soon or at once; `null`: stopped while it waited. Whoever has one gives it back by `leave`. */
  enter(
    id: string,
    count: number,
    signal: AbortSignal,
  ): PutOff | null | true | Promise<PutOff | null | true> {
    if (this.#steady === null && this.#suspendedUntil > this.#clock.now()) {
      return { until: this.#suspendedUntil, why: suspended };
    }
    const limit = this.#concurrency();
    // As many wait as may be under way: the line stays short, and who waits is served without another scheduling.
    const permit = this.permits.take(limit, limit, signal);
    if (typeof permit === 'boolean')
      return permit ? this.#askPace(id, count) : this.#lineIsFull(limit, signal);
    return permit.then((got) => (got ? this.#askPace(id, count) : null));
  }

  /** @param ms how long the message was under way */
  leave(ms: number): void {
    this.#usual += (ms - this.#usual) / 8;
    this.permits.give(this.#concurrency());
  }

  suspend(ms: number): void {
    this.#suspendedUntil = Math.max(this.#suspendedUntil, this.#clock.now() + ms);
  }

  slow(factor: number, ms: number): void {
    this.#slowBy = Math.max(factor, 1);
    this.#slowUntil = this.#clock.now() + ms;
  }

  close(): void {
    this.#pace.close();
  }

  #askPace(id: string, count: number): PutOff | true {
    const now = this.#clock.now();
    let until = this.#suspendedUntil;
    if (this.#steady !== null) {
      const { gap, slack } = this.#steady;
      const factor = this.#factor();
      until = this.#pace.ask(id, count, now, { gap: gap * factor, slack, notBefore: this.#suspendedUntil });
    }
    if (until <= now) return true;
    this.permits.give(this.#concurrency());
    return { until, why: this.#suspendedUntil > now ? suspended : 'the rate for the destination is reached' };
  }

  /** When those before it are likely to be done, so that however many there are, each is put off about once. */
  #lineIsFull(limit: number, signal: AbortSignal): PutOff | null {
    if (signal.aborted) return null;
    const now = this.#clock.now();
    this.#horizon = Math.min(Math.max(this.#horizon, now + soonest) + this.#usual / limit, now + latest);
    return { until: Math.ceil(this.#horizon), why: 'enough messages are under way to the destination' };
  }

  #concurrency(): number {
    const { concurrency = Number.POSITIVE_INFINITY } = this.#limits;
    return Math.max(Math.floor(concurrency / this.#factor()), 1);
  }

  #factor(): number {
    return this.#slowBy !== 1 && this.#slowUntil > this.#clock.now() ? this.#slowBy : 1;
  }
}

const suspended = 'the destination asked for a pause';
