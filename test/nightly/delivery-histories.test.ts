/** Ten thousand seeded histories; each tenth runs twice and must come out the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runHistory } from '../delivery/histories/history.ts';

const total = 10_000;
const part = 500;

for (let from = 1; from <= total; from += part) {
  test(`histories ${from} to ${from + part - 1}`, async () => {
    const bad: string[] = [];
    for (let seed = from; seed < from + part; seed++) {
      const { faults, hash } = await runHistory(seed);
      if (faults.length > 0) bad.push(`seed ${seed}:\n${faults.join('\n')}`);
      if (seed % 10 === 0 && (await runHistory(seed)).hash !== hash)
        bad.push(`seed ${seed}: no two runs are alike`);
    }
    assert.equal(bad.length, 0, bad.join('\n\n'));
  });
}
