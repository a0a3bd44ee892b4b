/** A process that delivers under load is killed, again and again, and then left to finish. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { SeededRandom } from 'mailwright/testing';
import { QueueHistory, type QueueTold } from './queue-log.ts';

const child = fileURLToPath(new URL('./queue-child.ts', import.meta.url));
/** The nightly run kills 100 times. */
const kills = process.env['MAILWRIGHT_THOROUGH'] ? 100 : 4;

test('kill -9 under load: nothing that was accepted is lost, nothing that was recorded is served again', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'queue-crash-'));
  try {
    const history = new QueueHistory();
    const random = new SeededRandom(kills);
    for (let kill = 0; kill < kills; kill++) {
      await live(directory, [String(kill)], history, 10 + random.below(200));
    }
    await live(directory, ['0', 'drain'], history);
    assert.deepEqual(history.faults, []);
    let doubled = 0;
    for (const [id, paths] of history.accepted) {
      for (const path of paths) {
        const times = history.timesServed(id, path);
        if (path.endsWith('bad.example')) continue;
        assert.ok(times > 0, `${id} was accepted for ${path} and lost`);
        if (times > 1) doubled++;
        // Each kill has one window between the remote's acceptance and our record of it.
        assert.ok(times <= 1 + kills, `${id} was served ${times} times to ${path}`);
      }
    }
    t.diagnostic(
      `${kills} kills, ${history.accepted.size} messages, ${doubled} recipients served again after a kill`,
    );
    assert.ok(history.accepted.size > 5 * kills);
    // At most those in hand at each kill.
    assert.ok(doubled <= kills * 200, `${doubled} recipients were served again`);
  } finally {
    await rm(directory, { recursive: true });
  }
});

/** Runs the child until it dies, by our hand a while after it is ready, or, without a while, when all is done. */
async function live(
  directory: string,
  args: readonly string[],
  history: QueueHistory,
  patience?: number,
): Promise<void> {
  const process_ = spawn(process.execPath, ['--conditions=mailwright-source', child, directory, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const dead = once(process_, 'close');
  for await (const line of createInterface({ input: process_.stdout })) {
    const told: QueueTold = JSON.parse(line);
    history.note(told);
    if (told.what === 'ready' && patience !== undefined) {
      void wait(patience, undefined, { ref: false }).then(() => process_.kill('SIGKILL'));
    }
  }
  const [code, signal] = await dead;
  assert.ok(
    patience === undefined ? code === 0 : signal === 'SIGKILL',
    `the child ended with ${code} ${signal}`,
  );
}
