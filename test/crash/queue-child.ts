/**
 * A process that takes messages into a file spool and delivers them until it is killed, and tells on its standard
 * output what it does, one JSON line each, before it goes on.
 *
 * Arguments: the directory, a seed, and `drain` for one that only delivers what is left and then ends.
 */
import { Buffer } from 'node:buffer';
import { writeSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { defaultSchedule, type Outcome, Queue, type Router } from 'mailwright/delivery';
import { FileSpool } from 'mailwright/spool';
import { SeededRandom } from 'mailwright/testing';
import { plainNotifier } from '../delivery/queue/world.ts';
import type { QueueTold } from './queue-log.ts';

const [, , directory = '', seed = '0', mode] = process.argv;
const random = new SeededRandom(Number(seed));
const body = Buffer.from('Subject: test\r\n\r\nHello.\r\n');

const spool = await FileSpool.open(directory, { segmentSize: 262_144 });
const router: Router = ({ domain }) => ({
  kind: 'test',
  key: domain,
  destination: domain,
  async deliver({ context, recipients }) {
    if (random.below(3) === 0) await wait(random.below(10));
    return recipients.map(({ path }): Outcome => {
      const result =
        domain === 'bad.example'
          ? 'failed'
          : domain === 'busy.example' && random.below(2) === 0
            ? 'deferred'
            : 'delivered';
      // Before the answer: the remote knows of it before we do.
      if (result === 'delivered') tell({ what: 'served', id: context.id, path });
      const status = ({ delivered: '2.0.0', deferred: '4.0.0', failed: '5.0.0' } as const)[result];
      if (result !== 'delivered') return { result, status, text: 'no' };
      return { result, how: 'delivered', status, text: 'yes' };
    });
  },
});
const queue = new Queue({
  spool,
  router,
  notifier: plainNotifier,
  schedule: { ...defaultSchedule, first: 10, factor: 1, attempts: 1000 },
});
spool.watch(({ kind, entry }) => {
  if (kind === 'deleted') tell({ what: 'recorded', id: entry.id });
}, new AbortController().signal);
await queue.start();
tell({ what: 'ready' });
if (mode === 'drain') {
  while ((await spool.count()) > 0) await wait(5);
  tell({ what: 'drained' });
  await queue.stop();
  await spool.close();
} else await Promise.all(Array.from({ length: 8 }, session));

async function session(): Promise<void> {
  for (;;) {
    const domains = ['good.example', 'busy.example', 'bad.example', 'other.example'];
    const recipients = domains.filter(() => random.below(3) === 0).map((domain) => ({ path: `a@${domain}` }));
    if (recipients.length === 0) continue;
    const id = await queue.enqueue(
      { protocol: 'ESMTP', envelope: { from: 'sender@good.example', recipients } },
      body,
    );
    tell({ what: 'accepted', id, paths: recipients.map(({ path }) => path) });
    if (random.below(4) === 0) await wait(random.below(5));
  }
}

/** Standard output is a pipe: what was written to it outlives this process. */
function tell(told: QueueTold): void {
  for (;;) {
    try {
      writeSync(1, `${JSON.stringify(told)}\n`);
      return;
    } catch (error) {
      // The pipe is full for a moment.
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
