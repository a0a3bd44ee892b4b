/** From an event of the machine to the handler that decides it. */
import type { Asking, VerdictFor } from '../machine/index.ts';
import { type Question, type Temporary, temporary } from '../sasl/index.ts';
import { type Reply, replies, type SmtpServerEvent } from '../smtp/index.ts';
import { SpoolError } from '../spool/index.ts';
import { answerQuestion, type MaybePromise } from '../users/index.ts';
import type { SmtpHandlers, Visit } from './handlers.ts';

/** Events that ask, but for DATA and the message, which go to a sink. */
export type DecidableEvent = Exclude<Asking<SmtpServerEvent>, { type: 'data' | 'message' }>;

/** Events that inform, but for those that the driver itself acts on. */
export type ReportedEvent = Extract<
  SmtpServerEvent,
  { type: 'authenticated' | 'authenticationFailed' | 'forward' | 'violation' | 'close' }
>;

/** The host's verdict on an event, or what stands for it where no handler was given. */
export function decide(
  handlers: SmtpHandlers,
  event: DecidableEvent,
  visit: Visit,
): MaybePromise<VerdictFor<DecidableEvent>> {
  switch (event.type) {
    case 'connect':
      return handlers.connect?.(visit);
    case 'helo':
      return handlers.helo?.(event, visit);
    case 'mail':
      return handlers.mail?.(event, visit);
    case 'rcpt':
      return handlers.rcpt?.(event, visit);
    case 'vrfy':
      return handlers.vrfy?.(event, visit);
    case 'expn':
      return handlers.expn?.(event, visit);
    case 'help':
      return handlers.help?.(event, visit);
    case 'etrn':
      return handlers.etrn?.(event, visit);
    case 'atrn':
      return handlers.atrn?.(event, visit);
    default:
      return answerQuestion(handlers.credentials ?? {}, event);
  }
}

/** What stands for the verdict of a handler that failed: the peer keeps its mail and tries again. */
export function fallbackFor(event: Asking<SmtpServerEvent>, error: unknown): Reply | Temporary {
  if (questions.has(event.type)) return temporary;
  const full = error instanceof SpoolError && error.code === 'SPOOL_FULL';
  return full ? replies.insufficientStorage : replies.localError;
}

const questions: ReadonlySet<string> = new Set<Question['type']>([
  'verifyPassword',
  'scramKeys',
  'verifyToken',
  'external',
  'anonymous',
  'cramPassword',
]);

/** Tells the host what needs no answer. */
export function report(handlers: SmtpHandlers, event: ReportedEvent, visit: Visit): void {
  switch (event.type) {
    case 'authenticated':
      handlers.authenticated?.(event, visit);
      break;
    case 'authenticationFailed':
      handlers.authenticationFailed?.(event, visit);
      break;
    case 'forward':
      handlers.forward?.(event, visit);
      break;
    case 'violation':
      handlers.violation?.(event, visit);
      break;
    case 'close':
      handlers.close?.(event, visit);
  }
}
