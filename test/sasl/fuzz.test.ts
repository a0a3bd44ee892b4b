import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzClients, fuzzServers } from './fuzzing.ts';

test('servers: no message makes an exchange throw, hang or grow', () => {
  assert.ok(fuzzServers(1500) > 0);
});

test('clients: no challenge makes an exchange throw, hang or give up its password', () => {
  assert.ok(fuzzClients(1500) > 0);
});
