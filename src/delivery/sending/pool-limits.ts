/** How many sessions a pool has, how long, and for how much. */
import type { Clock } from '../../machine/index.ts';
import { checkLimits } from '../limit-misuse.ts';
import type { CircuitBreakerOptions } from './circuit-breaker.ts';

/** Limits of a `SessionPool`. */
export interface SessionPoolOptions {
  /** Connections at the same time to one server with one identity. Default 20. */
  readonly perTarget?: number;
  /** Connections at the same time in all. Default 500. */
  readonly total?: number;
  /** Errands that may wait for a connection, in all; one target may have half of them. Default 10,000. */
  readonly waiting?: number;
  /**
   * How long a connection may lie idle, in ms. Default 30,000: long enough for the next message of a burst, and
   * short beside the five minutes that a server waits (RFC 5321 §4.5.3.2.7).
   */
  readonly idle?: number;
  /** How old a connection may be that takes another message, in ms. Default 600,000. */
  readonly age?: number;
  /** Messages over one connection; fewer where the server says so (RFC 9422 §4.1). Default 100. */
  readonly messages?: number;
  /** Send a waiting message before the result of the one before is there. Default `true`. */
  readonly ahead?: boolean;
  readonly breaker?: CircuitBreakerOptions;
  readonly clock?: Clock;
}

/** What is going on, for statistics and tests. */
export interface SessionPoolCounters {
  /** Connections, also those that are being opened or closed. */
  readonly connections: number;
  /** Of these, those that wait for work. */
  readonly idle: number;
  /** Errands that wait for a connection. */
  readonly waiting: number;
  /** Messages whose result is awaited. */
  readonly underWay: number;
  /** Targets with connections or errands. */
  readonly targets: number;
}

/** The limits with their defaults. */
export type PoolLimits = Required<Omit<SessionPoolOptions, 'breaker' | 'clock'>>;

/** @throws LimitMisuse for limits that are less than 1 */
export function poolLimits(options: SessionPoolOptions): PoolLimits {
  const { perTarget = 20, total = 500, waiting = 10_000, idle = 30_000, age = 600_000 } = options;
  const { messages = 100, ahead = true } = options;
  checkLimits({ perTarget, total, waiting, idle, age, messages });
  return { perTarget, total, waiting, idle, age, messages, ahead };
}
