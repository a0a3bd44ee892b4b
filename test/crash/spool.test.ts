/**
 * A process under load is killed, the spool is opened again, and every promise that it made is looked at.
 */
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
import { FileSpool } from 'mailwright/spool';
import { SeededRandom } from 'mailwright/testing';
import { Promises } from '../spool/promises.ts';
import { note, type Told } from './spool-log.ts';

const child = fileURLToPath(new URL('./spool-child.ts', import.meta.url));
/** The nightly run kills 200 times at random, and at each of the first 120 steps. */
const thorough = Boolean(process.env['MAILWRIGHT_THOROUGH']);

test('killed at random moments, again and again in the same directory', async (t) => {
  const kills = thorough ? 200 : 14;
  await inDirectory(async (directory) => {
    const promises = new Promises();
    const random = new SeededRandom(kills);
    for (let kill = 0; kill < kills; kill++) {
      await runChild(directory, promises, kill, -1, random.below(120));
      await check(directory, promises, `kill ${kill}`);
    }
    t.diagnostic(`${kills} kills, ${count(promises)}`);
    assert.ok(promises.messages.size > kills);
  });
});

test('killed at each step of opening, committing, updating, deleting and reclaiming', async (t) => {
  const stride = thorough ? 1 : 12;
  await inDirectory(async (directory) => {
    const promises = new Promises();
    for (let step = 0; step < 120; step += stride) {
      await runChild(directory, promises, 1000 + step, step, 60_000);
      await check(directory, promises, `killed at step ${step}`);
    }
    t.diagnostic(`${120 / stride} kills, ${count(promises)}`);
    assert.ok(promises.messages.size > 50);
  });
});

/** Runs the child until it dies, by its own hand at a step or by ours after a while under load. */
async function runChild(
  directory: string,
  promises: Promises,
  seed: number,
  killAt: number,
  patience: number,
): Promise<void> {
  const args = ['--conditions=mailwright-source', child, directory, String(seed), String(killAt)];
  const process_ = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const dead = once(process_, 'close');
  const lines = createInterface({ input: process_.stdout });
  lines.on('line', (line) => {
    const told: Told = JSON.parse(line);
    note(promises, told);
    if (told.what === 'ready')
      void wait(patience, undefined, { ref: false }).then(() => process_.kill('SIGKILL'));
  });
  const [, signal] = await dead;
  assert.equal(signal, 'SIGKILL', 'the child ended otherwise than by being killed');
}

async function check(directory: string, promises: Promises, what: string): Promise<void> {
  const spool = await FileSpool.open(directory, {
    segmentSize: 262_144,
    // A kill tears the last write; it does not spoil what was written before.
    onProblem: ({ kind }) => assert.equal(kind, 'torn-tail', what),
  });
  try {
    await promises.check(spool, what);
    await promises.settle(spool);
  } finally {
    await spool.close();
  }
}

function count({ messages }: Promises): string {
  const all = [...messages.values()];
  const acknowledged = all.filter(({ committed }) => committed === 'done').length;
  return `${acknowledged} messages acknowledged, ${all.length - acknowledged} not`;
}

async function inDirectory(act: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'spool-crash-'));
  try {
    await act(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}
