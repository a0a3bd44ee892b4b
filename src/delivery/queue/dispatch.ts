/**
 * Which messages are in hand: takes them from the intake and from those that wait in memory, lets runs
 * work on them, and puts them where they belong after.
 */
import type { Clock } from '../../machine/index.ts';
import type { Spool, SpoolEntry, SpoolId } from '../../spool/index.ts';
import { Alarm } from './alarm.ts';
import { Aside } from './aside.ts';
import { Hands } from './hands.ts';
import { Intake } from './intake.ts';
import type { Ledger } from './ledger.ts';
import type { QueueLimits } from './options.ts';
import type { QueueProblem } from './problem.ts';
import { Run, type RunEnd, type RunParts, type Taking } from './run.ts';
import { Shares } from './shares.ts';

/** What a dispatch works with. */
export interface DispatchParts {
  readonly spool: Spool;
  readonly clock: Clock;
  readonly limits: QueueLimits;
  readonly ledger: Ledger;
  readonly onProblem: (problem: QueueProblem) => void;
  /** The rest of what runs need. */
  readonly runs: Omit<RunParts, 'shares' | 'mayWait' | 'takeRoom' | 'giveRoom' | 'onShare'>;
}

/** What goes on with one destination. */
export interface DestinationStatistics {
  /** The route's key and destination. */
  readonly key: string;
  readonly destination: string;
  /** Attempts in hand. */
  readonly inHand: number;
  /** Messages that wait in memory for their turn. */
  readonly waiting: number;
}

/** After an error of the queue itself a message is left alone for so many ms. */
const troubleWait = 60_000;
/** How long those that were cut off may take to end, in ms. */
const cutOffWithin = 5_000;
/** Lines that are asked after each end of an attempt. */
const linesAtOnce = 4;

/** See the top of this file. */
export class Dispatch {
  readonly #parts: DispatchParts;
  readonly #runParts: RunParts;
  readonly #hands = new Hands();
  readonly #aside: Aside;
  readonly #asideAlarm: Alarm;
  readonly #shares: Shares;
  readonly #intake: Intake;
  readonly #news = new AbortController();
  readonly #sleepers = new Set<() => void>();
  /** The room that messages with many recipients take beyond their number. */
  #weight = 0;
  #phase: 'new' | 'running' | 'over' = 'new';

  constructor(parts: DispatchParts) {
    this.#parts = parts;
    const { spool, clock, limits, onProblem } = parts;
    this.#aside = new Aside(limits.aside);
    this.#asideAlarm = new Alarm(clock, () => this.#takeTimed());
    this.#shares = new Shares(limits.inHand);
    this.#runParts = {
      ...parts.runs,
      shares: this.#shares,
      // One that can not wait is written; at the end there is no use in that.
      mayWait: () => this.#phase !== 'running' || !this.#aside.full,
      takeRoom: (more) => this.#takeRoom(more),
      giveRoom: (more) => {
        this.#weight -= more;
      },
      onShare: () => this.#takeFromLines(),
    };
    this.#intake = new Intake({
      spool,
      clock,
      limit: limits.inHand,
      room: () => (this.#aside.overfull ? Number.NEGATIVE_INFINITY : this.#room),
      known: (id) => this.#hands.has(id) || this.#aside.has(id),
      take: (id) => this.#take(id),
      onFilled: () => this.#wake(),
      onProblem,
    });
  }

  get hands(): Hands {
    return this.#hands;
  }

  /** Messages that wait in memory. */
  get waiting(): number {
    return this.#aside.size;
  }

  get running(): boolean {
    return this.#phase === 'running';
  }

  /** Begins to take messages. */
  start(): void {
    this.#phase = 'running';
    this.#parts.spool.watch(({ kind, entry }) => {
      const news = kind === 'deleted' ? { ...entry, due: Number.POSITIVE_INFINITY } : entry;
      if (!this.#hands.note(news)) this.#intake.offer(news);
    }, this.#news.signal);
    this.#intake.fill();
  }

  /**
   * Takes nothing more; cuts off what is in hand after so many ms.
   *
   * @returns how many messages did not end
   */
  async stop(within: number): Promise<number> {
    this.#phase = 'over';
    this.#asideAlarm.stop();
    this.#wake();
    await this.#intake.stop();
    await this.#settledWithin(within);
    for (const run of this.#hands.runs()) run.abort();
    await this.#settledWithin(cutOffWithin);
    this.#news.abort();
    return this.#hands.size;
  }

  /** Resolves when nothing that is due now is left to do, or no more is done. */
  async idle(): Promise<void> {
    while (this.running && (this.#hands.size > 0 || !this.#intake.exhausted)) await this.#change();
  }

  /** Resolves when another message may be taken, or none will be. */
  async roomToTake(): Promise<void> {
    while (this.running && this.#room <= 0) await this.#change();
  }

  /** Takes a message before its time. @returns `false` where it is in hand, or none is taken any more */
  takeEarly(id: SpoolId, taking: Taking): boolean {
    if (!this.running || this.#hands.has(id)) return false;
    this.#take(id, taking);
    return true;
  }

  /** Works on a message that nobody has in hand, for the host. */
  takeFor<T>(id: SpoolId, work: () => Promise<T>): Promise<T> {
    this.#aside.remove(id);
    return this.#hands.take(id, undefined, work, (_, news) => {
      // It was left as it was: perhaps due, and not known here any more.
      if (news === undefined) this.#intake.lookAgain();
      this.#release(news);
    });
  }

  /** Goes on where there is room: after an end, and after trouble. */
  proceed(): void {
    this.#takeTimed();
    this.#takeFromLines();
    this.#intake.fill();
    this.#wake();
  }

  destinations(): DestinationStatistics[] {
    const found = new Map<string, DestinationStatistics>();
    for (const { key, destination, waiting } of this.#aside.lines.values()) {
      found.set(key, { key, destination, inHand: 0, waiting: waiting.size });
    }
    for (const { key, destination, inHand } of this.#shares) {
      found.set(key, { key, destination, inHand, waiting: found.get(key)?.waiting ?? 0 });
    }
    return [...found.values()];
  }

  /** How many more messages may be taken; less than any where none may be. */
  get #room(): number {
    if (!this.running || this.#parts.ledger.troubled) return Number.NEGATIVE_INFINITY;
    return this.#parts.limits.inHand - this.#hands.size - this.#weight;
  }

  /** For one that is larger than all there is, there is room when it is the only large one. */
  #takeRoom(more: number): boolean {
    if (more > 0 && this.#weight > 0 && this.#room < more) return false;
    this.#weight += more;
    return true;
  }

  #take(id: SpoolId, taking: Taking = {}): void {
    this.#aside.remove(id);
    const run = new Run(id, this.#runParts, taking);
    const after = (end: RunEnd | undefined, news: SpoolEntry | undefined) => this.#end(id, end, news);
    this.#hands
      .take(id, run, () => run.work(), after)
      .catch((cause) => this.#parts.onProblem({ kind: 'internal', id, cause }));
  }

  /** A run has ended. */
  #end(id: SpoolId, end: RunEnd | undefined, news: SpoolEntry | undefined): void {
    if (end?.kind === 'turn') this.#aside.inLine(id, end.route, end.priority);
    else if (end?.kind !== 'recorded') {
      const until = end?.until ?? this.#parts.clock.now() + troubleWait;
      this.#aside.untilTime(id, until);
      this.#asideAlarm.by(until);
    }
    this.#release(news);
  }

  /** A message is let go: it may be due again, and there is room for others. */
  #release(news: SpoolEntry | undefined): void {
    if (news !== undefined) this.#intake.offer(news);
    this.proceed();
  }

  /** Takes those whose time has come. */
  #takeTimed(): void {
    const now = this.#parts.clock.now();
    while (this.#room > 0 && this.#aside.nextTime <= now) {
      const id = this.#aside.takeTimed(now);
      if (id !== undefined) this.#take(id);
    }
    // Those that find no room come when there is some.
    if (this.#room > 0) this.#asideAlarm.by(this.#aside.nextTime);
  }

  /** Takes those whose turn it is; a few lines are asked each time, one after the other. */
  #takeFromLines(): void {
    const { size } = this.#aside.lines;
    // Where nothing is in hand, no end of an attempt will ask again.
    const asked = this.#shares.inHand === 0 ? size : Math.min(size, linesAtOnce);
    for (let i = 0; i < asked && this.#room > 0; i++) {
      const line = this.#aside.nextLine();
      if (line === undefined || !this.#shares.has(line.key)) continue;
      const id = this.#aside.takeFrom(line);
      if (id === undefined) continue;
      this.#shares.take(line.key, line.destination);
      this.#take(id, { seat: line.key });
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#sleepers.add(resolve));
  }

  #wake(): void {
    for (const wake of this.#sleepers) wake();
    this.#sleepers.clear();
  }

  async #settledWithin(ms: number): Promise<void> {
    if (this.#hands.size === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#parts.clock.after(ms, resolve);
      void this.#hands.settled().then(() => {
        cancel();
        resolve();
      });
    });
  }
}
