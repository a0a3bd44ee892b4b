/** Trying many messages before they are due: those for a destination, or all. */
import type { Context, Spool, SpoolEntry, SpoolId } from '../../spool/index.ts';
import type { Router } from '../route.ts';
import { contextsOf } from './contexts.ts';
import { type Hurry, routeOf } from './grouping.ts';
import type { QueueProblem } from './problem.ts';
import { isFinal, recipientState, routedRecipient } from './recipient-state.ts';

/** Which messages to try. */
export type RetryWhich =
  | 'all'
  | { readonly id: SpoolId }
  | {
      /** A route's destination, or a recipient's domain in lower-case A-labels. */
      readonly destination: string;
      /** Also what is below it: `@example.org` of ETRN (RFC 1985 §5.3). Default `false`. */
      readonly subdomains?: boolean;
    };

/** How many messages a retry looked at, and how many it took in hand. */
export interface RetryReport {
  readonly examined: number;
  readonly taken: number;
}

/** What a retry of many works with. */
export interface RetryParts {
  readonly spool: Spool;
  readonly router: Router;
  /** Resolves when another message may be taken. */
  readonly room: () => Promise<void>;
  readonly take: (id: SpoolId, hurry: Hurry) => boolean;
  readonly onProblem: (problem: QueueProblem) => void;
}

/** Takes messages one after the other, as there is room, in the order in which they would be due. */
export async function retryMany(
  which: Exclude<RetryWhich, { readonly id: SpoolId }>,
  parts: RetryParts,
): Promise<RetryReport> {
  const { spool, room, take, onProblem } = parts;
  let examined = 0;
  let taken = 0;
  // All that are not held. One that is taken and comes back is later than any that was listed before.
  const listed = spool.list({ dueBy: Number.POSITIVE_INFINITY });
  if (which === 'all') {
    for await (const { id } of listed) {
      examined++;
      await room();
      if (take(id, { wants: () => true, scheduled: false })) taken++;
    }
    return { examined, taken };
  }
  const hurry = hurryFor(which);
  const counted = (async function* (): AsyncGenerator<SpoolEntry> {
    for await (const entry of listed) {
      examined++;
      yield entry;
    }
  })();
  const unread = (cause: unknown, { id }: SpoolEntry) => onProblem({ kind: 'not-read', id, cause });
  for await (const context of contextsOf(spool, counted, unread)) {
    if (!wants(context, hurry, parts)) continue;
    await room();
    if (take(context.id, hurry)) taken++;
  }
  return { examined, taken };
}

function hurryFor({
  destination,
  subdomains = false,
}: {
  readonly destination: string;
  readonly subdomains?: boolean;
}): Hurry {
  const below = `.${destination}`;
  const wants = (...names: readonly string[]) =>
    names.some((name) => name === destination || (subdomains && name.endsWith(below)));
  return { wants, scheduled: false };
}

/** Whether a recipient that is still to be served goes there. */
function wants(context: Context, hurry: Hurry, parts: RetryParts): boolean {
  for (const place of context.envelope.recipients.keys()) {
    if (isFinal(recipientState(context, place))) continue;
    const recipient = routedRecipient(context, place);
    const route = routeOf(recipient, context, parts);
    if (hurry.wants(route !== undefined && 'deliver' in route ? route.destination : '', recipient.domain))
      return true;
  }
  return false;
}
