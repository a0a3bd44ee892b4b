/**
 * Time as it is given to everything that waits: a test puts a clock of its own in its place and runs a
 * week in a moment.
 */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /**
   * Calls `act` once, `ms` milliseconds from now or a little later, never before `after` has returned.
   *
   * @returns cancels it; safe to call at any time, any number of times
   */
  after(ms: number, act: () => void): () => void;
}
