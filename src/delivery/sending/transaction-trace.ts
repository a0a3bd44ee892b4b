/** What is published about each transaction, for logs, metrics and traces. */
import { tracingChannel } from 'node:diagnostics_channel';
import type { ErrandResult } from './errand.ts';

/**
 * What the tracing channel `mailwright:delivery.transaction` publishes about each transaction with a server,
 * or the try to get one. The last fields are there once it is over.
 *
 * @example
 * ```ts
 * import { tracingChannel } from 'node:diagnostics_channel';
 * import type { TransactionTrace } from 'mailwright/delivery';
 *
 * tracingChannel<unknown, TransactionTrace>('mailwright:delivery.transaction').asyncEnd.subscribe((message) => {
 *   const { id, host, accepted, recipients } = message as TransactionTrace;
 *   console.log(id, host, `${accepted} of ${recipients}`);
 * });
 * ```
 */
export interface TransactionTrace {
  /** The message's. */
  readonly id: string;
  /** The route's. */
  readonly kind: string;
  readonly destination: string;
  /** The server's name. */
  readonly host: string;
  /** Octets of the content. */
  readonly size: number;
  readonly recipients: number;
  /** `answered`, or why there was no transaction. */
  outcome?: 'answered' | 'unreachable' | 'broken' | 'crowded' | 'stopped';
  /** The address that was talked to. */
  address?: string;
  /** Recipients that the server took, and that it refused. */
  accepted?: number;
  refused?: number;
}

const transactions = tracingChannel<unknown, TransactionTrace>('mailwright:delivery.transaction');

/** Runs a transaction, and publishes what it comes to if somebody listens. */
export function traced(
  describe: () => TransactionTrace,
  run: () => Promise<ErrandResult>,
): Promise<ErrandResult> {
  if (!transactions.hasSubscribers) return run();
  const trace = describe();
  return transactions.tracePromise(async () => {
    const done = await run();
    trace.outcome = done.ok ? 'answered' : done.why;
    if (done.ok) {
      const { recipients } = done.result;
      trace.address = done.address;
      trace.accepted = recipients.filter(({ result }) => result === 'accepted').length;
      trace.refused = recipients.filter(({ result }) => result === 'refused').length;
    }
    return done;
  }, trace);
}
