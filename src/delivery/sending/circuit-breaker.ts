/**
 * A circuit breaker for each server: one that can't be talked to is left alone for a while, and then tried by
 * one connection rather than by all that wait for it (RFC 5321 §4.5.4.1: keep a list of hosts that can't be
 * reached, rather than retry each queued message).
 */
import type { Clock } from '../../machine/index.ts';
import { checkLimits } from '../limit-misuse.ts';
import { RecentMap } from '../recent-map.ts';

/** When servers are left alone, and for how long. */
export interface CircuitBreakerOptions {
  /** Failures in a row that open the circuit. Default 5. */
  readonly failures?: number;
  /** The first pause, in ms. Each failed trial doubles it. Default 30,000. */
  readonly pause?: number;
  /** The longest pause, in ms. Default 1,800,000. */
  readonly longestPause?: number;
  /** Servers that are kept in mind; the one in trouble that was tried the longest ago is forgotten. Default 10,000. */
  readonly servers?: number;
}

interface Trouble {
  /** In a row. */
  failures: number;
  pause: number;
  /** No connection before this time. */
  until: number;
  /** One was let through after a pause, and nothing was heard of it yet. */
  isOnTrial: boolean;
}

/** See the top of this file. Servers without trouble cost nothing. */
export class CircuitBreaker {
  readonly #clock: Clock;
  readonly #failures: number;
  readonly #pause: number;
  readonly #longestPause: number;
  readonly #troubles: RecentMap<Trouble>;

  /** @throws LimitMisuse for limits that are less than 1 */
  constructor(clock: Clock, options: CircuitBreakerOptions = {}) {
    const { failures = 5, pause = 30_000, longestPause = 1_800_000, servers = 10_000 } = options;
    checkLimits({ failures, pause, longestPause, servers });
    this.#clock = clock;
    this.#failures = failures;
    this.#pause = pause;
    this.#longestPause = longestPause;
    this.#troubles = new RecentMap(servers);
  }

  /** Servers that are in trouble. */
  get size(): number {
    return this.#troubles.size;
  }

  /**
   * May a connection be tried?
   *
   * After a pause one may, and unless it succeeds, the next may only after another pause, even if nothing is
   * ever heard of it.
   *
   * @returns `null`: yes; else when to ask again
   */
  ask(server: string): number | null {
    const trouble = this.#troubles.get(server);
    if (trouble === undefined || trouble.failures < this.#failures) return null;
    const now = this.#clock.now();
    // What is further away than the pause was told by a clock that has been set back since.
    if (now < trouble.until && trouble.until - now <= trouble.pause) return trouble.until;
    trouble.until = now + trouble.pause;
    trouble.isOnTrial = true;
    return null;
  }

  /** A connection could not be had, or broke. */
  failed(server: string): void {
    const trouble = this.#troubles.get(server) ?? {
      failures: 0,
      pause: this.#pause,
      until: 0,
      isOnTrial: false,
    };
    this.#troubles.set(server, trouble);
    trouble.failures += 1;
    // Connections that were there before the pause, or were tried beside each other, say nothing new.
    if (trouble.failures < this.#failures || (trouble.failures > this.#failures && !trouble.isOnTrial))
      return;
    if (trouble.isOnTrial) trouble.pause = Math.min(trouble.pause * 2, this.#longestPause);
    trouble.isOnTrial = false;
    trouble.until = this.#clock.now() + trouble.pause;
  }

  /** The server answered: all is forgotten. */
  succeeded(server: string): void {
    if (this.#troubles.size > 0) this.#troubles.delete(server);
  }
}
