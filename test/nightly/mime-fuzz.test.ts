import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzMessages } from '../mime/fuzzing.ts';

test('a million mutants of messages', () => {
  assert.equal(fuzzMessages(1_000_000, 2).runs, 1_000_000);
});
