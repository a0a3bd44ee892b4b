/** All sessions that wait for work, and the end of those that wait for too long. */
import type { Clock } from '../../machine/index.ts';
import type { PooledSession } from './lane.ts';

/** In the order in which they became idle. One timer serves them all. */
export class IdleSessions {
  readonly #clock: Clock;
  readonly #longest: number;
  readonly #expired: (pooled: PooledSession) => void;
  readonly #sessions = new Set<PooledSession>();
  #cancel: (() => void) | null = null;

  /**
   * @param longest how long a session may be idle, in ms
   * @param expired is told of each that was idle for so long, and takes it out
   */
  constructor(clock: Clock, longest: number, expired: (pooled: PooledSession) => void) {
    this.#clock = clock;
    this.#longest = longest;
    this.#expired = expired;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** The one that is idle for the longest. */
  get oldest(): PooledSession | undefined {
    return this.#sessions.values().next().value;
  }

  has(pooled: PooledSession): boolean {
    return this.#sessions.has(pooled);
  }

  /** A session becomes idle, in its lane too. */
  add(pooled: PooledSession): void {
    pooled.idleSince = this.#clock.now();
    pooled.hasRested = true;
    pooled.lane.idle.push(pooled);
    this.#sessions.add(pooled);
    this.#cancel ??= this.#clock.after(this.#longest, this.#sweep);
  }

  /** A session is idle no more, for whatever reason. */
  take(pooled: PooledSession): void {
    if (!this.#sessions.delete(pooled)) return;
    const { idle } = pooled.lane;
    idle.splice(idle.lastIndexOf(pooled), 1);
    if (this.#sessions.size === 0 && pooled.isLeaving) this.#stop();
  }

  /** Ends all of them, as if they had been idle for too long. */
  clear(): void {
    for (const pooled of this.#sessions) this.#expired(pooled);
    this.#stop();
  }

  /** The timer goes on for sessions that are taken and come back: it costs nothing for each message. */
  readonly #sweep = (): void => {
    this.#cancel = null;
    for (const pooled of this.#sessions) {
      const rest = pooled.idleSince + this.#longest - this.#clock.now();
      if (rest > 0) {
        this.#cancel = this.#clock.after(rest, this.#sweep);
        return;
      }
      this.#expired(pooled);
    }
  };

  #stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
