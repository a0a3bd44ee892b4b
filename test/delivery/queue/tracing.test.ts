import assert from 'node:assert/strict';
import { tracingChannel } from 'node:diagnostics_channel';
import { test } from 'node:test';
import type { AttemptTrace } from 'mailwright/delivery';
import { deferred, delivered, World } from './world.ts';

test('attempts are published on a tracing channel, with what became of them', async () => {
  const channel = tracingChannel<unknown, AttemptTrace>('mailwright:delivery.attempt');
  const told: unknown[] = [];
  const subscribers = {
    start: ({ kind, destination, recipients, number, size }: AttemptTrace) => {
      told.push(['start', kind, destination, recipients, number, size]);
    },
    asyncEnd: ({ id, result }: AttemptTrace) => {
      told.push(['end', id, result?.map((outcome) => outcome.result)]);
    },
    end: () => undefined,
    asyncStart: () => undefined,
    error: () => undefined,
  };
  const world = new World({ script: (_, __, number) => (number === 1 ? deferred : delivered) });
  const id = await world.add(['a@example.org', 'b@example.org']);
  channel.subscribe(subscribers);
  try {
    await world.run();
  } finally {
    channel.unsubscribe(subscribers);
  }
  assert.deepEqual(told, [
    ['start', 'test', 'example.org', 2, 1, 25],
    ['end', id, ['deferred', 'deferred']],
    ['start', 'test', 'example.org', 2, 2, 25],
    ['end', id, ['delivered', 'delivered']],
  ]);
});
