import { Buffer } from 'node:buffer';
import type { Context, ContextPatch, NewContext, SpoolId } from './context.ts';
import { SpoolError } from './error.ts';
import { type Json, type JsonRecord, mergePatch } from './json.ts';

/** The octets of JSON that one module's metadata may take: 8 KiB. A value of just this size passes. */
export const metadataLimit = 8192;

/**
 * The octets of JSON that a whole context may take: 1 MiB. It leaves room for some thousand recipients
 * with their delivery state, and keeps a context from becoming a second body. That of a new message must leave
 * 2,000 octets of it free, and 200 for each recipient.
 */
export const contextLimit = 1_048_576;

/**
 * The full context of a message, from what its caller gave and what the spool knows.
 *
 * @throws SpoolError `SPOOL_CONTEXT_TOO_LARGE` when a module's metadata is over {@link metadataLimit}
 */
export function completeContext(
  given: NewContext,
  made: { readonly id: SpoolId; readonly size: number; readonly now: number },
): Context {
  const { receivedAt = made.now, delivery = {}, queue = {}, verdicts = {}, metadata = {}, ...rest } = given;
  checkMetadata(metadata);
  return {
    v: 1,
    id: made.id,
    receivedAt,
    size: made.size,
    ...rest,
    delivery,
    queue,
    verdicts,
    metadata,
  };
}

/**
 * A context with a patch merged in; the context given is not changed.
 *
 * @throws SpoolError `SPOOL_CONTEXT_TOO_LARGE` when a module's metadata comes over {@link metadataLimit};
 *   `SPOOL_MISUSE` when the patch is no JSON, such as a cycle
 */
export function patchContext(context: Context, patch: ContextPatch): Context {
  // A Context and its patch are JSON by construction; their closed types have no index signature to say so.
  const merged = mergeDeep(context as unknown as Json, patch as unknown as Json) as unknown as Context;
  if (patch.metadata !== undefined) checkMetadata(merged.metadata);
  const { v, id, receivedAt, size } = context;
  return { ...merged, v, id, receivedAt, size };
}

/**
 * A context as one line of JSON.
 *
 * @param room octets below {@link contextLimit} that are to stay free: see {@link roomToGrow}
 * @throws SpoolError `SPOOL_CONTEXT_TOO_LARGE` when it is over {@link contextLimit}; `SPOOL_MISUSE` when it
 *   holds what is no JSON, such as a bigint or a cycle
 */
export function encodeContext(context: Context, room = 0): string {
  const text = jsonText(context);
  const limit = contextLimit - room;
  // No character takes more than three octets of UTF-8 for its one or two UTF-16 units.
  if (text.length > limit / 3 && Buffer.byteLength(text) > limit) {
    throw new SpoolError('SPOOL_CONTEXT_TOO_LARGE', `the context takes more than ${limit} octets`);
  }
  return text;
}

/**
 * Octets that the context of a new message leaves free, since what becomes of its recipients must find room in it
 * later: a sender, who chooses the envelope, could else make a message that can be tried and not recorded. A
 * spool encodes the context of a commit with this much room, and that of an update with none.
 */
export function roomToGrow({ envelope }: Context): number {
  return 2000 + 200 * envelope.recipients.length;
}

/**
 * A context from its line of JSON.
 *
 * @throws SpoolError `SPOOL_FORMAT` when it is of a version that this code does not know
 */
export function decodeContext(text: string): Context {
  const context: Context = JSON.parse(text);
  if (context.v !== 1) {
    throw new SpoolError(
      'SPOOL_FORMAT',
      `a message context of version ${context.v}; this code knows version 1`,
    );
  }
  return context;
}

/** The latest time that a listing tells: the year 33658, in 15 digits. */
const latestDue = 999_999_999_999_999;

/**
 * When a message is next to be worked on, by its context: whole ms since 1970; `Infinity` while it is held.
 * One that was not worked on yet is due when it may be released (RFC 4865 §4).
 */
export function dueOf(context: Context): number {
  const { queue, receivedAt, envelope } = context;
  if (queue.held) return Number.POSITIVE_INFINITY;
  const due = Math.floor(queue.due ?? Math.max(receivedAt, envelope.holdUntil ?? 0));
  return Math.min(Math.max(due, 0), latestDue);
}

/**
 * How soon it goes among those that are due, by its context: a whole number from -99 to 99. The queue's own
 * word goes before that of the sender (RFC 6710 §4).
 */
export function priorityOf({ queue, envelope }: Context): number {
  return Math.min(Math.max(Math.trunc(queue.priority ?? envelope.mtPriority ?? 0), -99), 99);
}

function checkMetadata(metadata: JsonRecord): void {
  for (const [module, value] of Object.entries(metadata)) {
    const text = jsonText(value);
    if (text.length > metadataLimit / 3 && Buffer.byteLength(text) > metadataLimit) {
      throw new SpoolError(
        'SPOOL_CONTEXT_TOO_LARGE',
        `the metadata of module "${module.slice(0, 100)}" takes more than ${metadataLimit} octets of JSON`,
      );
    }
  }
}

function mergeDeep(target: Json, patch: Json): Json {
  try {
    return mergePatch(target, patch);
  } catch (cause) {
    throw new SpoolError('SPOOL_MISUSE', 'a patch is nested too deeply', { cause });
  }
}

function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch (cause) {
    throw new SpoolError('SPOOL_MISUSE', 'a message context holds what is no JSON', { cause });
  }
}
