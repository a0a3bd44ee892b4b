/** The part of a notification for people (RFC 3464 §1.1), in English. */
import { formatDate } from '../../mime/index.ts';
import type { Context } from '../../spool/index.ts';
import type { Notification } from '../notifier.ts';
import { cleanText } from './clean-text.ts';
import { transcribed } from './status-part.ts';
import type { WantedNotice } from './wanted.ts';

/** What a notification tells, for those who write its text. */
export interface NoticeFacts {
  readonly kind: Notification['kind'];
  /** The message that it is about. */
  readonly context: Context;
  /** The server that tells. */
  readonly hostname: string;
  /** At least one. Texts of remote servers in it are theirs: show them as text, never as HTML. */
  readonly notices: readonly WantedNotice[];
}

const subjects: Readonly<Record<Notification['kind'], string>> = {
  failure: 'Your message could not be delivered',
  delay: 'Your message is delayed',
  success: 'Your message was delivered',
};

const openings: Readonly<Record<Notification['kind'], string>> = {
  failure: 'Your message could not be delivered to these recipients. It will not be tried again.',
  delay: 'Your message is still to be delivered to these recipients. You need not send it again.',
  success: 'Your message has gone to these recipients.',
};

const arrivals = {
  delivered: 'It is in the mailbox.',
  relayed: 'It was handed to a server that may tell no more about it.',
  expanded: 'It was sent on to several addresses.',
} as const;

/** The subject of a notification. */
export function noticeSubject({ kind }: NoticeFacts): string {
  return subjects[kind];
}

/** The text of a notification. */
export function noticeText({ kind, context, hostname, notices }: NoticeFacts): string {
  const paragraphs = notices.map((notice) =>
    [`<${cleanText(notice.recipient.path, true)}>`, ...linesAbout(notice).map((line) => `    ${line}`)].join(
      '\n',
    ),
  );
  return [
    `This is the mail server ${hostname}.`,
    `${openings[kind]}`,
    ...paragraphs,
    `The message came here on ${formatDate(context.receivedAt)} and is known as ${context.id}.\n`,
  ].join('\n\n');
}

function linesAbout({ action, outcome, willRetryUntil }: WantedNotice): string[] {
  if (action !== 'failed' && action !== 'delayed') return [arrivals[action]];
  const { remote, reply, text } = outcome;
  const where = remote?.address === undefined ? remote?.host : `${remote.host} [${remote.address}]`;
  const said = reply === undefined ? [] : [`${where ?? 'The server'} answered: ${transcribed(reply)}`];
  // A reply that was meant for the time being is not why it failed.
  const why = reply === undefined || (action === 'failed' && reply.code < 500) ? [text] : [];
  const until = willRetryUntil === undefined ? [] : [`It will be tried until ${formatDate(willRetryUntil)}.`];
  return [...said, ...why, ...until].map((line) => cleanText(line, true)).filter((line) => line !== '');
}
