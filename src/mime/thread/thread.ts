/** Threads as trees, and what one may ask of them. */
import type { ThreadMessage } from './message.ts';

/** A node of a thread. */
export interface Thread<K> {
  /** `null` stands for a parent that is missing; it has two children or more. */
  readonly message: ThreadMessage<K> | null;
  readonly children: readonly Thread<K>[];
}

/** A node that is being built. */
export interface OpenThread<K> {
  message: ThreadMessage<K> | null;
  children: OpenThread<K>[];
}

/**
 * The nodes of a forest, parents before children; children come in order. Threads can be as deep as
 * their senders like, so nothing here recurs.
 *
 * @example
 * ```ts
 * import { orderedSubject, walkThreads } from 'mailwright/mime';
 *
 * for (const { thread, depth } of walkThreads(orderedSubject([]))) console.log(depth, thread.message?.key);
 * ```
 */
export function* walkThreads<K>(
  threads: readonly Thread<K>[],
): Generator<{ readonly thread: Thread<K>; readonly depth: number }, void, undefined> {
  const stack = threads.toReversed().map((thread) => ({ thread, depth: 0 }));
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    yield next;
    const { children } = next.thread;
    for (let i = children.length - 1; i >= 0; i--) {
      stack.push({ thread: children[i] as Thread<K>, depth: next.depth + 1 });
    }
  }
}

/** RFC 5256 §2.2: by sent date; a missing parent has its first child's. The sort is stable. */
export function byDate<K>(a: Thread<K>, b: Thread<K>): number {
  return dateOf(a) - dateOf(b);
}

function dateOf<K>(thread: Thread<K>): number {
  return thread.message?.date ?? thread.children[0]?.message?.date ?? 0;
}
