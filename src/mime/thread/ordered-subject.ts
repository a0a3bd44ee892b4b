import type { ThreadMessage } from './message.ts';
import { byDate, type OpenThread, type Thread } from './thread.ts';

/**
 * THREAD=ORDEREDSUBJECT (RFC 5256 §3): messages of one base subject are a thread, of which the oldest is the
 * root and all others are its children, by date; threads go by the date of their first message.
 *
 * @example
 * ```ts
 * import { orderedSubject } from 'mailwright/mime';
 *
 * const message = { messageId: null, references: [], base: 'Roses', isReply: false };
 * orderedSubject([
 *   { ...message, key: 1, date: 20 },
 *   { ...message, key: 2, date: 10 },
 * ])[0]?.message?.key; // 2
 * ```
 */
export function orderedSubject<K>(messages: Iterable<ThreadMessage<K>>): Thread<K>[] {
  const threads = new Map<string, OpenThread<K>>();
  const inOrder = [...messages].sort((a, b) => a.date - b.date);
  for (const message of inOrder) {
    const key = message.base.toLowerCase();
    const node: OpenThread<K> = { message, children: [] };
    const first = threads.get(key);
    if (first === undefined) threads.set(key, node);
    else first.children.push(node);
  }
  return [...threads.values()].sort(byDate);
}
