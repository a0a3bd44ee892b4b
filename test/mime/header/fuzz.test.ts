import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzValues } from './fuzzing.ts';

test('20,000 mutants of header fields, read in every way and written again: no throw', () => {
  assert.equal(fuzzValues(20_000).runs, 20_000);
});
