/**
 * A module: host code along the whole life of a message, from the first octet of its session to its last
 * delivery.
 *
 * Its state travels with the message: what it puts under its own name into `visit.metadata` while the
 * message is received is in `context.metadata` when the message is delivered, days and restarts later.
 */
import type { DeliveryHooks } from '../delivery/index.ts';
import type { IncomingMessage, SmtpHandlers, Visit } from '../reception/index.ts';
import type { Reply } from '../smtp/index.ts';
import type { ContextPatch } from '../spool/index.ts';
import type { MaybePromise } from '../users/index.ts';

/** What a module may decide and see while mail is received; each as in `SmtpHandlers`. */
export type ReceptionHooks = Pick<
  SmtpHandlers,
  'connect' | 'helo' | 'mail' | 'rcpt' | 'authenticated' | 'authenticationFailed' | 'violation' | 'close'
> & {
  /**
   * The message is complete: a refusal, or what is to be noted in its context. The `judge` of `spoolTo`: it too
   * notes metadata by returning them, since those of the visit were taken when the message began.
   */
  message?(message: IncomingMessage, visit: Visit): MaybePromise<Reply | ContextPatch | undefined>;
};

/** One module. */
export interface MailModule {
  /** The name of its values in `metadata`; no two modules share one. */
  readonly name: string;
  readonly reception?: ReceptionHooks;
  readonly delivery?: DeliveryHooks;
}

/** Two modules have one name: they would overwrite each other's values. */
export class ModuleMisuse extends Error {
  override readonly name = 'ModuleMisuse';
  readonly code = 'MODULE_MISUSE';
}
