import type { Failed } from './answer.ts';

/**
 * One question under way, for all who ask it: each may leave by their own signal, and the last to leave
 * ends it.
 */
export class Flight<Answer> {
  readonly landing: Answer | Promise<Answer>;
  /** Called when everybody has left. */
  onAbandoned: () => void = () => {};
  readonly #control = new AbortController();
  #passengers = 0;

  constructor(take: (signal: AbortSignal) => Answer | Promise<Answer>) {
    this.landing = take(this.#control.signal);
  }

  /** The answer, or a failure as soon as `signal` aborts. */
  async board(signal: AbortSignal | undefined): Promise<Answer | Failed> {
    this.#passengers++;
    if (signal === undefined) return this.landing;
    let leave = () => {};
    const left = new Promise<Failed>((resolve) => {
      leave = () => {
        resolve({ status: 'failure', why: 'aborted', text: 'the caller gave up' });
        if (--this.#passengers > 0) return;
        this.onAbandoned();
        this.#control.abort();
      };
    });
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave);
    try {
      return await Promise.race([this.landing, left]);
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }
}
