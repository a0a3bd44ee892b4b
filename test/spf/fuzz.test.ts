import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzChecks, fuzzRecords } from './fuzzing.ts';

test('mutilated records are read without a throw, and what is read can be written', () => {
  assert.equal(fuzzRecords(20_000).runs, 20_000);
});

test('checks of mutilated records end within their limits', () => fuzzChecks(5000));
