/** What is the memory spool's own, beside the contract. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemorySpool, type SpoolId } from 'mailwright/spool';

async function stored(spool: MemorySpool, size = 1): Promise<SpoolId> {
  const writer = spool.begin({ protocol: 'SMTP', envelope: { from: '', recipients: [] } });
  await writer.write(new Uint8Array(size));
  return writer.commit();
}

test('a test waits for messages, and gets their ids in the order of their commits', async () => {
  const spool = new MemorySpool();
  assert.deepEqual(await spool.waitForCount(0), []);
  const waiting = spool.waitForCount(2);
  const first = await stored(spool);
  const second = await stored(spool);
  assert.deepEqual(await waiting, [first, second]);
  assert.deepEqual(await spool.waitForCount(1), [first, second]);
  await spool.delete(first);
  const again = spool.waitForCount(2);
  const third = await stored(spool);
  assert.deepEqual(await again, [second, third]);
});

test('who waits for messages is told when the spool closes', async () => {
  const spool = new MemorySpool();
  const waiting = spool.waitForCount(1);
  await spool.close();
  await assert.rejects(waiting, { code: 'SPOOL_CLOSED' });
});

test('its capacity is in octets, and deleting gives them back', async () => {
  const spool = new MemorySpool({ capacity: 10 });
  const id = await stored(spool, 6);
  await stored(spool, 4);
  await assert.rejects(stored(spool, 1), { name: 'SpoolError', code: 'SPOOL_FULL' });
  assert.equal(await spool.count(), 2);
  await spool.delete(id);
  await stored(spool, 6);
});

test('clock and randomness are the caller’s', async () => {
  const spool = new MemorySpool({ now: () => 1469918176385, random: (octets) => new Uint8Array(octets) });
  const id = await stored(spool);
  assert.equal(id, '01ARYZ6S410000000000000000');
  assert.equal((await spool.context(id)).receivedAt, 1469918176385);
});
