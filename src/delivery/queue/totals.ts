/** What a queue has done since it was made; recipients are counted, not messages, but for the attempts. */
export interface QueueTotals {
  /** Attempts, each for one or more recipients of a message. */
  readonly attempts: number;
  readonly delivered: number;
  /** Outcomes that led to another attempt. */
  readonly deferred: number;
  /** Recipients given up, those that expired among them. */
  readonly failed: number;
  /** Attempts that a limit or a pause kept from being made. */
  readonly limited: number;
  /** Notifications put into the spool. */
  readonly notifications: number;
}

/** Counters of {@link QueueTotals}. */
export class Totals implements QueueTotals {
  attempts = 0;
  delivered = 0;
  deferred = 0;
  failed = 0;
  limited = 0;
  notifications = 0;
}
