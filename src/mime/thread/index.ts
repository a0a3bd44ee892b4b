/** Threads. */
export { type BaseSubject, baseSubject } from './base-subject.ts';
export { type ThreadMessage, threadMessage } from './message.ts';
export { orderedSubject } from './ordered-subject.ts';
export { threadByReferences } from './references.ts';
export { type Thread, walkThreads } from './thread.ts';
export { ThreadIndex } from './thread-index.ts';
