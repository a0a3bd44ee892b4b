/** Replies that several commands share. */
import { isPositive, type Reply, replies, reply } from '../reply.ts';
import type { Verdict } from './events.ts';

/** What a host's silence stands for: the peer keeps its mail and tries again. */
export const refusedNow = replies.localError;

/** An argument where none belongs (RFC 5321 §4.3.2). */
export const noArgument = reply(501, '5.5.4', 'No argument is allowed');

/** The refusal that a verdict is, or `null` where it lets things go on. */
export function refusal(verdict: Verdict): Reply | null {
  return verdict === undefined || isPositive(verdict) ? null : verdict;
}
