import type { ThreadMessage } from './message.ts';
import type { Thread } from './thread.ts';
import { ThreadIndex } from './thread-index.ts';

/**
 * THREAD=REFERENCES (RFC 5256 §3) of messages that are all at hand. To keep threads up to date as messages
 * come and go, see {@link ThreadIndex}.
 *
 * @example
 * ```ts
 * import { threadByReferences } from 'mailwright/mime';
 *
 * const message = { base: '', isReply: false, date: 0 };
 * threadByReferences([
 *   { ...message, key: 1, messageId: 'a@x', references: [] },
 *   { ...message, key: 2, messageId: 'b@x', references: ['a@x'] },
 * ]).length; // 1
 * ```
 */
export function threadByReferences<K>(messages: Iterable<ThreadMessage<K>>): Thread<K>[] {
  const index = new ThreadIndex<K>();
  for (const message of messages) index.add(message);
  return index.threads();
}
