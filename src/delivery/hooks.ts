/**
 * Where a host's own code is called in the life of a queued message.
 *
 * A hook sees the context that was persisted with the message, from the receiving side on, and may add to
 * it: what it returns is merged and made durable together with the queue's own change. A hook that throws or
 * rejects is reported and otherwise ignored: a fault of a host never loses a message.
 */
import type { Context, ContextPatch, NewContext, SpoolId } from '../spool/index.ts';
import type { MaybePromise } from '../users/index.ts';
import type { Deferred, Delivered, Failed, Limited } from './outcome.ts';
import type { RoutedRecipient } from './route.ts';

/** What a hook may add to the message's context. */
export type HookPatch = Pick<ContextPatch, 'metadata' | 'verdicts' | 'trace'>;

/** An attempt is about to be made. */
export interface AttemptNotice {
  readonly context: Context;
  readonly recipients: readonly RoutedRecipient[];
  /** The route's kind and destination. */
  readonly kind: string;
  readonly destination: string;
  /** 1 for the first attempt. */
  readonly number: number;
}

/** An attempt ended for one recipient. */
export interface OutcomeNotice<O> {
  readonly context: Context;
  readonly recipient: RoutedRecipient;
  readonly outcome: O;
  readonly number: number;
}

/** A notification is about to be queued. */
export interface NotificationNotice {
  readonly context: Context;
  readonly kind: 'failure' | 'delay' | 'success';
  /** Envelope and facts of the notification; the hook may set `metadata` of it by what it returns. */
  readonly notification: NewContext;
}

/** The hooks of a queue; all are optional. */
export interface DeliveryHooks {
  /** Before each attempt. An outcome instead of a patch takes the place of the attempt, for all its recipients. */
  attempt?(notice: AttemptNotice): MaybePromise<HookPatch | Deferred | Failed | Limited | undefined>;
  delivered?(notice: OutcomeNotice<Delivered>): MaybePromise<HookPatch | undefined>;
  failed?(notice: OutcomeNotice<Failed>): MaybePromise<HookPatch | undefined>;
  delayed?(notice: OutcomeNotice<Deferred>): MaybePromise<HookPatch | undefined>;
  /** `false` keeps the notification from being sent. */
  notification?(notice: NotificationNotice): MaybePromise<false | HookPatch | undefined>;
  /** For each message that was there when the queue started: after a restart, or a crash. */
  restored?(context: Context): MaybePromise<HookPatch | undefined>;
  /** The message goes back to the queue to be tried again. */
  requeued?(context: Context): MaybePromise<HookPatch | undefined>;
  /** Told of what a hook threw. Default: a process warning. */
  error?(error: unknown, id: SpoolId): void;
}
