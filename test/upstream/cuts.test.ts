/** Connections that break at random moments, on either side of the proxy. */
import { test } from 'node:test';
import { liveThrough } from './broken-history.ts';

for (let seed = 1; seed <= 25; seed += 1) {
  test(`seed ${seed}: what is told is true, and every permit comes back`, () => liveThrough(seed));
}
