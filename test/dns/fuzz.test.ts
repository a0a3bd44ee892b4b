import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzResponses } from './fuzzing.ts';

test('mutilated responses give answers', () => {
  assert.equal(fuzzResponses(10_000).runs, 10_000);
});
