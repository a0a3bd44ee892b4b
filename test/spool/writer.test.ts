/** The writer of every spool: what is left behind when an intake fails. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuardedWriter } from '../../src/spool/writer.ts';

test('a message whose write has failed is discarded, and abort does not fail for that', async () => {
  let discarded = 0;
  const writer = new GuardedWriter('id', {
    take: async () => {
      throw new Error('the disk is full');
    },
    finish: async () => undefined,
    discard: async () => {
      discarded += 1;
    },
  });
  await assert.rejects(async () => writer.write(new Uint8Array(1)), /the disk is full/);
  await writer.abort();
  assert.equal(discarded, 1);
});
