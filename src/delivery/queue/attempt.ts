/** One attempt: the hook before it, the route, and what is published of it. */
import { tracingChannel } from 'node:diagnostics_channel';
import type { Body } from '../../machine/index.ts';
import type { SpoolId } from '../../spool/index.ts';
import type { Deferred, Outcome } from '../outcome.ts';
import type { Attempt, Route, RoutedRecipient } from '../route.ts';
import { type HookCaller, isOutcome } from './hook-caller.ts';
import type { LivingContext } from './living-context.ts';
import type { QueueProblem } from './problem.ts';

/** Recipients of one message that are tried together. */
export interface Group {
  readonly route: Route;
  readonly recipients: RoutedRecipient[];
  /** 1 for the first attempt. */
  number: number;
}

/**
 * What the tracing channel `mailwright:delivery.attempt` publishes about each attempt; `result`, its outcomes, and
 * `error` are there once it has ended.
 */
export interface AttemptTrace {
  readonly id: SpoolId;
  /** The route's kind and destination. */
  readonly kind: string;
  readonly destination: string;
  /** How many recipients. */
  readonly recipients: number;
  /** 1 for the first attempt. */
  readonly number: number;
  /** Octets of the message. */
  readonly size: number;
  readonly result?: readonly Outcome[];
  readonly error?: unknown;
}

const attempts = tracingChannel<unknown, AttemptTrace>('mailwright:delivery.attempt');

/** What an attempt works with. */
export interface AttemptParts {
  readonly hooks: HookCaller;
  readonly onProblem: (problem: QueueProblem) => void;
}

/** Makes an attempt; one outcome for each recipient, whatever happens. */
export async function attempt(
  group: Group,
  living: LivingContext,
  body: Body,
  how: Required<Pick<Attempt, 'signal' | 'report'>>,
  { hooks, onProblem }: AttemptParts,
): Promise<readonly Outcome[]> {
  const { route, recipients, number } = group;
  const { kind, destination } = route;
  const { id, size } = living.present;
  const hook = hooks.hooks.attempt;
  if (hook !== undefined) {
    const notice = { context: living.present, recipients, kind, destination, number };
    const answer = await hooks.ask(id, () => hook.call(hooks.hooks, notice));
    if (isOutcome(answer)) return recipients.map(() => answer);
    hooks.add(living, answer);
  }
  const deliver = () => route.deliver({ context: living.present, recipients, body, ...how });
  try {
    const outcomes = attempts.hasSubscribers
      ? await attempts.tracePromise(deliver, {
          id,
          kind,
          destination,
          recipients: recipients.length,
          number,
          size,
        })
      : await deliver();
    if (outcomes.length === recipients.length) return outcomes;
    const cause = new TypeError(`${outcomes.length} outcomes for ${recipients.length} recipients`);
    onProblem({ kind: 'route-failed', id, cause });
  } catch (cause) {
    onProblem({ kind: 'route-failed', id, cause });
  }
  return recipients.map(() => internalError);
}

/** RFC 3463 §3.4: X.3.0, something is wrong with this system. */
const internalError: Deferred = {
  result: 'deferred',
  status: '4.3.0',
  text: 'an internal error; it will be tried again',
};
