import { channel } from 'node:diagnostics_channel';
import process from 'node:process';
import { tell } from '../tell.ts';

/**
 * Something that the people who run the server should know; published on the channel
 * `mailwright:delivery.warning` of `node:diagnostics_channel` as well.
 *
 * - `INVALID_CERTIFICATE_ACCEPTED`: a connection was made whose certificate nobody checked, since the
 *   configuration says so.
 * - `LOOKUP_FAULT`: a resolver or a cache of policies failed in a way that it promises not to.
 * - `LOCAL_FAULT`: a handler of local delivery threw, rejected or answered nonsense.
 * - `REPORT_FAULT`: what was to note a session for TLS reports threw or rejected.
 */
export interface DeliveryWarning {
  readonly code: 'INVALID_CERTIFICATE_ACCEPTED' | 'LOOKUP_FAULT' | 'LOCAL_FAULT' | 'REPORT_FAULT';
  /** Of the route. */
  readonly destination: string;
  /** For people, without secrets. */
  readonly text: string;
  readonly error?: unknown;
}

const warnings = channel('mailwright:delivery.warning');

/**
 * Publishes a warning on the channel `mailwright:delivery.warning` of `node:diagnostics_channel`, and tells
 * the host, by a process warning where it has no function for it.
 */
export function tellWarning(
  warning: DeliveryWarning,
  warn: ((warning: DeliveryWarning) => void) | undefined,
): void {
  if (warnings.hasSubscribers) warnings.publish(warning);
  if (warn !== undefined) tell(() => warn(warning));
  else process.emitWarning(warning.text, { type: 'DeliveryWarning', code: warning.code });
}
