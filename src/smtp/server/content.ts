/**
 * The content of a message on its way in, by DATA or BDAT: asked for, counted, judged, answered.
 *
 * Content that is refused while it comes is still read to its true end, so that the conversation
 * keeps its place; its reply goes out then.
 */
import type { Bytes } from '../../machine/index.ts';
import { type Reply, reply } from '../reply.ts';
import type { Conversation } from './conversation.ts';
import type { MessageVerdict, Verdict, ViolationKind } from './events.ts';
import { refusal, refusedNow } from './refusal.ts';
import type { Transaction } from './transaction.ts';

/** RFC 1870 §6.3, RFC 3463 §3.4 */
export const tooBig = reply(552, '5.3.4', 'Message too big');
/** RFC 5321 §2.3.8; the status is RFC 3463's "other or undefined media error" subject with 11, as in use. */
export const bareNewline = reply(550, '5.6.11', 'Bare CR or LF in message content: lines must end with CRLF');

const accepted = reply(250, '2.0.0', 'Message accepted');

/** Asks whether the content may come, and goes on with `proceed`; or with `refuse`, the transaction being over. */
export function openContent(
  conversation: Conversation,
  transaction: Transaction,
  proceed: () => void,
  refuse: (refused: Reply) => void,
): void {
  conversation.ask({ type: 'data', envelope: transaction }, refusedNow, (verdict) => {
    const refused = refusal(verdict);
    if (refused === null) {
      conversation.phase = 'content';
      conversation.await('dataStart');
      proceed();
    } else {
      conversation.drop('refused');
      refuse(refused);
    }
  });
}

/** Takes a piece of content. */
export function takeContent(conversation: Conversation, transaction: Transaction, chunk: Bytes): void {
  transaction.size += chunk.length;
  if (transaction.size > conversation.setup.limits.message) {
    refuseContent(conversation, transaction, tooBig, 'too-big');
  }
  if (transaction.failure === null) conversation.emit({ type: 'body', chunk });
}

/**
 * Refuses the content that is coming; the reply waits for its end.
 *
 * The first refusal counts, but a lone CR or LF outweighs a size: which of them is found first depends
 * on how the content was cut, and the reply must not.
 */
export function refuseContent(
  conversation: Conversation,
  transaction: Transaction,
  failure: Reply,
  kind: ViolationKind,
): void {
  const earlier = transaction.failure;
  if (earlier !== null && (earlier === failure || failure !== bareNewline)) return;
  transaction.failure = failure;
  conversation.emit({ type: 'violation', kind });
  if (earlier === null) conversation.emit({ type: 'reset', why: 'refused' });
}

/** The content is complete: asks the host to take it into custody, and answers. */
export function endContent(conversation: Conversation, transaction: Transaction): void {
  if (transaction.failure !== null) {
    answerMessage(conversation, transaction, transaction.failure);
    return;
  }
  const event = { type: 'message', envelope: transaction, size: transaction.size } as const;
  conversation.ask(event, refusedNow, (verdict) => answerMessage(conversation, transaction, verdict));
}

function answerMessage(conversation: Conversation, transaction: Transaction, verdict: MessageVerdict): void {
  conversation.transaction = null;
  answerRecipients(conversation, transaction, verdict);
  conversation.finish();
}

/** One reply; in LMTP one for each accepted recipient, in their order (RFC 2033 §4.2, §4.3). */
export function answerRecipients(
  conversation: Conversation,
  transaction: Transaction,
  verdict: MessageVerdict,
): void {
  const count = conversation.setup.lmtp ? transaction.recipients.length : 1;
  // A verdict of 421 ends the session, and with it the replies that would follow.
  for (let index = 0; index < count && conversation.phase !== 'closed'; index += 1) {
    const one = isPerRecipient(verdict) ? verdict[index] : verdict;
    conversation.reply(one ?? accepted);
  }
}

function isPerRecipient(verdict: MessageVerdict): verdict is readonly Verdict[] {
  return Array.isArray(verdict);
}
