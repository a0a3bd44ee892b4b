/** Looking at the queue: single messages, pages of them, figures. */
import { setImmediate } from 'node:timers/promises';
import {
  type Context,
  dueOf,
  priorityOf,
  type Spool,
  type SpoolEntry,
  type SpoolId,
} from '../../spool/index.ts';
import { codeOf } from './ledger.ts';
import {
  type HeldState,
  isFinal,
  messageState,
  type RecipientState,
  recipientState,
  routedRecipient,
} from './recipient-state.ts';

/**
 * Where a message stands.
 *
 * - `sending`: in hand; an attempt is being made, or is about to be.
 * - `due`: it waits for its turn.
 * - `waiting`: until its time comes.
 * - `held`, `frozen`, `dead`: see `HeldState`.
 */
export type MessageStanding = 'sending' | 'due' | 'waiting' | HeldState;

/** One recipient of a queued message. */
export interface QueuedRecipient extends RecipientState {
  readonly path: string;
  /** In lower-case A-labels. */
  readonly domain: string;
}

/** A message as it stands in the queue. */
export interface QueuedMessage {
  readonly id: SpoolId;
  readonly standing: MessageStanding;
  /** Octets. */
  readonly size: number;
  /** ms since 1970. */
  readonly receivedAt: number;
  /** When it is worked on next, in ms since 1970; `Infinity` while it is held. */
  readonly due: number;
  readonly priority: number;
  /** The reverse path; `''` is the null path. */
  readonly from: string;
  /** Who submitted it, where that was authenticated. */
  readonly user?: string;
  readonly recipients: readonly QueuedRecipient[];
}

/** Which messages to list; those that keep all of what is given. */
export interface QueueFilter {
  readonly standing?: MessageStanding;
  /** The domain of a recipient that is still to be served, in lower-case A-labels. */
  readonly domain?: string;
  /** The reverse path. */
  readonly from?: string;
  readonly user?: string;
}

/** A page of a listing. */
export interface QueuePageOptions extends QueueFilter {
  /** Begin behind this id: the `next` of the page before. */
  readonly after?: SpoolId;
  /** At most so many messages. Default 100, at most 1,000. */
  readonly limit?: number;
}

/** A page of messages in the order of their ids, which is about that of their arrival. */
export interface QueuePage {
  readonly messages: readonly QueuedMessage[];
  /** Where the next page begins; absent after the last one. A page may be short, or empty, and have a next one. */
  readonly next?: SpoolId;
}

/** How many messages stand where. */
export interface StandingCounts {
  readonly sending: number;
  readonly due: number;
  readonly waiting: number;
  /** Held, frozen and dead ones together: which is which only their contexts tell. */
  readonly held: number;
}

/** What looking needs to know of the queue. */
export interface Standings {
  readonly now: number;
  readonly inHand: (id: SpoolId) => boolean;
}

/** Contexts that one page may read: a filter that finds little does not read the whole spool at once. */
const readAtMost = 5000;
const readAtOnce = 50;
/** Entries that are looked at until others have their turn, however many there are. */
const walkedAtOnce = 10_000;

/** One message; `undefined` where there is none. */
export async function viewMessage(
  spool: Spool,
  id: SpoolId,
  standings: Standings,
): Promise<QueuedMessage | undefined> {
  try {
    return messageView(await spool.context(id), standings);
  } catch (error) {
    if (codeOf(error) === 'SPOOL_NOT_FOUND') return undefined;
    throw error;
  }
}

/** A page of messages. It walks through what the spool lists, in memory, and reads the contexts of a page. */
export async function listMessages(
  spool: Spool,
  options: QueuePageOptions,
  standings: Standings,
): Promise<QueuePage> {
  const limit = Math.min(Math.max(options.limit ?? 100, 1), 1000);
  const ids = await firstIds(spool, options, standings);
  const messages: QueuedMessage[] = [];
  let last: SpoolId | undefined;
  for (let at = 0; at < ids.length; at += readAtOnce) {
    const batch = ids.slice(at, at + readAtOnce);
    const views = await Promise.all(batch.map((id) => viewMessage(spool, id, standings)));
    for (const [i, view] of views.entries()) {
      last = batch[i];
      if (view === undefined || !passes(view, options)) continue;
      messages.push(view);
      if (messages.length === limit) return { messages, ...(last !== undefined && { next: last }) };
    }
  }
  return { messages, ...(ids.length === readAtMost && last !== undefined && { next: last }) };
}

/** Counts all messages, by what the spool lists of them. */
export async function countStandings(spool: Spool, { now, inHand }: Standings): Promise<StandingCounts> {
  const counts = { sending: 0, due: 0, waiting: 0, held: 0 };
  for await (const { id, due } of walk(spool)) {
    if (inHand(id)) counts.sending++;
    else if (due <= now) counts.due++;
    else if (due < Number.POSITIVE_INFINITY) counts.waiting++;
    else counts.held++;
  }
  return counts;
}

/** All that the spool lists, a part at a time. */
async function* walk(spool: Spool): AsyncGenerator<SpoolEntry> {
  let steps = 0;
  for await (const entry of spool.list()) {
    yield entry;
    if (++steps % walkedAtOnce === 0) await setImmediate();
  }
}

/** The first ids behind a place, in order: a walk through all, with no more of them in memory than are asked for. */
async function firstIds(spool: Spool, options: QueuePageOptions, standings: Standings): Promise<SpoolId[]> {
  const { after = '' } = options;
  let ids: SpoolId[] = [];
  let bound: SpoolId | undefined;
  for await (const entry of walk(spool)) {
    if (entry.id <= after || (bound !== undefined && entry.id > bound)) continue;
    if (!mayPass(entry, options, standings)) continue;
    ids.push(entry.id);
    if (ids.length < 2 * readAtMost) continue;
    ids = ids.sort().slice(0, readAtMost);
    bound = ids.at(-1);
  }
  return ids.sort().slice(0, readAtMost);
}

/** What an entry alone tells of its standing. */
function mayPass({ id, due }: SpoolEntry, { standing }: QueueFilter, { now, inHand }: Standings): boolean {
  switch (standing) {
    case undefined:
      return true;
    case 'sending':
      return inHand(id);
    case 'due':
      return due <= now && !inHand(id);
    case 'waiting':
      return due > now && due < Number.POSITIVE_INFINITY;
    default:
      return due === Number.POSITIVE_INFINITY;
  }
}

function passes(message: QueuedMessage, { standing, domain, from, user }: QueueFilter): boolean {
  return (
    (standing === undefined || message.standing === standing) &&
    (from === undefined || message.from === from) &&
    (user === undefined || message.user === user) &&
    (domain === undefined || message.recipients.some((each) => each.domain === domain && !isFinal(each)))
  );
}

function messageView(context: Context, standings: Standings): QueuedMessage {
  const { id, size, receivedAt, user, envelope } = context;
  return {
    id,
    standing: standingOf(context, standings),
    size,
    receivedAt,
    due: dueOf(context),
    priority: priorityOf(context),
    from: envelope.from,
    ...(user !== undefined && { user }),
    recipients: envelope.recipients.map(({ path }, place) => ({
      ...recipientState(context, place),
      path,
      domain: routedRecipient(context, place).domain,
    })),
  };
}

function standingOf(context: Context, { now, inHand }: Standings): MessageStanding {
  if (context.queue.held) return messageState(context).state ?? 'held';
  if (inHand(context.id)) return 'sending';
  return dueOf(context) <= now ? 'due' : 'waiting';
}
