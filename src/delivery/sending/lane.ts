/** The sessions with one target, and the errands that wait for one of them. */
import type { SmtpServerFacts } from '../../smtp/index.ts';
import type { MailSession, Target } from '../transport.ts';
import type { Errand, ErrandResult } from './errand.ts';
import { serverKey } from './target-key.ts';

/** A session of the pool. */
export interface PooledSession {
  readonly session: MailSession;
  readonly lane: Lane;
  /** When it was opened, in ms since 1970. */
  readonly openedAt: number;
  /** Messages that it may take in all. */
  limit: number;
  /** Messages that it took. */
  sent: number;
  /** Of these, those whose result is not there yet. */
  pending: number;
  /** Since when it waits for work. */
  idleSince: number;
  /** It lay idle at some time, so that the server may have closed it unseen. */
  hasRested: boolean;
  /** It takes no more messages: it is being closed. */
  isLeaving: boolean;
  /** It is closed and no longer counted. */
  isGone: boolean;
}

/** An errand without a session. */
export interface Waiter {
  readonly errand: Errand;
  /** It failed on a session that had died unnoticed, and may not try again after this time. */
  readonly isRepeated: boolean;
  settle(result: ErrandResult | Promise<ErrandResult>): void;
}

/** A session that has not been used yet. @param messages it may take at most */
export function pooledSession(
  session: MailSession,
  lane: Lane,
  openedAt: number,
  messages: number,
): PooledSession {
  return {
    session,
    lane,
    openedAt,
    limit: Math.min(messages, mostMessages(session.server)),
    sent: 0,
    pending: 0,
    idleSince: 0,
    hasRested: false,
    isLeaving: false,
    isGone: false,
  };
}

/**
 * How many messages the server takes over one connection (RFC 9422 §4.1); `Infinity` where it does not say.
 */
function mostMessages({ extensions }: SmtpServerFacts): number {
  const told = extensions
    .get('LIMITS')
    ?.split(' ')
    .find((each) => each.startsWith('MAILMAX='));
  const most = Number(told?.slice('MAILMAX='.length));
  return most >= 1 ? most : Number.POSITIVE_INFINITY;
}

/** See the top of this file. */
export class Lane {
  readonly key: string;
  /** As it was asked for last: passwords and tokens are renewed, and make no lane of their own. */
  target: Target;
  readonly server: string;
  readonly sessions = new Set<PooledSession>();
  /** Aborting one gives it up. */
  readonly openings = new Set<AbortController>();
  /** The one that was used last is at the end, and is used first: the others may then grow old and be closed. */
  readonly idle: PooledSession[] = [];
  /** The server refused one more connection than it has: not asked for another before this time. */
  enoughUntil = 0;
  readonly #line = new Set<Waiter>();
  readonly #firsts = new Set<Waiter>();

  constructor(key: string, target: Target) {
    this.key = key;
    this.target = target;
    this.server = serverKey(target);
  }

  /** Connections, also those that are still being opened or closed. */
  get size(): number {
    return this.sessions.size + this.openings.size;
  }

  get waiting(): number {
    return this.#line.size + this.#firsts.size;
  }

  get isEmpty(): boolean {
    return this.size === 0 && this.waiting === 0;
  }

  /** Errands that no session is being opened for yet. */
  get unserved(): number {
    return this.waiting - this.openings.size;
  }

  add(waiter: Waiter): void {
    const isFirst = waiter.isRepeated || waiter.errand.first === true;
    (isFirst ? this.#firsts : this.#line).add(waiter);
  }

  remove(waiter: Waiter): boolean {
    return this.#line.delete(waiter) || this.#firsts.delete(waiter);
  }

  /** Who waits first. */
  get head(): Waiter | undefined {
    return this.#firsts.values().next().value ?? this.#line.values().next().value;
  }
}
