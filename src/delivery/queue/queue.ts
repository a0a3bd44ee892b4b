/** The queue: takes what is due from the spool, has it delivered, and records what became of it. */
import type { Clock } from '../../machine/index.ts';
import type { Context, NewContext, Spool, SpoolEntry, SpoolId, WriteOptions } from '../../spool/index.ts';
import type { MaybePromise } from '../../users/index.ts';
import { systemClock } from '../clock.ts';
import type { HookPatch } from '../hooks.ts';
import { firstOf } from '../route/routers.ts';
import type { Router } from '../route.ts';
import { Administration } from './administration.ts';
import { contextsOf } from './contexts.ts';
import { type DestinationStatistics, Dispatch } from './dispatch.ts';
import { HookCaller } from './hook-caller.ts';
import { safeSchedule, safeTell } from './host-code.ts';
import { Ledger } from './ledger.ts';
import { LivingContext } from './living-context.ts';
import { checkEnvelope, checkTime, QueueMisuse } from './misuse.ts';
import { Notices } from './notices.ts';
import { defaultLimits, type QueueOptions } from './options.ts';
import type { QueueProblem } from './problem.ts';
import { type RetryReport, type RetryWhich, retryMany } from './retry.ts';
import { type QueueTotals, Totals } from './totals.ts';
import {
  countStandings,
  listMessages,
  type QueuedMessage,
  type QueuePage,
  type QueuePageOptions,
  type StandingCounts,
  type Standings,
  viewMessage,
} from './view.ts';

/** What a queue is doing at this moment. */
export interface QueueStatistics extends QueueTotals {
  /** Messages in the spool, whatever their state. */
  readonly messages: number;
  /** Messages in hand. */
  readonly inHand: number;
  /** Messages that are due and wait in memory for a limit to end or for their turn. */
  readonly aside: number;
  /** Outcomes can not be written at present. */
  readonly troubled: boolean;
  /** Those with attempts in hand or messages waiting for their turn. */
  readonly destinations: readonly DestinationStatistics[];
}

/** How long `stop` waits for attempts to end by themselves, in ms. */
const stopWithin = 30_000;

/**
 * Delivers what is in a spool, for as long as it takes.
 *
 * Each message that is due is read, its recipients are grouped by their routes, and all groups are tried at
 * once; what became of each recipient is durable before the message is let go. A crash at any moment loses
 * nothing; a recipient is served twice only where it fell between the remote's acceptance and our record of it
 * (RFC 5321 §4.2.5 gives the responsibility to the remote at the former, and no protocol can join the two).
 *
 * Memory is bounded by `QueueLimits`, however many messages are queued, and due work is found without looking
 * at what is not due.
 *
 * @example
 * ```ts
 * import { Queue, type Router } from 'mailwright/delivery';
 * import { FileSpool } from 'mailwright/spool';
 *
 * declare const router: Router;
 * const spool = await FileSpool.open('/var/spool/mailwright');
 * const queue = new Queue({ spool, router });
 * await queue.start();
 * // ... later ...
 * await queue.stop();
 * await spool.close();
 * ```
 */
export class Queue {
  readonly #spool: Spool;
  readonly #clock: Clock;
  readonly #router: Router;
  readonly #hooks: HookCaller;
  readonly #ledger: Ledger;
  readonly #dispatch: Dispatch;
  readonly #administration: Administration;
  readonly #writeOptions: () => WriteOptions;
  readonly #onProblem: (problem: QueueProblem) => void;
  readonly #totals = new Totals();
  #started: Promise<void> | undefined;
  #stopped: Promise<{ readonly unfinished: number }> | undefined;

  /**
   * @throws QueueMisuse for limits that are no positive numbers
   * @throws LimitMisuse for a schedule of numbers that make none
   */
  constructor(options: QueueOptions) {
    const { spool, clock = systemClock, random = Math.random, notifier, fence } = options;
    const { keepFailed = () => false } = options;
    const onProblem = safeTell(options.onProblem);
    const limits = { ...defaultLimits, ...options.limits };
    for (const [name, limit] of Object.entries(limits)) {
      if (!(limit >= 1)) throw new QueueMisuse(`the limit ${name} is ${limit}: give 1 or more`);
    }
    const hooks = new HookCaller(options.hooks ?? {});
    const totals = this.#totals;
    this.#spool = spool;
    this.#clock = clock;
    const router = typeof options.router === 'function' ? options.router : firstOf(options.router);
    this.#router = router;
    this.#hooks = hooks;
    this.#onProblem = onProblem;
    this.#writeOptions = () => (fence === undefined ? {} : { fence: fence() });
    const ledger = new Ledger({
      spool,
      clock,
      writeOptions: this.#writeOptions,
      onProblem,
      onOver: () => void this.stop({ within: 0 }),
      onWell: () => this.#dispatch.proceed(),
    });
    this.#ledger = ledger;
    const notices = new Notices({ spool, ledger, hooks, notifier, onProblem, totals });
    this.#dispatch = new Dispatch({
      spool,
      clock,
      limits,
      ledger,
      onProblem,
      runs: {
        spool,
        ledger,
        clock,
        random,
        router,
        schedule: safeSchedule(options.schedule, onProblem),
        hooks,
        notices,
        totals,
        limits,
        keepFailed,
        onProblem,
      },
    });
    this.#administration = new Administration({
      spool,
      clock,
      hands: this.#dispatch.hands,
      hooks,
      writeOptions: this.#writeOptions,
      take: (id, work) => this.#dispatch.takeFor(id, work),
    });
  }

  /**
   * Begins to work. With a `restored` hook, each message in the spool is shown to it first; without, nothing is
   * read but what is due.
   *
   * @throws QueueMisuse (as a rejection) after `stop`
   */
  start(): Promise<void> {
    this.#started ??= this.#start();
    return this.#started;
  }

  /**
   * Takes no more messages, waits for the attempts in hand, cuts off those that do not end, and resolves when
   * what became of them is recorded. Safe to call again. Close the spool after, not before.
   *
   * @param options `within`: how long to wait until attempts are cut off, in ms. Default 30,000
   * @returns how many messages were left in hand: their attempts did not end, or could not be recorded. A
   *   message that was delivered and not recorded will be delivered again.
   */
  stop(options: { readonly within?: number } = {}): Promise<{ readonly unfinished: number }> {
    this.#stopped ??= this.#stop(options.within ?? stopWithin);
    return this.#stopped;
  }

  /**
   * Resolves when nothing that is due now is left to do: for tests, and for an orderly end. Messages that wait
   * for a time do not count.
   */
  idle(): Promise<void> {
    return this.#dispatch.idle();
  }

  /**
   * Puts a message into the spool, where a queue finds it at once.
   *
   * For a message to be sent later, give `queue: { due }` in the context; for one that can be taken back or
   * waits for a `release`, `queue: { held: true }`.
   *
   * @throws SpoolError (as a rejection) when the spool does not take it
   * @throws QueueMisuse (as a rejection) for a `due` that is no finite number, an envelope without recipients,
   *   and paths that are none
   */
  async enqueue(context: NewContext, octets: Uint8Array): Promise<SpoolId> {
    checkEnvelope(context.envelope);
    if (context.queue?.due !== undefined) checkTime('queue.due', context.queue.due);
    const writer = this.#spool.begin(context, { ...this.#writeOptions(), expectedSize: octets.length });
    try {
      await writer.write(octets);
      return await writer.commit();
    } finally {
      // Does nothing after a commit.
      await writer.abort();
    }
  }

  /** Holds a message until its release. `false`: it is held or gone, or it is being sent. */
  hold(id: SpoolId): Promise<boolean> {
    return this.#administration.hold(id, 'held', { afterAttempt: false });
  }

  /**
   * Releases a message that is held.
   *
   * @param at when to send it, in ms since 1970. Default: now
   * @returns `false` where it is not held, or frozen or dead
   * @throws QueueMisuse (as a rejection) for an `at` that is no finite number
   */
  async release(id: SpoolId, at: number = this.#clock.now()): Promise<boolean> {
    checkTime('at', at);
    return this.#administration.release(id, 'held', at);
  }

  /**
   * Takes a message back: it is deleted, and nobody is notified. `false`: it is gone, is being sent at this
   * moment, or was delivered to some of its recipients. There is no way in which a message is both
   * cancelled and sent.
   */
  cancel(id: SpoolId): Promise<boolean> {
    return this.#administration.cancel(id);
  }

  /** Holds a message, after the attempt in hand, until `unfreeze`; its age goes on. `false`: it is held, or gone. */
  freeze(id: SpoolId): Promise<boolean> {
    return this.#administration.hold(id, 'frozen', { afterAttempt: true });
  }

  /** Lets a frozen message go, at once. `false`: it is not frozen. */
  unfreeze(id: SpoolId): Promise<boolean> {
    return this.#administration.release(id, 'frozen', this.#clock.now());
  }

  /** Tries a dead message again from the beginning, for those of its recipients that failed. `false`: it is not dead. */
  requeue(id: SpoolId): Promise<boolean> {
    return this.#administration.requeue(id);
  }

  /** Deletes a message, held or not; an attempt in hand is cut off. Nobody is notified. `false`: it is gone. */
  delete(id: SpoolId): Promise<boolean> {
    return this.#administration.delete(id);
  }

  /**
   * Tries messages before they are due: one by its id, those for a destination, or `'all'`. Held ones stay held,
   * and of those that are to be sent later only one that is named goes now.
   *
   * For a destination the context of each message that is not held is read, one after the other, and for
   * `'all'` each is taken; both go only as fast as there is room, and resolve after the last one. It is what
   * ETRN (RFC 1985 §5) asks for.
   *
   * @param which `destination`: a route's destination or a recipient's domain in lower-case A-labels; with
   *   `subdomains`, also what is below it
   */
  async retry(which: RetryWhich): Promise<RetryReport> {
    const dispatch = this.#dispatch;
    if (which !== 'all' && 'id' in which) {
      const taken = dispatch.takeEarly(which.id, { hurry: { wants: () => true, scheduled: true } });
      return { examined: 1, taken: taken ? 1 : 0 };
    }
    return retryMany(which, {
      spool: this.#spool,
      router: this.#router,
      room: () => dispatch.roomToTake(),
      take: (id, hurry) => dispatch.takeEarly(id, { hurry }),
      onProblem: this.#onProblem,
    });
  }

  /** A page of messages, in the order of their ids. It walks once through what the spool lists, for each page. */
  list(options: QueuePageOptions = {}): Promise<QueuePage> {
    return listMessages(this.#spool, options, this.#standings);
  }

  /** One message; `undefined` where there is none. */
  view(id: SpoolId): Promise<QueuedMessage | undefined> {
    return viewMessage(this.#spool, id, this.#standings);
  }

  /** How many messages stand where. It walks once through what the spool lists; {@link Queue.statistics} does not. */
  count(): Promise<StandingCounts> {
    return countStandings(this.#spool, this.#standings);
  }

  /** What the queue does and has done. */
  async statistics(): Promise<QueueStatistics> {
    const dispatch = this.#dispatch;
    return {
      ...this.#totals,
      messages: await this.#spool.count(),
      inHand: dispatch.hands.size,
      aside: dispatch.waiting,
      troubled: this.#ledger.troubled,
      destinations: dispatch.destinations(),
    };
  }

  get #standings(): Standings {
    const { hands } = this.#dispatch;
    return { now: this.#clock.now(), inHand: (id) => hands.runOf(id) !== undefined };
  }

  async #start(): Promise<void> {
    if (this.#stopped !== undefined) throw new QueueMisuse('the queue was stopped; make a new one');
    const { restored } = this.#hooks.hooks;
    if (restored !== undefined) await this.#restore(restored.bind(this.#hooks.hooks));
    if (this.#stopped === undefined) this.#dispatch.start();
  }

  async #restore(restored: (context: Context) => MaybePromise<HookPatch | undefined>): Promise<void> {
    const onProblem = (cause: unknown, { id }: SpoolEntry) =>
      this.#onProblem({ kind: 'not-read', id, cause });
    for await (const context of contextsOf(this.#spool, this.#spool.list(), onProblem)) {
      if (this.#stopped !== undefined) return;
      const living = new LivingContext(context);
      this.#hooks.add(living, await this.#hooks.ask(context.id, () => restored(context)));
      const added = living.takeAdded();
      if (added !== undefined) await this.#ledger.update(context.id, added, () => ({}));
    }
  }

  async #stop(within: number): Promise<{ readonly unfinished: number }> {
    const unfinished = await this.#dispatch.stop(within);
    this.#ledger.close();
    return { unfinished };
  }
}
