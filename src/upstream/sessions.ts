/** Sessions with one account's provider: kept a while when a message is done, for the next one. */
import type { MailSession } from '../delivery/index.ts';
import type { Clock, Secret } from '../machine/index.ts';
import type { Permits } from './permits.ts';

/** How long sessions with providers are used. */
export interface SessionLimits {
  /** Milliseconds for which an idle one is kept. Default 60,000. */
  readonly idle: number;
  /** Milliseconds after which one gets no more messages. Default 1,800,000. */
  readonly age: number;
  /** Messages for each. Default 100. */
  readonly messages: number;
}

/** A session, and what it was opened with. */
export interface Kept {
  readonly session: MailSession;
  readonly token: Secret;
  readonly openedAt: number;
  /** Messages so far. */
  messages: number;
  /** Ends the waiting for the end of its idle time. */
  stop: () => void;
}

/**
 * The idle sessions of one account.
 *
 * Who takes one, and who puts one back, has a permit, and opens another only where none is idle; an idle
 * one is ended under a permit too. So there are never more sessions than permits.
 */
export class IdleSessions {
  readonly #limits: SessionLimits;
  readonly #clock: Clock;
  readonly #permits: Permits;
  readonly #idle: Kept[] = [];
  #closed = false;

  constructor(limits: SessionLimits, clock: Clock, permits: Permits) {
    this.#limits = limits;
    this.#clock = clock;
    this.#permits = permits;
  }

  get count(): number {
    return this.#idle.length;
  }

  /** The one that was used last, so that those that are not needed grow old. */
  take(): Kept | undefined {
    for (let kept = this.#idle.pop(); kept !== undefined; kept = this.#idle.pop()) {
      kept.stop();
      kept.session.onClose = null;
      if (!kept.session.closed && kept.session.idle) return kept;
      kept.session.destroy();
    }
    return undefined;
  }

  /** Resolves when the session is idle and kept, or gone. */
  async putBack(kept: Kept): Promise<void> {
    const { session } = kept;
    kept.messages += 1;
    // After a refusal an RSET may be under way.
    if (!session.closed && !session.idle) await rested(session);
    if (session.closed) return;
    const { age, messages, idle } = this.#limits;
    const old = kept.messages >= messages || this.#clock.now() - kept.openedAt >= age;
    if (old || this.#closed) return await session.quit();
    session.onClose = () => this.#remove(kept);
    kept.stop = this.#clock.after(idle, () => this.#retire(kept));
    this.#idle.push(kept);
  }

  /** Ends all that are idle now, at once: something is wrong with them. */
  discard(): void {
    for (const { stop, session } of this.#idle.splice(0)) {
      stop();
      session.onClose = null;
      session.destroy();
    }
  }

  /** Ends all that are idle in order, and from now on each that is put back. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(
      this.#idle.splice(0).map(({ stop, session }) => {
        stop();
        return session.quit();
      }),
    );
  }

  #remove(kept: Kept): boolean {
    const place = this.#idle.indexOf(kept);
    if (place === -1) return false;
    kept.stop();
    this.#idle.splice(place, 1);
    return true;
  }

  #retire(kept: Kept): void {
    if (!this.#remove(kept)) return;
    const { session } = kept;
    session.onClose = null;
    void this.#permits.hold(
      () => session.quit(),
      () => session.destroy(),
      { patience: 0 },
    );
  }
}

function rested(session: MailSession): Promise<void> {
  return new Promise<void>((resolve) => {
    session.onIdle = resolve;
    session.onClose = resolve;
  }).then(() => {
    session.onIdle = null;
    session.onClose = null;
  });
}
