/** What threading asks of a message. */

import { parseDate } from '../header/date.ts';
import type { HeaderFields } from '../header/fields.ts';
import { parseMessageIds } from '../header/message-id.ts';
import { baseSubject } from './base-subject.ts';

/** A message as threading sees it; small, so that a host may keep one for each message it has. */
export interface ThreadMessage<K> {
  /** What the caller knows the message by: a number, a UID, a row id. */
  readonly key: K;
  /** Without angle brackets; `null` where there is none. */
  readonly messageId: string | null;
  /** Ancestors, the oldest first. */
  readonly references: readonly string[];
  /** The base subject (RFC 5256 §2.1). */
  readonly base: string;
  /** The subject had the mark of a reply or a forward. */
  readonly isReply: boolean;
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly date: number;
}

/** Only so many ancestors count: the first one, and the nearest. */
const mostReferences = 100;

/**
 * Takes from a header what threading asks. References count; where there are none, the first
 * identifier of In-Reply-To does (RFC 5256 §3 (1)).
 *
 * @param received - when the message came, for one without a date that can be read (RFC 5256 §2.2)
 *
 * @example
 * ```ts
 * import { HeaderFields, threadMessage } from 'mailwright/mime';
 *
 * const fields = HeaderFields.scan(new TextEncoder().encode('Message-ID: <2@x>\r\nIn-Reply-To: <1@x>\r\n\r\n'));
 * threadMessage(7, fields, Date.now()).references; // ['1@x']
 * ```
 */
export function threadMessage<K>(key: K, fields: HeaderFields, received: number): ThreadMessage<K> {
  const [messageId = null] = parseMessageIds(fields.get('message-id')?.value ?? '');
  const all = parseMessageIds(fields.get('references')?.value ?? '');
  const references =
    all.length > 0 ? all : parseMessageIds(fields.get('in-reply-to')?.value ?? '').slice(0, 1);
  const [first] = references;
  const kept =
    references.length > mostReferences && first !== undefined
      ? [first, ...references.slice(1 - mostReferences)]
      : references;
  const { base, isReply } = baseSubject(fields.get('subject')?.value ?? '');
  return {
    key,
    messageId: messageId === null ? null : detached(messageId),
    references: kept.map(detached),
    base: detached(base),
    isReply,
    date: parseDate(fields.get('date')?.value ?? '')?.time ?? received,
  };
}

/** The text in memory of its own: a slice would keep the whole header alive. */
function detached(text: string): string {
  return ` ${text}`.slice(1);
}
