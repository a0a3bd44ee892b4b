import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzMessages } from './fuzzing.ts';

test('20,000 mutants of messages: no throw, no limit passed, the same tree at any split', () => {
  assert.equal(fuzzMessages(20_000).runs, 20_000);
});
