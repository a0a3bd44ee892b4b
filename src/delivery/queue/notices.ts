/**
 * Tells senders what became of their messages, so that nothing is lost in a crash.
 *
 * That a notification is owed is part of the recipient's durable state. The ids of the notifications are
 * noted with the message before they are added to the spool, and the debt is forgotten after. So a restart
 * in between finds the debt, looks whether the notifications exist, and writes them if not: none is
 * lost, and one is doubled only when it was delivered and gone before the debt was forgotten.
 */
import type { Body } from '../../machine/index.ts';
import type { Context, NewContext, Spool, SpoolId, SpoolWriter } from '../../spool/index.ts';
import type { Notification, Notifier, RecipientNotice } from '../notifier.ts';
import type { HookCaller } from './hook-caller.ts';
import { codeOf, type Ledger } from './ledger.ts';
import type { QueueProblem } from './problem.ts';
import {
  messageState,
  type NoticeKind,
  type RecipientState,
  recordedOutcome,
  routedRecipient,
} from './recipient-state.ts';
import type { ScheduleFor } from './schedule.ts';
import { timesOf } from './settle.ts';
import type { Totals } from './totals.ts';

/** What notices work with. */
export interface NoticesParts {
  readonly spool: Spool;
  readonly ledger: Ledger;
  readonly hooks: HookCaller;
  readonly notifier: Notifier | undefined;
  readonly onProblem: (problem: QueueProblem) => void;
  readonly totals: Totals;
}

/** A recipient of whom something is to be told. */
export interface Debt {
  readonly place: number;
  readonly state: RecipientState & { readonly owes: NoticeKind };
  /** When the message is given up. */
  readonly expires: number;
}

/** Of whom something is to be told, by their present states. */
export function debtsOf(
  context: Context,
  stateOf: (place: number) => RecipientState,
  schedule: ScheduleFor,
): Debt[] {
  const debts: Debt[] = [];
  for (const place of context.envelope.recipients.keys()) {
    const state = stateOf(place);
    if (state.owes === undefined) continue;
    const { expires, deliverBy } = timesOf(context, schedule(routedRecipient(context, place), context));
    // RFC 2852 §4: in mode R the message goes back at the deadline.
    const end = deliverBy?.mode === 'return' ? Math.min(expires, deliverBy.at) : expires;
    debts.push({ place, state: { ...state, owes: state.owes }, expires: end });
  }
  return debts;
}

/** The ids of notifications that are about to be added, in place of those noted before. */
export type Announced = { readonly [kind in NoticeKind]: readonly SpoolId[] | null };

/** A notification on its way into the spool. */
interface Prepared {
  readonly notification: Notification;
  readonly context: NewContext;
  readonly writer: SpoolWriter;
}

/** What came of telling: the kinds that were sent, or that it has to be tried again. */
export type Told = { readonly ok: true; readonly kinds: ReadonlySet<NoticeKind> } | { readonly ok: false };

const notNow: Told = { ok: false };

/** Writes notifications. See the top of this file. */
export class Notices {
  readonly #parts: NoticesParts;

  constructor(parts: NoticesParts) {
    this.#parts = parts;
  }

  /** Of the kinds that were about to be sent before a restart, those that are in the spool. */
  async found(context: Context): Promise<readonly NoticeKind[]> {
    const found: NoticeKind[] = [];
    for (const [kind, ids] of Object.entries(messageState(context).notices ?? {})) {
      const there = await Promise.all(ids.map((id) => this.#exists(id)));
      if (there.every(Boolean)) found.push(kind as NoticeKind);
    }
    return found;
  }

  async #exists(id: string): Promise<boolean> {
    try {
      await this.#parts.spool.context(id);
      return true;
    } catch (error) {
      return codeOf(error) !== 'SPOOL_NOT_FOUND';
    }
  }

  /**
   * Tells what is owed.
   *
   * @param context with the recipients' present states
   * @param announce notes with the message, durably, what is about to be sent
   */
  async tell(
    context: Context,
    debts: readonly Debt[],
    body: Body,
    announce: (notices: Announced) => Promise<boolean>,
  ): Promise<Told> {
    const { notifier, ledger, onProblem, totals } = this.#parts;
    const { id } = context;
    const kinds = new Set<NoticeKind>();
    if (notifier === undefined) return { ok: true, kinds };
    const prepared: Prepared[] = [];
    try {
      for (const notification of await notifier(
        context,
        debts.map((debt) => noticeOf(context, debt)),
        body,
      )) {
        const asked = await this.#asked(context, notification);
        if (asked !== undefined) prepared.push(this.#begun(id, notification, asked));
      }
    } catch (cause) {
      onProblem({ kind: 'not-notified', id, cause });
      await abandon(prepared);
      return notNow;
    }
    if (prepared.length === 0) return { ok: true, kinds };
    const notices: { [kind in NoticeKind]: SpoolId[] | null } = { failure: null, delay: null, success: null };
    for (const { notification, writer } of prepared) {
      notices[notification.kind] ??= [];
      notices[notification.kind]?.push(writer.id);
    }
    if (!(await announce(notices))) {
      await abandon(prepared);
      return notNow;
    }
    for (const { notification, context: asked, writer } of prepared) {
      if ((await ledger.add(id, asked, notification.octets, writer)) === undefined) return notNow;
      kinds.add(notification.kind);
      totals.notifications++;
    }
    return { ok: true, kinds };
  }

  /** Begins a notification; without what the host's hook adds where the spool refuses that. */
  #begun(id: SpoolId, notification: Notification, asked: NewContext): Prepared {
    const { ledger, hooks } = this.#parts;
    const begun = (context: NewContext) => ({ notification, context, writer: ledger.begin(context) });
    try {
      return begun(asked);
    } catch (error) {
      const code = codeOf(error);
      if (code !== 'SPOOL_CONTEXT_TOO_LARGE' && code !== 'SPOOL_MISUSE') throw error;
      hooks.report(error, id);
      return begun(notification.context);
    }
  }

  /** The notification's context with what the host's hook adds; `undefined` where the hook refuses it. */
  async #asked(context: Context, { kind, context: given }: Notification): Promise<NewContext | undefined> {
    const { hooks } = this.#parts;
    const hook = hooks.hooks.notification;
    if (hook === undefined) return given;
    const answer = await hooks.ask(context.id, () =>
      hook.call(hooks.hooks, { context, kind, notification: given }),
    );
    if (answer === false) return undefined;
    return { ...given, ...(answer?.metadata && { metadata: { ...given.metadata, ...answer.metadata } }) };
  }
}

function noticeOf(context: Context, { place, state, expires }: Debt): RecipientNotice {
  const { owes, last } = state;
  return {
    recipient: routedRecipient(context, place),
    outcome: recordedOutcome(state),
    at: last ?? context.receivedAt,
    ...(owes === 'delay' && Number.isFinite(expires) && { willRetryUntil: expires }),
  };
}

async function abandon(prepared: readonly Prepared[]): Promise<void> {
  for (const { writer } of prepared) await writer.abort();
}
