import type { Clock } from '../machine/index.ts';

/** The longest wait that a timer of the platform takes: 2^31 - 1 milliseconds. */
const longestWait = 2_147_483_647;

/** The platform's clock and timers. Longer waits than a timer takes end early: whoever waits looks again. */
export const systemClock: Clock = {
  now: Date.now,
  after(ms, act) {
    const timer = setTimeout(act, Math.min(Math.max(ms, 0), longestWait));
    return () => clearTimeout(timer);
  },
};
