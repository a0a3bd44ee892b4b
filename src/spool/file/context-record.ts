import type { Context } from '../context.ts';
import { dueOf, priorityOf } from '../context-change.ts';
import type { JournalRecord } from './record.ts';

/** What is common to records that carry no context of a message. */
export const blank = { due: 0, priority: 0, context: '', bodySize: 0, bodyCrc: 0 };

/** The record for a context and its text. */
export function recordOf(kind: JournalRecord['kind'], context: Context, text: string): JournalRecord {
  const { id, size } = context;
  const due = dueOf(context);
  return { kind, id, due, priority: priorityOf(context), context: text, bodySize: size, bodyCrc: 0 };
}
