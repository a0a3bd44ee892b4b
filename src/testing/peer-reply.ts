/** Replies in a peer's script: well-formed ones, and texts as they are. */
import { formatReply, isPositive, type Reply, replies, type Verdict } from '../smtp/index.ts';

/** Whether a command is carried out that is answered so. */
export function carriesOut(reply: Reply | string): boolean {
  return typeof reply === 'string' ? /^[23]/.test(reply) : isPositive(reply);
}

/** What the machine is told of a reply; what goes over the wire is the reply itself. */
export function verdictOf(reply: Reply | string | undefined): Verdict {
  if (reply === undefined || carriesOut(reply)) return undefined;
  return typeof reply === 'string' ? replies.refused : reply;
}

/** The reply as it goes over the wire. */
export function textOf(reply: Reply | string): string {
  return typeof reply === 'string' ? reply : formatReply(reply);
}
