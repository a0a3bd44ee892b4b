import type { Clock } from '../../machine/index.ts';

/** One timer for many times: it goes off at the earliest that was asked for. */
export class Alarm {
  readonly #clock: Clock;
  readonly #act: () => void;
  #set: { readonly time: number; readonly cancel: () => void } | undefined;
  #stopped = false;

  constructor(clock: Clock, act: () => void) {
    this.#clock = clock;
    this.#act = act;
  }

  /** Goes off at this time, in ms since 1970, or sooner. A time that has passed is soon; `Infinity` is never. */
  by(time: number): void {
    if (this.#stopped || time >= (this.#set?.time ?? Number.POSITIVE_INFINITY)) return;
    this.#set?.cancel();
    const cancel = this.#clock.after(Math.max(time - this.#clock.now(), 0), () => {
      this.#set = undefined;
      // A clock may have a longest wait: not yet.
      if (this.#clock.now() < time) this.by(time);
      else this.#act();
    });
    this.#set = { time, cancel };
  }

  /** Goes off no more. */
  stop(): void {
    this.#stopped = true;
    this.#set?.cancel();
  }
}
