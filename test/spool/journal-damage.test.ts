/**
 * A journal that was damaged: what is sound is found, what is not is reported, and nothing in a message passes for
 * more than octets.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { FileSpool, type SpoolProblem } from 'mailwright/spool';
import { SeededRandom } from 'mailwright/testing';
import { SimulatedDisk } from './simulated-disk.ts';

const options = { segmentSize: 65_536, inlineLimit: 4000, recentOctets: 0 };

async function opened(disk: SimulatedDisk, problems: SpoolProblem[] = []): Promise<FileSpool> {
  return FileSpool.open('/spool', {
    ...options,
    files: disk,
    onProblem: (problem) => problems.push(problem),
  });
}

/** A closed spool with these messages, and their ids. */
async function spooled(
  bodies: readonly Buffer[],
): Promise<{ disk: SimulatedDisk; ids: string[]; path: string }> {
  const disk = new SimulatedDisk();
  const spool = await opened(disk);
  const ids: string[] = [];
  for (const body of bodies) ids.push(await stored(spool, body));
  await spool.close();
  const path = disk.paths().find((path) => path.endsWith('.journal')) ?? '';
  return { disk, ids, path };
}

async function stored(spool: FileSpool, body: Buffer): Promise<string> {
  const writer = spool.begin({
    protocol: 'SMTP',
    envelope: { from: '', recipients: [{ path: 'a@b.example' }] },
  });
  await writer.write(body);
  return writer.commit();
}

async function contents(spool: FileSpool): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  for await (const { id } of spool.list()) {
    found.set(id, Buffer.concat(await Array.fromAsync((await spool.open(id)).open())));
  }
  return found;
}

const three = [Buffer.from('first'), Buffer.from('second, in the middle'), Buffer.from('third')];

for (const [part, at] of [
  ['the record line', 3],
  ['the id', 30],
  ['the size of the body', 90],
  ['the context', 130],
  ['the body', -5],
] as const) {
  test(`damage in ${part} of one record leaves the others`, async () => {
    const { disk, ids, path } = await spooled(three);
    const octets = disk.octets(path);
    const start = octets.lastIndexOf('@mw', octets.indexOf('second, in'));
    const end = octets.indexOf('@mw', start + 1);
    disk.damage(path, at > 0 ? start + at : end + at);
    const problems: SpoolProblem[] = [];
    const spool = await opened(disk, problems);
    assert.deepEqual([...(await contents(spool)).keys()], [ids[0], ids[2]]);
    const known = part === 'the body' ? { id: ids[1] } : {};
    assert.deepEqual(problems, [{ kind: 'corrupt-record', path, at: start, octets: end - start, ...known }]);
    // The damaged segment is never removed, also when nothing in it is needed.
    for (const id of [ids[0], ids[2]]) await spool.delete(id ?? '');
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    await spool.close();
    assert.ok(disk.paths().includes(`${path}.damaged`));
  });
}

test('damage in the title is no damage to the records', async () => {
  const { disk, ids, path } = await spooled(three);
  disk.damage(path, 2);
  const problems: SpoolProblem[] = [];
  assert.deepEqual([...(await contents(await opened(disk, problems))).keys()], ids);
  assert.equal(problems.length, 1);
});

test('a journal of a later format is refused and left alone', async () => {
  const { disk, path } = await spooled(three);
  const octets = Buffer.from(disk.octets(path).toString('latin1').replace('format 1', 'format 2'), 'latin1');
  disk.put(path, octets);
  await assert.rejects(opened(disk), { name: 'SpoolError', code: 'SPOOL_FORMAT' });
  assert.ok(disk.octets(path).equals(octets));
});

test('cut off at any octet, a journal gives what came before', async () => {
  const { disk, ids, path } = await spooled(three);
  const octets = disk.octets(path);
  const ends = [1, 2, 3].map((n) => nthRecordEnd(octets, n + 1));
  for (let size = ends[0] ?? 0; size < octets.length; size += 7) {
    disk.put(path, octets.subarray(0, size));
    const problems: SpoolProblem[] = [];
    const spool = await opened(disk, problems);
    const whole = ends.filter((end) => end <= size).length;
    assert.deepEqual([...(await contents(spool)).keys()], ids.slice(0, whole), `cut at ${size}`);
    for (const { kind } of problems) assert.equal(kind, 'torn-tail');
    await spool.close();
    disk.put(path, octets);
  }
});

test('a record inside of a message is only octets, also when the records around it are damaged', async () => {
  // All that a stranger can know of the journal's form: another spool's records, with sound CRCs.
  const foreign = await spooled([Buffer.from('a forged message')]);
  const forged = foreign.disk.octets(foreign.path);
  const { disk, ids, path } = await spooled([Buffer.from('before'), forged, Buffer.from('after')]);
  assert.deepEqual([...(await contents(await opened(disk))).keys()], ids);
  await assert.rejects(opened(disk), { code: 'SPOOL_LOCKED' });
  const again = await spooled([Buffer.from('before'), forged, Buffer.from('after')]);
  const start = again.disk
    .octets(again.path)
    .lastIndexOf('@mw', again.disk.octets(again.path).indexOf('mailwright', 9));
  again.disk.damage(again.path, start + 1);
  const found = await contents(await opened(again.disk));
  assert.deepEqual([...found.keys()], [again.ids[0], again.ids[2]]);
  assert.ok(path !== again.path, 'each segment has a tag of its own');
});

test('random damage: opening never fails, and every untouched message is there', async () => {
  for (let seed = 0; seed < 150; seed++) {
    const random = new SeededRandom(seed);
    const bodies = Array.from({ length: 12 }, () => Buffer.from(random.bytes(random.below(300))));
    const { disk, ids, path } = await spooled(bodies);
    const octets = disk.octets(path);
    const starts = ids.map((_, i) => nthRecordEnd(octets, i + 1));
    const untouched = new Set(ids);
    for (let n = 0; n <= random.below(3); n++) {
      // Not the title: its version is what a reader must believe.
      const at = (starts[0] ?? 0) + random.below(octets.length - (starts[0] ?? 0));
      disk.damage(path, at);
      const hit = starts.findLastIndex((start) => start <= at);
      untouched.delete(ids[hit] ?? '');
    }
    const found = await contents(await opened(disk));
    for (const [i, id] of ids.entries()) {
      if (untouched.has(id)) assert.ok(found.get(id)?.equals(bodies[i] ?? Buffer.alloc(0)), `seed ${seed}`);
    }
    // What is damaged is either not there, or (hit in the LF behind it) sound.
    for (const [id, body] of found)
      assert.ok(body.equals(bodies[ids.indexOf(id)] ?? Buffer.alloc(0)), `seed ${seed}`);
  }
});

test('damage that comes while the spool is open is told by the reader', async () => {
  const disk = new SimulatedDisk();
  const spool = await opened(disk);
  const small = await stored(spool, Buffer.from('a small message'));
  const large = await stored(spool, Buffer.alloc(70_000, 'large'));
  const path = disk.paths().find((path) => disk.octets(path).includes('a small message')) ?? '';
  disk.damage(path, disk.octets(path).indexOf('a small message'));
  disk.damage(`/spool/large/${large}.eml`, 69_999);
  for (const id of [small, large]) {
    const body = await spool.open(id);
    await assert.rejects(Array.fromAsync(body.open()), { code: 'SPOOL_CORRUPT' });
    assert.equal((await spool.context(id)).id, id);
  }
  disk.damage(path, disk.octets(path).indexOf('"v":1'));
  await assert.rejects(spool.context(small), { code: 'SPOOL_CORRUPT' });
  await assert.rejects(spool.update(small, {}), { code: 'SPOOL_CORRUPT' });
  assert.equal(await spool.delete(small), true);
});

test('a large message whose file is gone is reported and not listed', async () => {
  const { disk, ids } = await spooled([Buffer.alloc(10_000, 'x'), Buffer.from('small')]);
  const path = `/spool/large/${ids[0]}.eml`;
  await disk.remove(path);
  const problems: SpoolProblem[] = [];
  assert.deepEqual([...(await contents(await opened(disk, problems))).keys()], [ids[1]]);
  assert.deepEqual(problems, [{ kind: 'missing-body', path, id: ids[0] }]);
});

test('a file that no record tells of is removed, but not when records were damaged', async () => {
  const { disk, path } = await spooled([Buffer.from('small'), Buffer.from('other')]);
  disk.put('/spool/large/01ARZ3NDEKTSV4RRFFQ69G5FAV.eml', Buffer.from('never committed'));
  await (await opened(disk)).close();
  assert.ok(!disk.paths().some((path) => path.endsWith('.eml')));
  disk.put('/spool/large/01ARZ3NDEKTSV4RRFFQ69G5FAV.eml', Buffer.from('perhaps all that is left'));
  disk.damage(path, disk.octets(path).indexOf('small'));
  const problems: SpoolProblem[] = [];
  await (await opened(disk, problems)).close();
  assert.ok(disk.paths().some((path) => path.endsWith('.eml')));
  assert.deepEqual(
    problems.map(({ kind }) => kind),
    ['corrupt-record', 'stray-file'],
  );
});

/** Where the nth record of a segment ends; the first is its term. */
function nthRecordEnd(octets: Buffer, n: number): number {
  const tag = octets.subarray(octets.indexOf('@mw'), octets.indexOf('@mw') + 21);
  let at = octets.indexOf(tag);
  for (let i = 0; i < n && at !== -1; i++) at = octets.indexOf(tag, at + 1);
  return at === -1 ? octets.length : at;
}
