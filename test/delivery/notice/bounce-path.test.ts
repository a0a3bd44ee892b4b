/** The way of a bounce, all of it: refused, told, read, believed, suppressed. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import {
  type Attempt,
  MemorySuppressionList,
  notifier,
  type Outcome,
  Queue,
  type Route,
  suppressBounced,
  suppressing,
  verp,
} from 'mailwright/delivery';
import { Secret } from 'mailwright/machine';
import { parseMessage } from 'mailwright/mime';
import { bouncesOf, deliveryStatusOf } from 'mailwright/reports';
import { MemorySpool } from 'mailwright/spool';
import { VirtualClock } from 'mailwright/testing';
import { delivered, refused, unreachable } from './messages.ts';

const hour = 3_600_000;
const letter = Buffer.from('Message-ID: <one@our.example>\r\nSubject: Hello\r\n\r\nHello\r\n');
const paths = verp({ domain: 'our.example', secret: new Secret('a long random text') });

/** A queue that sends to the world, where all answer `answer`, and to our own mailboxes. */
function house(answer: Outcome) {
  const clock = new VirtualClock({ start: Date.UTC(2026, 4, 1) });
  const list = new MemorySuppressionList();
  const feed = suppressBounced(list, { clock });
  const spool = new MemorySpool({ now: clock.now });
  const received: { path: string; context: Attempt['context']; octets: Buffer }[] = [];
  let attempts = 0;
  const world: Route = {
    kind: 'mx',
    key: 'mx',
    destination: 'example.net',
    async deliver({ recipients }) {
      attempts++;
      return recipients.map(() => answer);
    },
  };
  const own: Route = {
    kind: 'local',
    key: 'local',
    destination: 'our.example',
    async deliver({ recipients, context, body }) {
      const octets: Uint8Array[] = [];
      for await (const chunk of body.open()) octets.push(Buffer.from(chunk));
      for (const { path } of recipients) received.push({ path, context, octets: Buffer.concat(octets) });
      return recipients.map(() => delivered('delivered'));
    },
  };
  const router = suppressing(({ domain }) => (domain === 'our.example' ? own : world), list, clock);
  const queue = new Queue({
    spool,
    router,
    clock,
    random: () => 0.5,
    notifier: notifier({ hostname: 'mx.our.example', clock }),
    onProblem: (problem) => assert.fail(JSON.stringify(problem)),
  });
  const send = (to: string) =>
    queue.enqueue(
      { protocol: 'ESMTP', envelope: { from: paths.encode(to, clock.now()), recipients: [{ path: to }] } },
      letter,
    );
  return { clock, list, feed, queue, received, send, attempts: () => attempts };
}

test('a refusal comes back to a signed return path, and the address is not sent to again', async () => {
  const { clock, list, feed, queue, received, send, attempts } = house(refused);
  await queue.start();
  await send('sam@example.net');
  await queue.idle();
  const [bounce] = received;
  assert.ok(bounce);
  assert.equal(bounce.context.envelope.from, '', 'RFC 3461 §6.1');
  const decoded = paths.decode(bounce.path, clock.now());
  assert.ok(decoded.ok);
  assert.equal(decoded.recipient, 'sam@example.net');
  const message = parseMessage(bounce.octets);
  assert.deepEqual(deliveryStatusOf(message)?.recipients[0]?.diagnosticCode, {
    type: 'smtp',
    text: '550-5.1.1 No such 550 5.1.1 user here',
  });
  await feed.reported(bouncesOf(message).filter(({ address }) => decoded.matches(address)));
  assert.equal(list.find('sam@example.net', clock.now())?.reason, 'no-such-user');

  await send('Sam@example.net');
  await send('kim@example.net');
  await queue.idle();
  assert.equal(attempts(), 2, 'one for sam, one for kim');
  assert.equal(received.length, 3, 'each is told of');
  assert.match(received.map(({ octets }) => octets.toString()).join(''), /^Status: 5\.7\.1\r$/m);
  await queue.stop();
});

test('a message that nobody answers for is told of once as delayed, then as failed', async () => {
  const { clock, queue, received, send } = house(unreachable);
  await queue.start();
  await send('sam@example.net');
  await clock.run();
  const told = received.map(({ octets }) => {
    const [recipient] = deliveryStatusOf(parseMessage(octets))?.recipients ?? [];
    return [recipient?.action, recipient?.status];
  });
  assert.deepEqual(told, [
    ['delayed', '4.4.1'],
    ['failed', '5.4.7'],
  ]);
  const [delay] = received.map(({ octets }) => deliveryStatusOf(parseMessage(octets))?.recipients[0]);
  assert.ok((delay?.willRetryUntil ?? 0) > (delay?.lastAttemptDate ?? 0) + 24 * hour);
  await queue.stop();
});
