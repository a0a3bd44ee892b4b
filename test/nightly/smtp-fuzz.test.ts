import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzStates, states } from '../smtp/fuzzing.ts';

test('SMTP: a million inputs over all states', () => {
  const runs = Math.ceil(1_000_000 / states.length);
  assert.ok(fuzzStates(runs) >= 1_000_000);
});
