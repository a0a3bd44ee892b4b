import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzStates, states, wayInto } from './fuzzing.ts';

test('the way into each state leads there', () => {
  for (const state of states) {
    const last = wayInto(state).said.trimEnd().split('\n').at(-1);
    assert.equal(last?.slice(0, 3), String(state.reached), state.name);
  }
});

test('in each state: whatever comes, the machine rests, throws nothing and says well-formed replies', () => {
  const runs = Math.ceil(20_000 / states.length);
  assert.ok(fuzzStates(runs) >= 20_000);
});
