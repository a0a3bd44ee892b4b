/**
 * The one contract of every protocol machine: bytes and answers in, events and bytes out.
 *
 * A machine holds no socket, clock, timer, Promise, DNS or random source. Two rules make it safe:
 * the peer never makes it throw (its faults are replies and `violation` events), and the host's
 * misuse always throws (an answer to an event of another machine, a second answer).
 */
import type { Bytes, Segment } from './segment.ts';
import type { TlsInfo } from './tls.ts';

declare const verdict: unique symbol;

/** Marks an event that parks the machine until `answer(event, V)`; it exists for the types only. */
export interface Asks<V> {
  readonly [verdict]?: V;
}

/** Those events of `E` that await an answer. */
export type Asking<E> = E extends unknown ? (typeof verdict extends keyof E ? E : never) : never;

/** The type of answer that event `E` awaits; `never` for an event that asks nothing. */
export type VerdictFor<E> = E extends { readonly [verdict]?: infer V } ? V : never;

/**
 * How long to wait for the peer.
 *
 * The driver re-arms its timer only when `id` changes, so that a peer that sends one byte at a time
 * gains no time; `ms` is `Infinity` where nothing is awaited.
 */
export interface Patience {
  readonly id: number;
  readonly ms: number;
  readonly why: string;
}

/**
 * A protocol conversation as a state machine.
 *
 * Call order, each turn:
 *
 * 1. `receive(chunk)` when bytes came, `receiveEnd()` when the peer half-closed, `expire()` when
 *    `patience` ran out, or `answer(event, verdict)` when a host has decided;
 * 2. `next()` until it returns `null`; an event that asks is answered at once or later;
 * 3. `takeOutput()` once, and one write of what it gave;
 * 4. read `wantsInput` (stop or resume reading) and `patience` (arm the timer).
 */
export interface Machine<E> {
  /** Takes a chunk from the peer. The machine may keep views of it until their events are pulled. */
  receive(chunk: Bytes): void;
  /** The peer closed its sending side. */
  receiveEnd(): void;
  /** The next event, or `null` when the machine needs input or an answer. */
  next(): E | null;
  /**
   * Answers an event that asks.
   *
   * @returns `false` when the answer came too late (the peer went, time ran out, the state was reset)
   * @throws MachineMisuse when the event is another machine's or was answered before
   */
  answer<A extends Asking<E>>(event: A, verdict: VerdictFor<A>): boolean;
  /** An event waits for its answer. */
  readonly parked: boolean;
  /** `false`: the driver stops reading the socket until it turns `true`. */
  readonly wantsInput: boolean;
  /** What is to be sent, in order. Call once each turn. */
  takeOutput(): readonly Segment[];
  /** How long to wait for the peer in the present state. */
  readonly patience: Patience;
  /** The driver says that `patience` ran out. */
  expire(): void;
  /** TLS is up, after an event that asked for it. All that was learned before is forgotten. */
  tlsEstablished(info: TlsInfo): void;
}

/** A host used a machine wrongly: a defect in the host's code, never something a peer can cause. */
export class MachineMisuse extends Error {
  override readonly name = 'MachineMisuse';
  readonly code = 'MACHINE_MISUSE';
}
