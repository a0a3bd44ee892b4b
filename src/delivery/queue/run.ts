/**
 * One message in hand: read, tried with all destinations that are due, recorded.
 *
 * An outcome is in memory only until it is in the spool, so a run keeps its message until everything is
 * written. Destinations that end while others go on are recorded at once; when the last one ends, one
 * write tells of all that is left, or deletes the message.
 */
import { setImmediate } from 'node:timers/promises';
import type { Body, Clock } from '../../machine/index.ts';
import {
  type Context,
  type ContextPatch,
  dueOf,
  patchContext,
  priorityOf,
  type Spool,
  type SpoolId,
} from '../../spool/index.ts';
import type { Route, Router } from '../route.ts';
import { attempt, type Group } from './attempt.ts';
import { EarlyOutcomes } from './early-outcomes.ts';
import { groupRecipients, type Hurry, type KnownOutcome } from './grouping.ts';
import type { HookCaller } from './hook-caller.ts';
import { codeOf, type Ledger } from './ledger.ts';
import { LivingContext } from './living-context.ts';
import { debtsOf, type Notices } from './notices.ts';
import type { QueueLimits, QueueOptions } from './options.ts';
import type { QueueProblem } from './problem.ts';
import {
  isFinal,
  messageState,
  type RecipientState,
  recipientDue,
  recipientState,
  recordedOutcome,
} from './recipient-state.ts';
import { type RecordedStates, statePatch } from './record.ts';
import type { ScheduleFor } from './schedule.ts';
import { settle, tellsSuccess, timesOf } from './settle.ts';
import type { Shares } from './shares.ts';
import type { Totals } from './totals.ts';

/** What all runs of a queue share. */
export interface RunParts {
  readonly spool: Spool;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly random: () => number;
  readonly router: Router;
  readonly schedule: ScheduleFor;
  readonly hooks: HookCaller;
  readonly notices: Notices;
  readonly shares: Shares;
  readonly totals: Totals;
  readonly limits: QueueLimits;
  readonly keepFailed: NonNullable<QueueOptions['keepFailed']>;
  readonly onProblem: (problem: QueueProblem) => void;
  /** Whether there is room for a message to wait in memory. */
  readonly mayWait: () => boolean;
  /** Takes the room of so many messages more, if there is some. */
  readonly takeRoom: (more: number) => boolean;
  readonly giveRoom: (more: number) => void;
  /** An attempt has ended, and its share is free. */
  readonly onShare: () => void;
}

/** What is to become of the message after a run. */
export type RunEnd =
  /** The spool says when it is due next, if there still is such a message. */
  | { readonly kind: 'recorded' }
  /** Nothing was recorded; it is to be taken again at this time. */
  | { readonly kind: 'later'; readonly until: number }
  /** Nothing was recorded; it is to be taken again when this route has a share for it. */
  | { readonly kind: 'turn'; readonly route: Pick<Route, 'key' | 'destination'>; readonly priority: number };

/** How a message is taken. */
export interface Taking {
  /** Tries recipients before they are due. */
  readonly hurry?: Hurry;
  /** The key of a route that a share was taken for already. */
  readonly seat?: string;
}

const recorded: RunEnd = { kind: 'recorded' };
/** So many recipients take the room of a message. */
const recipientsForOne = 50;
/** A message that turns out to be larger than there is room for comes again after so many ms. */
const noRoomWait = 1000;
/** After what can not be read, and notifications that could not be written: so many ms. */
const troubleWait = 60_000;
/** Limits that end within so many ms of each other end together. */
const sameTime = 1000;

/** One message in hand. See the top of this file. */
export class Run {
  readonly id: SpoolId;
  readonly #parts: RunParts;
  readonly #hurry: Hurry | undefined;
  #seat: string | undefined;
  readonly #abort = new AbortController();
  /** By place: states that are not in the spool yet. */
  readonly #unsaved: RecordedStates = new Map();
  /** By place: until when a limit puts it off; worth a write only where it has to wait long. */
  readonly #limited = new Map<number, number>();
  /** Groups that found no share. */
  readonly #shareless: Group[] = [];
  /** What it takes of the room beyond one message. */
  #weight = 0;
  #living: LivingContext | undefined;
  #saving: Promise<void> | undefined;
  #groupsLeft = 0;
  #phase: 'reading' | 'sending' | 'halted' = 'reading';
  #gone = false;
  /** What the spool holds of announced notifications goes with the next write. */
  #forgetsNotices = false;

  constructor(id: SpoolId, parts: RunParts, { hurry, seat }: Taking = {}) {
    this.id = id;
    this.#parts = parts;
    this.#hurry = hurry;
    this.#seat = seat;
  }

  /** Keeps the run from sending anything. @returns `false` where it is too late for that */
  halt(): boolean {
    if (this.#phase === 'sending') return false;
    this.#phase = 'halted';
    return true;
  }

  /** Ends attempts early; what they answer is still recorded. */
  abort(): void {
    this.#abort.abort();
  }

  /** Works on the message. Never rejects for what the spool, a route or a host's code does. */
  async work(): Promise<RunEnd> {
    try {
      return await this.#work();
    } finally {
      if (this.#seat !== undefined) this.#parts.shares.give(this.#seat);
      this.#parts.giveRoom(this.#weight);
    }
  }

  async #work(): Promise<RunEnd> {
    const { clock, limits } = this.#parts;
    const read = await this.#read();
    if (read === undefined) return recorded;
    if ('kind' in read) return read;
    const { context, body } = read;
    if (this.#phase === 'halted' || context.queue.held) return recorded;
    const weight = Math.floor(context.envelope.recipients.length / recipientsForOne);
    if (!this.#parts.takeRoom(weight)) return { kind: 'later', until: clock.now() + noRoomWait };
    this.#weight = weight;
    this.#phase = 'sending';
    const living = new LivingContext(context);
    this.#living = living;
    if (messageState(context).notices !== undefined) await this.#forgive(context);
    const { groups, known } = groupRecipients(context, (place) => this.#state(place), {
      ...this.#parts,
      now: clock.now(),
      hurry: this.#hurry,
    });
    for (const outcome of known) await this.#note(living, outcome);
    this.#groupsLeft = groups.length;
    const next = groups.values();
    const work = async () => {
      for (const group of next) await this.#try(group, living, body);
    };
    if (groups.length <= 1) await work();
    else await Promise.all(Array.from({ length: Math.min(groups.length, limits.destinationsAtOnce) }, work));
    await this.#saving;
    return this.#gone ? recorded : this.#conclude(living, body);
  }

  async #read(): Promise<{ context: Context; body: Body } | RunEnd | undefined> {
    const { spool, clock, onProblem } = this.#parts;
    try {
      const [context, body] = await Promise.all([spool.context(this.id), spool.open(this.id)]);
      return { context, body };
    } catch (cause) {
      const code = codeOf(cause);
      if (code === 'SPOOL_NOT_FOUND' || code === 'SPOOL_CLOSED') return undefined;
      onProblem({ kind: 'not-read', id: this.id, cause });
      return { kind: 'later', until: clock.now() + troubleWait };
    }
  }

  /** Notifications that were about to be sent when a former process ended, and were sent, are no longer owed. */
  async #forgive(context: Context): Promise<void> {
    this.#forgetsNotices = true;
    const kinds = await this.#parts.notices.found(context);
    for (const place of context.envelope.recipients.keys()) {
      const { owes, ...state } = recipientState(context, place);
      if (owes !== undefined && kinds.includes(owes)) this.#unsaved.set(place, state);
    }
  }

  async #try(group: Group, living: LivingContext, body: Body): Promise<void> {
    const { shares, clock, totals, onShare } = this.#parts;
    const { route, recipients } = group;
    if (this.#sit(route)) {
      totals.attempts++;
      const begin = clock.now();
      const early = new EarlyOutcomes(
        (recipient, outcome) => this.#note(living, { recipient, outcome, attempted: true }),
        () => this.#startSaving(living),
      );
      const how = { signal: this.#abort.signal, report: early.report };
      const outcomes = await attempt(group, living, body, how, this.#parts);
      shares.give(route.key, clock.now() - begin);
      onShare();
      await early.end(recipients, outcomes);
    } else this.#shareless.push(group);
    this.#groupsLeft--;
    this.#startSaving(living);
  }

  /** Takes a share for the route, if there is one. */
  #sit({ key, destination }: Route): boolean {
    const { shares } = this.#parts;
    if (this.#seat === key) {
      this.#seat = undefined;
      return true;
    }
    if (!shares.has(key)) return false;
    shares.take(key, destination);
    return true;
  }

  /** Notes an outcome, in memory. */
  async #note(living: LivingContext, { recipient, outcome, attempted }: KnownOutcome): Promise<void> {
    const { clock, random, totals, hooks } = this.#parts;
    const { place } = recipient;
    const context = living.present;
    const schedule = this.#parts.schedule(recipient, context);
    const before = this.#state(place);
    const after = settle(before, outcome, {
      now: clock.now(),
      random,
      schedule,
      times: timesOf(context, schedule),
      tellsSuccess: (how) => tellsSuccess(recipient, context, how, before),
      attempted,
    });
    if (outcome.result === 'limited') totals.limited++;
    if (outcome.result === 'limited' && after.owes === before.owes && after.due !== undefined) {
      this.#limited.set(place, after.due);
      return;
    }
    this.#unsaved.set(place, after);
    const noted = recordedOutcome(after);
    // The outcome itself tells more than what is noted of it; that a recipient is given up, only the note does.
    const told = outcome.result !== 'limited' && outcome.result === noted.result ? outcome : noted;
    totals[told.result]++;
    // No attempt, no delay of one.
    if (outcome.result === 'limited' && told.result === 'deferred') return;
    const hook = hooks.outcomeHook(told.result);
    if (hook === undefined) return;
    const notice = { context, recipient, outcome: told, number: after.attempts ?? 0 };
    hooks.add(living, await hooks.ask(this.id, () => hook(notice)));
  }

  /** Sees to it that what has ended is recorded while others go on. */
  #startSaving(living: LivingContext): void {
    if (this.#groupsLeft > 0 && this.#unsaved.size > 0) this.#saving ??= this.#saveEarly(living);
  }

  async #saveEarly(living: LivingContext): Promise<void> {
    // Those that end in the same turn of the event loop share a write.
    await setImmediate();
    while (this.#groupsLeft > 0 && this.#unsaved.size > 0 && !this.#gone) await this.#save(living, {});
    this.#saving = undefined;
  }

  /** Writes what is not in the spool yet. */
  async #save(living: LivingContext, queue: ContextPatch['queue'] & object): Promise<boolean> {
    const states = new Map(this.#unsaved);
    const added = living.takeAdded();
    const delivery = statePatch(living.present, states);
    // What was announced for former debts must not pay what is owed from now on.
    const state = this.#forgetsNotices ? { notices: null, ...queue } : queue;
    const context = await this.#parts.ledger.update(this.id, { ...added, delivery, queue: state }, () => ({
      delivery: statePatch(living.present, states, 'lean'),
      queue: state,
    }));
    if (context === undefined) {
      this.#gone = true;
      this.abort();
      return false;
    }
    living.renew(context);
    this.#forgetsNotices = false;
    for (const [place, state] of states) if (this.#unsaved.get(place) === state) this.#unsaved.delete(place);
    return true;
  }

  /** All attempts have ended: notifications, then the last write. */
  async #conclude(living: LivingContext, body: Body): Promise<RunEnd> {
    const { ledger, clock } = this.#parts;
    const told = await this.#tell(living, body);
    if (this.#gone) return recorded;
    const { recipients } = living.present.envelope;
    const open = [...recipients.keys()].filter((place) => !isFinal(this.#state(place)));
    if (open.length > 0 || told === undefined) return this.#putOff(living, open, told === undefined);
    if (this.#keeps(living, told)) {
      await this.#save(living, { held: true, state: 'dead', since: null, due: clock.now() });
    } else await ledger.delete(this.id);
    return recorded;
  }

  /**
   * Tells the sender what is owed.
   *
   * @returns whether the sender was told of a failure; `undefined` where it could not be told what is owed
   */
  async #tell(living: LivingContext, body: Body): Promise<boolean | undefined> {
    const { notices, schedule } = this.#parts;
    const debts = debtsOf(living.present, (place) => this.#state(place), schedule);
    if (debts.length === 0) return false;
    const context = patchContext(living.present, { delivery: statePatch(living.present, this.#unsaved) });
    const told = await notices.tell(context, debts, body, async (ids) => {
      const saved = await this.#save(living, { notices: ids });
      this.#forgetsNotices = true;
      return saved;
    });
    if (!told.ok) return undefined;
    for (const { place, state } of debts) {
      const { owes: _, ...paid } = state;
      this.#unsaved.set(place, paid);
    }
    return told.kinds.has('failure');
  }

  #keeps(living: LivingContext, told: boolean): boolean {
    const { recipients } = living.present.envelope;
    if (!recipients.some((_, place) => this.#state(place).status === 'failed')) return false;
    try {
      return this.#parts.keepFailed(living.present, told);
    } catch (error) {
      this.#parts.hooks.report(error, this.id);
      return true;
    }
  }

  /** Says when the message is to come again: in the spool, or without a write where it is soon. */
  async #putOff(living: LivingContext, open: readonly number[], inDebt: boolean): Promise<RunEnd> {
    const { shares, clock, limits, mayWait } = this.#parts;
    const now = clock.now();
    const { holdUntil = 0 } = living.present.envelope;
    const [shareless] = this.#shareless;
    const nothingNew = this.#unsaved.size === 0 && !living.hasAdded && !this.#forgetsNotices && !inDebt;
    if (nothingNew && mayWait()) {
      const times = [...this.#limited.values()];
      const until = Math.max(...times);
      // In memory a message has one time only: with several, those that end first would wake the others.
      const together =
        times.length > 0 &&
        until - Math.min(...times) <= sameTime &&
        open.every(
          (place) => this.#limited.has(place) || recipientDue(living.present, this.#state(place)) >= until,
        );
      if (together && until - now <= limits.asideTime) return { kind: 'later', until };
      if (shareless !== undefined && this.#limited.size === 0) {
        return { kind: 'turn', route: shareless.route, priority: priorityOf(living.present) };
      }
    }
    for (const { route, recipients } of this.#shareless) {
      const until = shares.turn(route.key, now);
      for (const { place } of recipients) this.#limited.set(place, until);
    }
    for (const [place, due] of this.#limited) this.#unsaved.set(place, { ...this.#state(place), due });
    const due = inDebt ? now + troubleWait : Math.max(this.#nextDue(living, open, now), holdUntil);
    // It was looked at before its time, and nothing was to be done.
    const unchanged = nothingNew && this.#limited.size === 0 && due === dueOf(living.present);
    if (unchanged && due > now) return recorded;
    await this.#save(living, { due });
    return recorded;
  }

  /** When the first of these recipients is due, by what is not saved yet. */
  #nextDue({ present: context }: LivingContext, open: readonly number[], now: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const place of open) next = Math.min(next, recipientDue(context, this.#state(place)));
    return open.length === 0 ? now : next;
  }

  #state(place: number): RecipientState {
    const unsaved = this.#unsaved.get(place);
    if (unsaved !== undefined || this.#living === undefined) return unsaved ?? { status: 'pending' };
    return recipientState(this.#living.present, place);
  }
}
