import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzChecks, fuzzRecords } from '../spf/fuzzing.ts';

test('a million mutilated records are read without a throw, and what is read can be written', () => {
  assert.equal(fuzzRecords(1_000_000).runs, 1_000_000);
});

test('checks of 200,000 mutilated records end within their limits', () => fuzzChecks(200_000));
