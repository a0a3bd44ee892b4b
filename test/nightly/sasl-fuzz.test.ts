import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzClients, fuzzServers } from '../sasl/fuzzing.ts';

test('SASL: half a million messages to servers of every mechanism', () => {
  assert.ok(fuzzServers(50_000) > 500_000);
});

test('SASL: half a million challenges to clients of every mechanism', () => {
  assert.ok(fuzzClients(50_000) > 500_000);
});
