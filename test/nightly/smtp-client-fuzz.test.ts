/** The client machine under a million mutants of what a server may say, spread over its states. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzStates, states } from '../smtp/client/fuzzing.ts';

test('a million mutants', () => {
  const runs = Math.ceil(1_000_000 / states.length);
  assert.equal(fuzzStates(runs), runs * states.length);
});
