/** What is published about each session that a transport opens, for logs, metrics and traces. */
import { tracingChannel } from 'node:diagnostics_channel';
import type { NotOpened, Opened, Target } from '../delivery/index.ts';
import type { SmtpFailure } from '../smtp/index.ts';

/**
 * What the tracing channel `mailwright:node.opening` of `node:diagnostics_channel` publishes about each
 * session that `SmtpTransport` opens. The last fields are there once it is open, or is not to be.
 *
 * @example
 * ```ts
 * import { tracingChannel } from 'node:diagnostics_channel';
 * import type { OpeningTrace } from 'mailwright/node';
 *
 * tracingChannel<unknown, OpeningTrace>('mailwright:node.opening').asyncEnd.subscribe((message) => {
 *   const { host, address, failure } = message as OpeningTrace;
 *   console.log(host, address, failure?.text ?? 'open');
 * });
 * ```
 */
export interface OpeningTrace {
  /** The server's name. */
  readonly host: string;
  readonly protocol: Target['protocol'];
  /** The address that was talked to, or that failed last. */
  address?: string;
  /** The version of TLS, or `null` in clear. */
  tls?: string | null;
  failure?: SmtpFailure;
}

const openings = tracingChannel<unknown, OpeningTrace>('mailwright:node.opening');

/** Opens a session, and publishes what it comes to if somebody listens. */
export function traced(
  { host, protocol }: Target,
  open: () => Promise<Opened | NotOpened>,
): Promise<Opened | NotOpened> {
  if (!openings.hasSubscribers) return open();
  const trace: OpeningTrace = { host, protocol };
  return openings.tracePromise(async () => {
    const opening = await open();
    if (opening.ok) {
      trace.address = opening.session.address;
      trace.tls = opening.session.tls?.version ?? null;
    } else {
      trace.failure = opening.failure;
      if (opening.address !== undefined) trace.address = opening.address;
    }
    return opening;
  }, trace);
}
