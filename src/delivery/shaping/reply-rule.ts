/** Rules that answer what a server replies, as data. */
import type { ServerReply } from '../../smtp/index.ts';
import { checkLimits } from '../limit-misuse.ts';
import { type Destination, isWithin, type Scope } from './name-pattern.ts';

/** What is done about a reply. */
export type ReplyAction =
  /** Nothing is sent to the destination for so many ms; what wants to go is `limited` until then. */
  | { readonly suspend: number }
  /** Rate and concurrency, as far as they are limited, are divided by `slow`, more than 1, for so many ms. */
  | { readonly slow: number; readonly for: number }
  /** The recipient is given up, although the reply was one for now. */
  | { readonly fail: true }
  /** The recipient is tried again no sooner than in so many ms. */
  | { readonly retryAfter: number };

/** Which replies a rule is about: those for which all holds that is named. */
export interface ReplyCondition extends Scope {
  readonly code?: number;
  /** The whole enhanced status code: `4.7.28`. */
  readonly enhanced?: string;
  /** Stands somewhere in the reply's text, in whatever case. */
  readonly text?: string;
}

/** A rule that answers replies. */
export interface ReplyRule {
  readonly when: ReplyCondition;
  readonly action: ReplyAction;
}

/** @throws LimitMisuse for times and factors that are none */
export function checkAction(action: ReplyAction): void {
  if ('suspend' in action) checkLimits({ suspend: action.suspend }, 0);
  if ('retryAfter' in action) checkLimits({ retryAfter: action.retryAfter }, 0);
  if (!('slow' in action)) return;
  checkLimits({ slow: action.slow });
  checkLimits({ for: action.for }, 0);
}

/** What the first rule that fits makes of a reply; `null`: nothing in particular. */
export function actionFor(
  rules: readonly ReplyRule[],
  reply: ServerReply,
  destination: Destination,
): ReplyAction | null {
  if (rules.length === 0) return null;
  const text = reply.lines.join('\n').toLowerCase();
  const rule = rules.find(
    ({ when }) =>
      (when.code === undefined || when.code === reply.code) &&
      (when.enhanced === undefined || when.enhanced === reply.enhanced) &&
      (when.text === undefined || text.includes(when.text.toLowerCase())) &&
      isWithin(when, destination),
  );
  return rule?.action ?? null;
}
