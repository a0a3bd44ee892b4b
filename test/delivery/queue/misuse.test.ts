/** What a host gets wrong is told when it is done, not as mail that waits for days. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { localRoute, Queue } from 'mailwright/delivery';
import { type Envelope, MemorySpool } from 'mailwright/spool';

const octets = Buffer.from('Subject: x\r\n\r\nx\r\n');
const good = { path: 'a@example.org' };

const refused: readonly (readonly [envelope: Envelope, says: RegExp])[] = [
  [{ from: '', recipients: [] }, /no recipients/],
  [{ from: '', recipients: [good, { path: 'nonsense' }] }, /a recipient is "nonsense", which is no path/],
  [{ from: '', recipients: [{ path: '<a@example.org>' }] }, /without angle brackets/],
  [{ from: 'a@b@c', recipients: [good] }, /^from is /],
  [{ from: '', recipients: [{ path: 'a@example.org\r\nRCPT TO:<b@example.org>' }] }, /is no path/],
];
const accepted: readonly Envelope[] = [
  { from: '', recipients: [good] },
  { from: 'jõgeva@example.org', recipients: [{ path: 'Postmaster' }, { path: '"odd one"@[192.0.2.1]' }] },
];

test('an envelope that could go nowhere is refused with what to write', async () => {
  const spool = new MemorySpool();
  const queue = new Queue({ spool, router: localRoute(() => undefined) });
  for (const [envelope, message] of refused) {
    const misuse = { name: 'QueueMisuse', code: 'QUEUE_MISUSE', message };
    await assert.rejects(queue.enqueue({ protocol: 'ESMTP', envelope }, octets), misuse);
  }
  assert.equal(await spool.count(), 0);
  for (const envelope of accepted) await queue.enqueue({ protocol: 'ESMTP', envelope }, octets);
  assert.equal(await spool.count(), accepted.length);
});
