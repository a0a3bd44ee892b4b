/**
 * Where a message goes: a route is an object that can deliver to some recipients at once.
 *
 * Routes are an open set. Ready ones are made by `mxRoutes`, `relayRoute` and `localRoute`; a host's own (a
 * web hook, a database) keeps the same few promises.
 */
import type { Body } from '../machine/index.ts';
import type { Context, Recipient } from '../spool/index.ts';
import type { Outcome } from './outcome.ts';

/** A recipient of a message, with its place in the envelope. */
export interface RoutedRecipient extends Recipient {
  /** The key into `Context.delivery`. */
  readonly place: number;
  /** The domain in lower-case A-labels; an address literal with its brackets; `''` for `Postmaster`. */
  readonly domain: string;
}

/** One attempt: a message and those of its recipients that share a route. */
export interface Attempt {
  readonly context: Context;
  /** At least one. */
  readonly recipients: readonly RoutedRecipient[];
  /** The message's octets; may be opened more than once. */
  readonly body: Body;
  /** Ends the attempt early: the queue stops, or the message was taken away. The outcome is then `limited`. */
  readonly signal: AbortSignal;
  /**
   * Takes what became of one recipient while others still take their time, so that it is durable at once and a
   * crash does not make it come again. `deliver` resolves with the same in the end. To call it is a courtesy.
   */
  readonly report?: (recipient: RoutedRecipient, outcome: Outcome) => void;
}

/**
 * A way to deliver.
 *
 * Promises of an implementation: `deliver` never rejects, and resolves with one outcome for each recipient in
 * their order; what it reports as delivered is in safe hands; it keeps nothing of the attempt after.
 */
export interface Route {
  /** `mx`, `relay`, `local`, or a host's own word. */
  readonly kind: string;
  /** Recipients of one message with equal keys are delivered to together: `mx example.org`. */
  readonly key: string;
  /** What is waiting for ETRN, statistics and flushing names it by. Lower case: `example.org`. */
  readonly destination: string;
  deliver(attempt: Attempt): Promise<readonly Outcome[]>;
}

/** A recipient that no route is for, and why. */
export interface NoRoute {
  readonly kind: 'none';
  readonly outcome: Outcome;
}

/** Finds the route for a recipient; `undefined`: ask somebody else. It must be quick and wait for nothing. */
export type Router = (recipient: RoutedRecipient, context: Context) => Route | NoRoute | undefined;
