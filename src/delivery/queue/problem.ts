import type { SpoolId } from '../../spool/index.ts';

/**
 * What went wrong around a message, and what the queue does about it.
 *
 * - `not-recorded`: the spool did not take an outcome. The message stays in hand, so that nobody gets it
 *   twice, and the write is tried again; meanwhile no new work is begun.
 * - `not-read`: the message could not be read from the spool. It is tried again later.
 * - `not-listed`: the spool could not say what is due. It is asked again later.
 * - `not-routed`: the router threw. The recipient is tried again by its schedule.
 * - `not-scheduled`: the function that finds schedules threw. The default one is kept.
 * - `route-failed`: a route broke its promise, and threw or gave the wrong number of outcomes. The recipients
 *   are tried again by their schedules, though they may have been served.
 * - `not-notified`: the notifier threw. It is asked again when the message is next worked on.
 * - `internal`: an error of the queue itself. The message is tried again later.
 * - `fenced`: another owner has taken over the spool. This queue stops by itself.
 */
export interface QueueProblem {
  readonly kind:
    | 'not-recorded'
    | 'not-read'
    | 'not-listed'
    | 'not-routed'
    | 'not-scheduled'
    | 'route-failed'
    | 'not-notified'
    | 'internal'
    | 'fenced';
  /** The message; absent where it is about none. */
  readonly id?: SpoolId;
  readonly cause: unknown;
}
