import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzValues } from '../mime/header/fuzzing.ts';

test('a million mutants of header fields, read in every way and written again', () => {
  assert.equal(fuzzValues(1_000_000, 2).runs, 1_000_000);
});
