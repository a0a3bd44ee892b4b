/**
 * Shaping: how fast, how many at once, and what to make of replies, for each destination.
 *
 * A message that has to wait is `limited`: no attempt, and no failure. It is told until when, and its place is
 * kept, so that it is put off once, and in order.
 */
import type { Clock } from '../../machine/index.ts';
import type { ServerReply } from '../../smtp/index.ts';
import { systemClock } from '../clock.ts';
import { checkLimits } from '../limit-misuse.ts';
import { RecentMap } from '../recent-map.ts';
import { Gate, type PutOff } from './gate.ts';
import { checkShaping, limitsFor, type ShapingLimits, type ShapingRule } from './limits.ts';
import { canonical, type Destination } from './name-pattern.ts';
import type { Places } from './pace.ts';
import { actionFor, checkAction, type ReplyAction, type ReplyRule } from './reply-rule.ts';

/** Options of {@link Shaper}. */
export interface ShaperOptions {
  /** Limits of each site that no rule is about. Default: none. */
  readonly limits?: ShapingLimits;
  /** Limits of some destinations; the first rule that fits counts. */
  readonly rules?: readonly ShapingRule[];
  /** What to make of replies; the first rule that fits counts. */
  readonly replies?: readonly ReplyRule[];
  /**
   * Messages whose places are kept, over all destinations. Those beyond are told a time too, but they are
   * strangers when they come back, and may be put off again. Default 100,000, about 20 MB.
   */
  readonly places?: number;
  /** Destinations that are remembered; the one that was sent to the longest ago is forgotten. Default 10,000. */
  readonly destinations?: number;
  readonly clock?: Clock;
}

/** The leave to send. `release` must be called once, whatever happens. */
export interface Leave {
  readonly ok: true;
  /** Notes what a server said, and tells what to make of it; `suspend` and `slow` are done already. */
  heed(reply: ServerReply): ReplyAction | null;
  release(): void;
}

/** No leave: not before `until`, in ms since 1970. */
export interface NoLeave {
  readonly ok: false;
  readonly until: number;
  readonly why: string;
}

/** What is going on, for statistics and tests. */
export interface ShaperCounters {
  /** Leaves that are out. */
  readonly inUse: number;
  readonly waiting: number;
  /** Messages whose places are kept. */
  readonly places: number;
  readonly destinations: number;
}

/**
 * Limits for destinations.
 *
 * @example
 * ```ts
 * import { Shaper } from 'mailwright/delivery';
 *
 * const shaper = new Shaper({
 *   limits: { concurrency: 20 },
 *   rules: [
 *     { domain: 'example.org', rate: { messages: 100, per: 'minute', burst: 10 } },
 *     { site: '*.google.com', rate: { messages: 20, per: 'second' }, concurrency: 50 },
 *   ],
 *   replies: [{ when: { code: 421, text: 'too many connections' }, action: { slow: 2, for: 600_000 } }],
 * });
 * ```
 */
export class Shaper {
  readonly #limits: ShapingLimits;
  readonly #rules: readonly ShapingRule[];
  readonly #replies: readonly ReplyRule[];
  readonly #clock: Clock;
  readonly #places: Places;
  readonly #gates: RecentMap<Gate>;

  /** @throws LimitMisuse for limits that are less than 1, rates that are not above 0, and actions with times that are none */
  constructor(options: ShaperOptions = {}) {
    const { limits = {}, rules = [], replies = [], places = 100_000, destinations = 10_000 } = options;
    checkLimits({ places, destinations });
    for (const each of [limits, ...rules]) checkShaping(each);
    for (const { action } of replies) checkAction(action);
    this.#limits = limits;
    this.#rules = rules.map(canonical);
    this.#replies = replies.map(({ when, action }) => ({ when: canonical(when), action }));
    this.#clock = options.clock ?? systemClock;
    this.#places = { taken: 0, limit: places };
    this.#gates = new RecentMap(
      destinations,
      (gate) => gate.isBusy,
      (gate) => gate.close(),
    );
  }

  /**
   * Asks for the leave to send a message.
   *
   * @param id names the message and its destination: equal when it comes again
   * @param count transactions that it takes; all go at once, and those after it wait for longer
   * @returns `null`: the signal came first
   */
  enter(
    destination: Destination,
    id: string,
    count: number,
    signal: AbortSignal,
  ): Leave | NoLeave | null | Promise<Leave | NoLeave | null> {
    const gate = this.#gateFor(destination);
    const entered = gate.enter(id, count, signal);
    return entered instanceof Promise
      ? entered.then((each) => this.#answer(each, gate, destination))
      : this.#answer(entered, gate, destination);
  }

  get counters(): ShaperCounters {
    let [inUse, waiting] = [0, 0];
    for (const { permits } of this.#gates.values()) {
      inUse += permits.inUse;
      waiting += permits.waiting;
    }
    return { inUse, waiting, places: this.#places.taken, destinations: this.#gates.size };
  }

  #gateFor(destination: Destination): Gate {
    const { key, limits } = limitsFor(this.#rules, this.#limits, destination);
    let gate = this.#gates.get(key);
    if (gate === undefined) {
      gate = new Gate(limits, this.#clock, this.#places);
      this.#gates.set(key, gate);
    }
    return gate;
  }

  #answer(entered: PutOff | null | true, gate: Gate, destination: Destination): Leave | NoLeave | null {
    if (entered === null) return null;
    if (entered !== true) return { ok: false, ...entered };
    const began = this.#clock.now();
    let isOut = true;
    return {
      ok: true,
      heed: (reply) => {
        const action = actionFor(this.#replies, reply, destination);
        if (action !== null && 'suspend' in action) gate.suspend(action.suspend);
        if (action !== null && 'slow' in action) gate.slow(action.slow, action.for);
        return action;
      },
      release: () => {
        if (isOut) gate.leave(this.#clock.now() - began);
        isOut = false;
      },
    };
  }
}
