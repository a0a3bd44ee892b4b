/** Ten thousand seeded histories; each tenth runs twice and must come out the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runHistories } from '../delivery/histories/thread.ts';

const total = 10_000;
const part = 500;

for (let from = 1; from <= total; from += part) {
  test(`histories ${from} to ${from + part - 1}`, async () => {
    const seeds = Array.from({ length: part }, (_, index) => from + index);
    const reports = await runHistories(seeds);
    const bad = reports.flatMap(({ seed, faults }) =>
      faults.length > 0 ? [`seed ${seed}:\n${faults.join('\n')}`] : [],
    );
    const again = await runHistories(seeds.filter((seed) => seed % 10 === 0));
    for (const { seed, hash } of again) {
      if (reports[seed - from]?.hash !== hash) bad.push(`seed ${seed}: no two runs are alike`);
    }
    assert.equal(bad.length, 0, bad.join('\n\n'));
  });
}
