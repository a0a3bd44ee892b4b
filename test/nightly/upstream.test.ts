/** A thousand histories of the OAuth2 proxy with connections that break. */
import { test } from 'node:test';
import { liveThrough } from '../upstream/broken-history.ts';

test('1,000 seeds: what is told is true, and every permit comes back', async (t) => {
  for (let seed = 1001; seed <= 2000; seed += 1) {
    await liveThrough(seed).catch((error: unknown) => {
      t.diagnostic(`seed ${seed}`);
      throw error;
    });
  }
});
