/**
 * The pool of sessions: connections are kept and used again, bounded in number, age and use, and shared fairly.
 *
 * For each target (server, identity, TLS demand) there is a lane: its sessions and the errands that wait. An
 * errand takes the session that was used last, else a new connection if the limits leave room for one, else it
 * waits. With `ahead`, a waiting errand goes over a session that could take it already although the result of
 * the message before is not there yet (RFC 2920 §3.1).
 *
 * A server may close a connection that lies idle at any time. An errand that meets such a one, so that nothing
 * was decided about it, starts over by itself, once (RFC 5321 §3.8).
 */
import type { Clock } from '../../machine/index.ts';
import type { TransactionResult } from '../../smtp/index.ts';
import { systemClock } from '../clock.ts';
import { tell } from '../tell.ts';
import type { MailSession, NotOpened, Opened, Target, Transport } from '../transport.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import {
  type Errand,
  type ErrandResult,
  isServersFault,
  isUndecided,
  neverOpened,
  stopped,
} from './errand.ts';
import { IdleSessions } from './idle-sessions.ts';
import { Lane, type PooledSession, pooledSession, type Waiter } from './lane.ts';
import {
  type PoolLimits,
  poolLimits,
  type SessionPoolCounters,
  type SessionPoolOptions,
} from './pool-limits.ts';
import { targetKey } from './target-key.ts';

/** When a crowded pool may be asked again, in ms. */
const crowdedFor = 5000;
/** How long a server that refused a connection beside others is not asked for one more, in ms. */
const enoughFor = 10_000;
/** Messages that a session takes before it makes room for a target that waits for any connection at all. */
const fairShare = 10;

/**
 * Sends messages over sessions that are kept. `SmtpSender` has one; a host that needs no more than this, such as
 * a proxy, may have its own.
 *
 * @example
 * ```ts
 * import { type Errand, SessionPool, type Target, type Transport } from 'mailwright/delivery';
 *
 * declare const transport: Transport;
 * declare const target: Target;
 * declare const errand: Errand;
 * const pool = new SessionPool(transport, { perTarget: 5, idle: 10_000 });
 * const sent = await pool.send(target, errand);
 * if (sent.ok) console.log(sent.result.recipients);
 * ```
 */
export class SessionPool {
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #breaker: CircuitBreaker;
  readonly #limits: PoolLimits;
  readonly #lanes = new Map<string, Lane>();
  readonly #idle: IdleSessions;
  /** Lanes that want a connection beyond the total, in the order in which they get one. */
  readonly #wanting = new Set<Lane>();
  #connections = 0;
  #waiting = 0;
  #underWay = 0;
  #closing: { readonly done: Promise<void>; readonly finish: () => void } | null = null;

  /** @throws LimitMisuse for limits that are less than 1 */
  constructor(transport: Transport, options: SessionPoolOptions = {}) {
    this.#transport = transport;
    this.#clock = options.clock ?? systemClock;
    this.#breaker = new CircuitBreaker(this.#clock, options.breaker);
    this.#limits = poolLimits(options);
    this.#idle = new IdleSessions(this.#clock, this.#limits.idle, (pooled) => this.#dismiss(pooled));
  }

  /** Sends a message over a session with the target. Never rejects. */
  send(target: Target, errand: Errand): Promise<ErrandResult> {
    if (this.#closing !== null || errand.signal?.aborted) return Promise.resolve(stopped);
    const lane = this.#laneOf(target);
    const free = lane.waiting === 0 ? this.#takeIdle(lane) : undefined;
    return free === undefined ? this.#wait(lane, errand, false) : this.#run(free, errand, false);
  }

  /** Takes no more errands, lets those that are under way come to their end, and closes all sessions. */
  close(): Promise<void> {
    if (this.#closing === null) {
      const { promise: done, resolve: finish } = Promise.withResolvers<void>();
      this.#closing = { done, finish };
      for (const lane of this.#lanes.values()) {
        this.#settleAll(lane, stopped);
        for (const opening of lane.openings) opening.abort();
      }
      this.#idle.clear();
      if (this.#connections === 0) finish();
    }
    return this.#closing.done;
  }

  get counters(): SessionPoolCounters {
    return {
      connections: this.#connections,
      idle: this.#idle.size,
      waiting: this.#waiting,
      underWay: this.#underWay,
      targets: this.#lanes.size,
    };
  }

  // Errands

  #wait(lane: Lane, errand: Errand, isRepeated: boolean): Promise<ErrandResult> {
    const { waiting } = this.#limits;
    if (!isRepeated && (this.#waiting >= waiting || lane.waiting >= Math.ceil(waiting / 2))) {
      this.#forgetIfEmpty(lane);
      return Promise.resolve({ ok: false, why: 'crowded', until: this.#clock.now() + crowdedFor });
    }
    return new Promise((resolve) => {
      const { signal } = errand;
      const onAbort = () => {
        this.#settle(lane, waiter, stopped);
        // Nobody needs the connection that was to be opened.
        if (lane.unserved < 0) [...lane.openings].findLast((each) => !each.signal.aborted)?.abort();
        this.#forgetIfEmpty(lane);
      };
      const waiter: Waiter = {
        errand,
        isRepeated,
        settle: (result) => {
          signal?.removeEventListener('abort', onAbort);
          resolve(result);
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      // The lane may have lost its last session, and its place, in between.
      this.#lanes.set(lane.key, lane);
      lane.add(waiter);
      this.#waiting++;
      this.#grow(lane);
      if (lane.unserved > 0) this.#serve(lane);
    });
  }

  #settle(lane: Lane, waiter: Waiter, result: ErrandResult): void {
    if (!lane.remove(waiter)) return;
    this.#waiting--;
    waiter.settle(result);
  }

  #settleAll(lane: Lane, result: ErrandResult): void {
    for (let head = lane.head; head !== undefined; head = lane.head) this.#settle(lane, head, result);
    this.#forgetIfEmpty(lane);
  }

  /** Gives waiting errands to sessions that can take one now. */
  #serve(lane: Lane): void {
    while (lane.waiting > 0) {
      const free = this.#takeIdle(lane) ?? this.#readyAhead(lane);
      if (free === undefined) return;
      this.#serveHead(free);
    }
  }

  #serveHead(pooled: PooledSession): void {
    const { lane } = pooled;
    const waiter = lane.head as Waiter;
    lane.remove(waiter);
    this.#waiting--;
    waiter.settle(this.#run(pooled, waiter.errand, waiter.isRepeated));
  }

  async #run(pooled: PooledSession, errand: Errand, isRepeated: boolean): Promise<ErrandResult> {
    const { session, lane } = pooled;
    const mayBeDead = pooled.hasRested || pooled.sent > 0;
    const isAhead = pooled.pending > 0;
    pooled.sent++;
    pooled.pending++;
    this.#underWay++;
    let result: TransactionResult | null = null;
    try {
      result = await session.send(errand.transaction, errand.content, errand.signal);
    } finally {
      pooled.pending--;
      this.#underWay--;
      this.#judge(pooled, result, errand.signal);
    }
    if (mayBeDead && !isRepeated && !errand.signal?.aborted && isUndecided(result, isAhead)) {
      // What else lies idle is as old as the one that was dead.
      for (const other of [...lane.idle]) this.#dismiss(other);
      if (this.#closing === null) return this.#wait(this.#laneOf(lane.target), errand, true);
    }
    return { ok: true, result, address: session.address };
  }

  /** What becomes of a session after a result; `null`: there is none. */
  #judge(pooled: PooledSession, result: TransactionResult | null, signal: AbortSignal | undefined): void {
    const failed = result?.recipients.find((each) => each.result === 'failed');
    if (result !== null && failed === undefined) {
      this.#breaker.succeeded(pooled.lane.server);
      if (pooled.session.closed) this.#gone(pooled);
      else if (pooled.pending === 0 && pooled.session.idle) this.#free(pooled);
      return;
    }
    // Nothing was said of what could not be sent; the message that is under way comes to its end.
    if (result === null && pooled.pending > 0) {
      pooled.limit = 0;
      return;
    }
    // What the host brought about says nothing about the server, nor does an end after a rest.
    const isOurs = signal?.aborted || pooled.isLeaving || pooled.hasRested;
    if (failed !== undefined && !isOurs && isServersFault(failed.failure)) {
      this.#breaker.failed(pooled.lane.server);
    }
    pooled.isLeaving = true;
    if (!pooled.session.closed) pooled.session.destroy();
    if (pooled.session.closed) this.#gone(pooled);
  }

  // Sessions

  #takeIdle(lane: Lane): PooledSession | undefined {
    for (let last = lane.idle.at(-1); last !== undefined; last = lane.idle.at(-1)) {
      if (last.session.idle && !last.session.closed && !this.#isSpent(last)) {
        this.#idle.take(last);
        return last;
      }
      this.#dismiss(last);
    }
    return undefined;
  }

  /** A session that is ready although a result is still awaited; one errand at most goes ahead. */
  #readyAhead(lane: Lane): PooledSession | undefined {
    if (!this.#limits.ahead) return undefined;
    for (const pooled of lane.sessions) {
      if (pooled.pending === 1 && pooled.session.idle && !pooled.isLeaving && !this.#isSpent(pooled)) {
        return pooled;
      }
    }
    return undefined;
  }

  #isSpent({ sent, limit, openedAt }: PooledSession): boolean {
    return sent >= limit || this.#clock.now() - openedAt >= this.#limits.age;
  }

  /** A session has nothing to do. */
  #free(pooled: PooledSession): void {
    const { lane } = pooled;
    if (pooled.isLeaving || this.#idle.has(pooled)) return;
    if (this.#closing !== null || this.#isSpent(pooled) || this.#makesRoom(pooled)) {
      this.#dismiss(pooled);
    } else if (lane.waiting > 0) {
      this.#serveHead(pooled);
    } else {
      this.#idle.add(pooled);
    }
  }

  /** Whether a session is given up for a lane that waits for room under the total. */
  #makesRoom({ lane, sent }: PooledSession): boolean {
    const [first, second] = this.#wanting;
    const next = first === lane ? second : first;
    if (next === undefined) return false;
    const gives = lane.waiting === 0 || lane.size > next.size + 1 || sent >= fairShare;
    // Who gives goes to the end of the line.
    if (gives) this.#wanting.delete(lane);
    return gives;
  }

  /** Says goodbye to a session that has nothing to do. */
  #dismiss(pooled: PooledSession): void {
    if (pooled.isLeaving) return;
    pooled.isLeaving = true;
    this.#idle.take(pooled);
    if (pooled.session.closed) this.#gone(pooled);
    else void pooled.session.quit().then(() => this.#gone(pooled));
  }

  /** A session is closed. */
  #gone(pooled: PooledSession): void {
    if (pooled.isGone) return;
    pooled.isGone = true;
    pooled.isLeaving = true;
    this.#idle.take(pooled);
    pooled.lane.sessions.delete(pooled);
    this.#hasRoom(pooled.lane);
  }

  // Connections

  /** There is one connection less: lanes that wait for room get it in turn. */
  #hasRoom(lane: Lane): void {
    this.#connections--;
    if (lane.unserved > 0) this.#wanting.add(lane);
    else this.#forgetIfEmpty(lane);
    for (const next of this.#wanting) {
      if (this.#connections >= this.#limits.total) break;
      this.#wanting.delete(next);
      this.#grow(next);
    }
    if (this.#connections === 0) this.#closing?.finish();
  }

  /** Opens connections for the errands that wait, as far as the limits go. */
  #grow(lane: Lane): void {
    const { perTarget, total } = this.#limits;
    while (lane.unserved > 0 && lane.size < perTarget && !this.#hasEnough(lane)) {
      if (this.#connections >= total) {
        this.#wanting.add(lane);
        const { oldest } = this.#idle;
        if (oldest !== undefined) this.#dismiss(oldest);
        return;
      }
      const until = this.#breaker.ask(lane.server);
      if (until !== null) {
        if (lane.size === 0) this.#settleAll(lane, { ok: false, why: 'broken', until });
        return;
      }
      void this.#open(lane);
    }
  }

  /** The server refused to be given more connections than it has. */
  #hasEnough(lane: Lane): boolean {
    return lane.enoughUntil > this.#clock.now() && lane.size > 0;
  }

  async #open(lane: Lane): Promise<void> {
    const { errand } = lane.head as Waiter;
    const opening = new AbortController();
    lane.openings.add(opening);
    this.#connections++;
    let opened: Opened | NotOpened = neverOpened;
    try {
      opened = await this.#transport.open(lane.target, opening.signal);
    } catch {
      // A transport that breaks its promise not to reject must not cost a permit.
    }
    lane.openings.delete(opening);
    if (opened.ok) this.#adopt(lane, opened.session);
    else this.#notOpened(lane, opened, opening.signal.aborted);
    const address = opened.ok ? opened.session.address : opened.address;
    const { observed } = opened;
    if (observed !== undefined) tell(() => errand.onTls?.(observed, address));
  }

  #adopt(lane: Lane, session: MailSession): void {
    const pooled = pooledSession(session, lane, this.#clock.now(), this.#limits.messages);
    lane.sessions.add(pooled);
    session.onClose = () => this.#gone(pooled);
    session.onIdle = () => {
      if (pooled.isLeaving) return;
      if (pooled.pending === 0) this.#free(pooled);
      else if (this.#limits.ahead) this.#serve(lane);
    };
    if (session.closed) this.#gone(pooled);
    else this.#free(pooled);
  }

  #notOpened(lane: Lane, opened: NotOpened, wasStopped: boolean): void {
    if (!wasStopped) {
      if (isServersFault(opened.failure)) this.#breaker.failed(lane.server);
      if (lane.size === 0) this.#settleAll(lane, { ok: false, why: 'unreachable', opened });
      else lane.enoughUntil = this.#clock.now() + enoughFor;
    }
    this.#hasRoom(lane);
  }

  // Lanes

  #laneOf(target: Target): Lane {
    const key = targetKey(target);
    const lane = this.#lanes.get(key) ?? new Lane(key, target);
    this.#lanes.set(key, lane);
    lane.target = target;
    return lane;
  }

  #forgetIfEmpty(lane: Lane): void {
    if (!lane.isEmpty) return;
    this.#wanting.delete(lane);
    if (this.#lanes.get(lane.key) === lane) this.#lanes.delete(lane.key);
  }
}
