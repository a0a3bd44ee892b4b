/** Messages whose contexts are at the limit of what a spool takes. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { contextLimit, type NewContext } from 'mailwright/spool';
import { deferred, delivered, hour, minute, start, World } from './world.ts';

/** A context whose envelope takes about so many octets. */
function filled(recipients: number, octets: number): Partial<NewContext> {
  const name = 'x'.repeat(Math.floor(octets / recipients) - 100);
  return {
    envelope: {
      from: 'sender@example.com',
      recipients: Array.from({ length: recipients }, (_, place) => ({
        path: `b${place}@example.org`,
        orcpt: { type: 'rfc822', address: name },
      })),
    },
  };
}

test('a message with as large an envelope as a spool takes is delivered, once, and hinders no other', async () => {
  const text = 'x'.repeat(500);
  const world = new World({
    script: (_, __, number) =>
      number === 1
        ? { ...deferred, text, reply: { code: 450, lines: [text] }, remote: { host: text.slice(0, 255) } }
        : delivered,
  });
  const recipients = 1000;
  const { length } = await largest(world, recipients);
  assert.ok(length > contextLimit / 2);
  await world.run(minute);
  await world.add('c@example.net');
  await world.clock.run({ until: start + hour });
  assert.equal(world.attempts('b0@example.org').length, 2);
  assert.equal(world.attempts('c@example.net').length, 2);
  assert.deepEqual(world.problems, []);
  assert.equal(await world.spool.count(), 0);
});

/** Puts in the largest one that the spool takes. @returns about how many octets its envelope has */
async function largest(world: World, recipients: number): Promise<{ length: number }> {
  for (let octets = contextLimit; ; octets -= 10_000) {
    const given = filled(recipients, octets);
    try {
      await world.add([], given);
      return { length: Buffer.byteLength(JSON.stringify(given)) };
    } catch (error) {
      assert.equal((error as { code?: unknown }).code, 'SPOOL_CONTEXT_TOO_LARGE');
    }
  }
}
