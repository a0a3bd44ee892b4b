/** Which recipients of a message are due, and which of them go together. */
import type { Context } from '../../spool/index.ts';
import type { Outcome } from '../outcome.ts';
import type { NoRoute, Route, RoutedRecipient, Router } from '../route.ts';
import type { Group } from './attempt.ts';
import type { QueueProblem } from './problem.ts';
import { isFinal, type RecipientState, recipientDue, routedRecipient } from './recipient-state.ts';
import type { ScheduleFor } from './schedule.ts';
import { overdue, timesOf } from './settle.ts';

/** Which recipients to try before they are due. */
export interface Hurry {
  /** By their route's destination and their domain. */
  readonly wants: (destination: string, domain: string) => boolean;
  /** Also those that were never tried because the message is to be sent later. */
  readonly scheduled: boolean;
}

/** What grouping works with. */
export interface GroupingParts {
  /** ms since 1970. */
  readonly now: number;
  readonly hurry: Hurry | undefined;
  readonly router: Router;
  readonly schedule: ScheduleFor;
  readonly onProblem: (problem: QueueProblem) => void;
}

/** An outcome that is known without asking anybody. */
export interface KnownOutcome {
  readonly recipient: RoutedRecipient;
  readonly outcome: Outcome;
  /** It counts as an attempt, so that there is an end to them. */
  readonly attempted: boolean;
}

/** RFC 3463 §3.5: X.4.4, unable to route. */
const noRoute: Outcome = {
  result: 'deferred',
  status: '4.4.4',
  text: 'there is no route to this destination',
};

/** The recipients that are due, by route, and outcomes that are known without an attempt. */
export function groupRecipients(
  context: Context,
  stateOf: (place: number) => RecipientState,
  parts: GroupingParts,
): { readonly groups: readonly Group[]; readonly known: readonly KnownOutcome[] } {
  const { now, hurry, schedule } = parts;
  const groups = new Map<string, Group>();
  const known: KnownOutcome[] = [];
  const { recipients, holdUntil = 0 } = context.envelope;
  // RFC 4865 §4: not even a hurry releases it sooner.
  const places = holdUntil > now ? [] : recipients.keys();
  for (const place of places) {
    const state = stateOf(place);
    const early = recipientDue(context, state) > now;
    if (isFinal(state) || (early && !mayHurry(state, hurry))) continue;
    const recipient = routedRecipient(context, place);
    const late = overdue(state, timesOf(context, schedule(recipient, context)), now);
    const route = late === undefined ? routeOf(recipient, context, parts) : undefined;
    if (route === undefined || !('deliver' in route)) {
      const outcome = late ?? route?.outcome ?? noRoute;
      if (!early) known.push({ recipient, outcome, attempted: late === undefined });
      continue;
    }
    if (early && !hurry?.wants(route.destination, recipient.domain)) continue;
    const number = (state.attempts ?? 0) + 1;
    const group = groups.get(route.key);
    if (group === undefined) groups.set(route.key, { route, recipients: [recipient], number });
    else {
      group.recipients.push(recipient);
      group.number = Math.max(group.number, number);
    }
  }
  return { groups: [...groups.values()], known };
}

function mayHurry({ due }: RecipientState, hurry: Hurry | undefined): boolean {
  return hurry !== undefined && (due !== undefined || hurry.scheduled);
}

/** The recipient's route; a router that throws has none. */
export function routeOf(
  recipient: RoutedRecipient,
  context: Context,
  { router, onProblem }: Pick<GroupingParts, 'router' | 'onProblem'>,
): Route | NoRoute | undefined {
  try {
    return router(recipient, context);
  } catch (cause) {
    onProblem({ kind: 'not-routed', id: context.id, cause });
    return undefined;
  }
}
