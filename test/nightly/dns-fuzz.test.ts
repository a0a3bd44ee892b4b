import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzResponses } from '../dns/fuzzing.ts';

test('a million mutilated responses give answers', () => {
  assert.equal(fuzzResponses(1_000_000).runs, 1_000_000);
});
