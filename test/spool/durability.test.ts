/**
 * The file spool on a disk that fails or loses power at every single step of a day's work.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { FileSpool, SpoolError, type SpoolErrorCode } from 'mailwright/spool';
import { SeededRandom } from 'mailwright/testing';
import { Promises } from './promises.ts';
import { SimulatedDisk } from './simulated-disk.ts';

/** Small segments, so that a little work fills several, and most are reclaimed. */
const options = { segmentSize: 65_536, inlineLimit: 4000, recentOctets: 0 };

/** Every so many steps; the nightly run leaves none out. */
const stride = process.env['MAILWRIGHT_THOROUGH'] ? 1 : 3;

/** Commits, small and large, updates, deletions, segments filled and reclaimed. */
async function work(disk: SimulatedDisk, promises: Promises): Promise<void> {
  const spool = await FileSpool.open('/spool', { ...options, files: disk });
  for (let round = 0; round < 12; round++) {
    const sizes = [10, 9000, 3900, 2500, 3000, 3500, 8000];
    const ids = await Promise.all(
      sizes.map((size, i) => promises.commit(spool, Buffer.alloc(size, round * 16 + i), round)),
    );
    const committed = ids.filter((id) => id !== undefined);
    await Promise.all(committed.map((id, i) => promises.mark(spool, id, i + 1)));
    await Promise.all(committed.slice(2).map((id) => promises.delete(spool, id)));
  }
  await spool.close();
}

async function reopened(disk: SimulatedDisk): Promise<FileSpool> {
  return FileSpool.open('/spool', { ...options, files: disk });
}

async function stepsOfWork(): Promise<number> {
  const disk = new SimulatedDisk();
  const promises = new Promises();
  await work(disk, promises);
  assert.equal(promises.refusals.length, 0);
  const spool = await reopened(disk);
  await promises.check(spool, 'without a failure');
  assert.equal(await spool.count(), 24);
  await spool.close();
  const segments = disk.paths().filter((path) => path.endsWith('.journal'));
  assert.ok(
    segments.every((path) => !path.includes('00000001-')),
    'the first segment was reclaimed',
  );
  return disk.steps;
}

test('power lost at each step, with nothing, some or much of the unsynced data written', async () => {
  const steps = await stepsOfWork();
  assert.ok(steps > 80);
  for (let atStep = 0; atStep < steps; atStep += stride) {
    const disk = new SimulatedDisk().failing({ atStep, times: Number.POSITIVE_INFINITY, code: 'EIO' });
    const promises = new Promises();
    await work(disk, promises).catch(onlySpoolErrors);
    for (const luck of [undefined, new SeededRandom(atStep), new SeededRandom(atStep + 1000)]) {
      const what = `power lost at step ${atStep} of ${steps}`;
      const spool = await reopened(disk.afterPowerLoss(luck));
      await promises.check(spool, what);
      await spool.close();
    }
  }
});

const failures: readonly [code: string, expected: SpoolErrorCode][] = [
  ['ENOSPC', 'SPOOL_FULL'],
  ['EDQUOT', 'SPOOL_FULL'],
  ['EACCES', 'SPOOL_DENIED'],
  ['EROFS', 'SPOOL_READ_ONLY'],
  ['EIO', 'SPOOL_IO'],
];

for (const [code, expected] of failures) {
  test(`${code} at any step, once or for good, is ${expected} and loses nothing acknowledged`, async () => {
    const steps = await stepsOfWork();
    let refused = 0;
    // What happens depends on the step more than on the code: one code at every step, the others at some.
    for (let atStep = 0; atStep < steps; atStep += code === 'EIO' ? stride : 5 * stride) {
      for (const times of [1, Number.POSITIVE_INFINITY]) {
        const disk = new SimulatedDisk().failing({ atStep, times, code });
        const promises = new Promises();
        await work(disk, promises).catch((error) => {
          onlySpoolErrors(error);
          assert.equal(error.code, expected);
        });
        for (const { code } of promises.refusals) assert.equal(code, expected);
        refused += promises.refusals.length;
        disk.failing({ atStep: 0, times: 0, code });
        const spool = await reopened(disk.afterPowerLoss());
        await promises.check(spool, `${code} at step ${atStep} of ${steps}, ${times} times`);
        await spool.close();
      }
    }
    assert.ok(refused > 0);
  });
}

test('one failed sync refuses nobody: the batch goes to a new segment', async () => {
  const disk = new SimulatedDisk();
  const promises = new Promises();
  const spool = await FileSpool.open('/spool', { ...options, files: disk });
  await promises.commit(spool, Buffer.from('before'));
  disk.failing({ atStep: disk.steps, times: 1, code: 'EIO' });
  await promises.commit(spool, Buffer.from('after'));
  assert.equal(promises.refusals.length, 0);
  const segments = disk
    .paths()
    .filter((path) => path.endsWith('.journal') && disk.octets(path).includes('@mw'));
  assert.equal(segments.length, 2);
  for (const path of segments.slice(0, 1))
    assert.ok(disk.octets(path).length < 1000, 'the suspect one was cut off');
  await promises.check(await reopened(disk.afterPowerLoss()), 'after one failed sync');
});

test('a full disk can still be emptied', async () => {
  const disk = new SimulatedDisk();
  const promises = new Promises();
  const spool = await FileSpool.open('/spool', { ...options, files: disk });
  const ids: string[] = [];
  const isFull = () => promises.refusals.length > 0;
  while (!isFull()) {
    // No segment can be made any more; the present one still takes what fits.
    if (ids.length === 3) disk.onlyExistingFiles();
    const id = await promises.commit(spool, Buffer.alloc(3000, 1));
    if (id !== undefined) ids.push(id);
    assert.ok(ids.length < 100);
  }
  assert.equal(promises.refusals[0]?.code, 'SPOOL_FULL');
  for (const id of ids) assert.equal(await spool.delete(id), true);
  await spool.close();
});

test('what was deleted stays deleted when reclaimed segments come back after a power loss', async () => {
  for (let seed = 0; seed < 20; seed++) {
    const disk = new SimulatedDisk();
    const promises = new Promises();
    const spool = await FileSpool.open('/spool', { ...options, files: disk });
    const fill = async (count: number) => {
      const ids: string[] = [];
      for (let i = 0; i < count; i++) ids.push((await promises.commit(spool, Buffer.alloc(3900, i))) ?? '');
      return ids;
    };
    const segments = (names: RegExp) => disk.paths().filter((path) => names.test(path)).length;
    // The first segment holds messages of which the second says that they are deleted; then both go at once.
    const first = await fill(15);
    for (const id of first.splice(0, 3)) await promises.delete(spool, id);
    const second = await fill(13);
    const third = await fill(10);
    assert.equal(segments(/0000000[12]-/), 2);
    await Promise.all([...first, ...second].map((id) => promises.delete(spool, id)));
    for (let turn = 0; turn < 50 && segments(/0000000[12]-/) > 0; turn++) await new Promise(setImmediate);
    assert.equal(segments(/0000000[12]-/), 0);
    const again = await reopened(disk.afterPowerLoss(new SeededRandom(seed)));
    await promises.check(again, `seed ${seed}`);
    assert.equal(await again.count(), third.length);
    await spool.close();
  }
});

test('reads and writes that do a little at a time change nothing', async () => {
  const disk = new SimulatedDisk().handing(1000);
  const promises = new Promises();
  await work(disk, promises);
  assert.equal(promises.refusals.length, 0);
  const spool = await reopened(disk);
  await promises.check(spool, 'in small pieces');
  await spool.close();
});

function onlySpoolErrors(error: unknown): asserts error is SpoolError {
  assert.ok(error instanceof SpoolError, `${error}`);
}
