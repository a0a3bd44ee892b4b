/**
 * What an outcome means for one recipient: delivered, failed, or when to try again.
 *
 * Pure: time and chance come in with the {@link Moment}.
 */
import type { Context } from '../../spool/index.ts';
import type { Delivered, Failed, Outcome } from '../outcome.ts';
import type { RoutedRecipient } from '../route.ts';
import { messageState, outcomeRecord, type RecipientState } from './recipient-state.ts';
import { type Schedule, waitAfter } from './schedule.ts';

/** The times of a message for one recipient, in ms since 1970. */
export interface Times {
  /** When it is given up. */
  readonly expires: number;
  /** When the sender is told of the delay. */
  readonly delayNotice: number;
  /** By when it was to be delivered, and what happens then (RFC 2852 §4). */
  readonly deliverBy?: { readonly at: number; readonly mode: 'return' | 'notify' };
}

/** Everything beside the outcome that counts. */
export interface Moment {
  /** ms since 1970. */
  readonly now: number;
  readonly random: () => number;
  readonly schedule: Schedule;
  readonly times: Times;
  /** The sender may want to hear of success of this kind. */
  readonly tellsSuccess: (how: Delivered['how']) => boolean;
  /** The outcome is that of an attempt, and counts as one. */
  readonly attempted: boolean;
}

/** A limit that ends at once is still waited for: so long that no route can keep the queue spinning. */
const shortestWait = 100;

/** The times of a message; a message that waits for its release (RFC 4865 §4) ages from then on. */
export function timesOf(context: Context, schedule: Schedule): Times {
  const { deliverBy, holdUntil = 0 } = context.envelope;
  const since = messageState(context).since ?? Math.max(context.receivedAt, holdUntil);
  return {
    expires: since + schedule.expiry,
    delayNotice: since + schedule.delayNotice,
    ...(deliverBy && { deliverBy }),
  };
}

/** Whether the sender may want to hear of success: what is asked for, and by whom it is wanted, is the notifier's matter. */
export function tellsSuccess(
  { notify }: RoutedRecipient,
  { envelope: { deliverBy } }: Context,
  how: Delivered['how'],
  { told }: RecipientState,
): boolean {
  // RFC 2852 §4.1.4: each hop is told of.
  if (deliverBy?.trace === true) return true;
  // RFC 3461 §5.2.1: who took over NOTIFY tells the sender.
  if (how === 'passed') return false;
  // RFC 2852 §4.1.4.2: nobody else will tell of the deadline, of which we have not yet.
  const isLost = deliverBy?.mode === 'notify' && told?.includes('deadline') !== true;
  // RFC 3461 §4.1
  return isLost || notify?.includes('success') === true;
}

/** The end of a recipient that must not be tried any more: its deadline has passed (RFC 2852 §4). */
export function overdue(state: RecipientState, { deliverBy }: Times, now: number): Failed | undefined {
  if (deliverBy?.mode !== 'return' || now < deliverBy.at) return undefined;
  const { text, reply, remote } = state;
  const late = 'not delivered by the time that the sender asked for';
  return {
    result: 'failed',
    status: '5.4.7',
    text: text === undefined ? late : `${late}: ${text}`,
    ...(reply && { reply }),
    ...(remote && { remote }),
  };
}

/** The recipient's new state. */
export function settle(before: RecipientState, outcome: Outcome, moment: Moment): RecipientState {
  const { now } = moment;
  const { due: _, ...kept } = before;
  if (outcome.result === 'limited') {
    if (now >= moment.times.expires) return givenUp(kept, moment, kept.text ?? outcome.why);
    return delayed(kept, Math.max(outcome.until, now + shortestWait), moment);
  }
  const { told, owes } = before;
  const attempts = (before.attempts ?? 0) + (moment.attempted ? 1 : 0);
  const tried = { ...(told && { told }), attempts, last: now, ...outcomeRecord(outcome) };
  if (outcome.result === 'failed') return { ...tried, status: 'failed', owes: 'failure' };
  if (outcome.result === 'delivered') {
    const { how } = outcome;
    const status = how === 'passed' ? 'relayed' : how;
    return { ...tried, status, ...(moment.tellsSuccess(how) && { owes: 'success' as const }) };
  }
  if (attempts >= moment.schedule.attempts || now >= moment.times.expires) {
    return givenUp({ ...tried, status: 'failed' }, moment, outcome.text);
  }
  const wait = waitAfter(moment.schedule, attempts, moment.random);
  const next = Math.max(now + wait, outcome.notBefore ?? 0);
  return delayed({ ...tried, ...(owes && { owes }), status: 'delayed' }, next, moment);
}

/** RFC 3463 §3.5: X.4.7, delivery time expired. */
function givenUp(state: RecipientState, { now }: Moment, last: string): RecipientState {
  const text = `given up after ${state.attempts ?? 0} attempts: ${last}`.slice(0, 500);
  return { ...state, last: state.last ?? now, status: 'failed', enhanced: '5.4.7', text, owes: 'failure' };
}

/** Not yet: due at a time, or sooner where something else is to be done by then. */
function delayed(state: RecipientState, due: number, { now, times }: Moment): RecipientState {
  const { deliverBy } = times;
  const told = new Set(state.told);
  let owes = false;
  // Each is told of once. What is asked for and by whom it is wanted is the notifier's matter.
  if (now >= times.delayNotice && !told.has('delay')) {
    told.add('delay');
    owes = true;
  }
  if (deliverBy?.mode === 'notify' && now >= deliverBy.at && !told.has('deadline')) {
    told.add('deadline');
    owes = true;
  }
  const appointments = [due, times.expires, times.delayNotice, deliverBy?.at ?? due];
  return {
    ...state,
    due: Math.min(...appointments.filter((time) => time > now)),
    ...(told.size > 0 && { told: [...told] }),
    ...(owes && { owes: 'delay' as const }),
  };
}
