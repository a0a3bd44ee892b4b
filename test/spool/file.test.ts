/** What is the file spool's own, beside the contract. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { FileSpool, type FileSpoolOptions } from 'mailwright/spool';
import { systemFiles } from '../../src/spool/file/files.ts';
import { lockDirectory } from '../../src/spool/file/lock.ts';
import { SimulatedDisk } from './simulated-disk.ts';

const root = await mkdtemp(join(tmpdir(), 'spool-file-'));
after(() => rm(root, { recursive: true }));
let made = 0;
const fresh = () => join(root, String(++made));
const small: FileSpoolOptions = { segmentSize: 65_536, inlineLimit: 4000 };

async function stored(spool: FileSpool, body: Buffer): Promise<string> {
  const writer = spool.begin({
    protocol: 'SMTP',
    envelope: { from: '', recipients: [{ path: 'a@b.example' }] },
  });
  const pending = writer.write(body);
  if (pending !== undefined) await pending;
  return writer.commit();
}

test('the files can be read with ordinary tools, and by their owner alone', async () => {
  const directory = fresh();
  const spool = await FileSpool.open(directory, small);
  const mail = 'Subject: in the journal\r\n\r\nHello.\r\n';
  const id = await stored(spool, Buffer.from(mail));
  const large = await stored(spool, Buffer.alloc(10_000, 'Subject: large\r\n'));
  await spool.close();
  const [journal = ''] = await readdir(join(directory, 'journal'));
  const text = await readFile(join(directory, 'journal', journal), 'latin1');
  assert.match(text, /^mailwright spool journal, format 1, segment 1, tag [0-9a-f]{16}\n@mw /);
  const at = text.indexOf(mail);
  const [line = '', context = ''] = text.slice(text.lastIndexOf('@mw', at), at).split('\n');
  assert.match(line, new RegExp(`^@mw [0-9a-f]{16} mail ${id} `));
  assert.equal(JSON.parse(context).id, id);
  assert.equal((await readFile(join(directory, 'large', `${large}.eml`))).length, 10_000);
  for (const path of ['journal', 'large']) assert.equal((await stat(join(directory, path))).mode & 0o077, 0);
  assert.equal((await stat(join(directory, 'large', `${large}.eml`))).mode & 0o077, 0);
  assert.deepEqual(await readdir(directory), ['journal', 'large'], 'the lock was given back');
});

test('a second owner is refused, and told what to do', async () => {
  const directory = fresh();
  const spool = await FileSpool.open(directory, small);
  await assert.rejects(FileSpool.open(directory, small), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'SPOOL_LOCKED');
    assert.match(error.message, /lock: process \d+ of .* holds it\. Give each process a directory/);
    return true;
  });
  await spool.close();
  await (await FileSpool.open(directory, small)).close();
});

test('a lock is stale when its owner is known to be gone, and else stands', async () => {
  const directory = fresh();
  await mkdir(directory);
  const path = join(directory, 'lock');
  const unlock = await lockDirectory(systemFiles, directory);
  const ours = JSON.parse(await readFile(path, 'utf8'));
  await unlock();
  const table: readonly [what: string, lock: string, stale: boolean][] = [
    ['ours', JSON.stringify(ours), false],
    ['a number of ours from before', JSON.stringify({ ...ours, started: '1' }), true],
    ['a process that is no more', JSON.stringify({ ...ours, pid: 2 ** 22 + 1 }), true],
    [
      'a process that lives, by its number',
      JSON.stringify({ ...ours, pid: process.ppid, started: '1' }),
      true,
    ],
    ['before the machine started anew', JSON.stringify({ ...ours, boot: 'another' }), true],
    ['another host or container', JSON.stringify({ ...ours, system: 'another', boot: 'another' }), false],
    ['nobody', '', false],
    ['no owner', '{"pid":"x"}', false],
  ];
  for (const [what, lock, stale] of table) {
    await writeFile(path, lock);
    const taken = lockDirectory(systemFiles, directory);
    if (stale) await (await taken)();
    else await assert.rejects(taken, { code: 'SPOOL_LOCKED' }, what);
    await rm(path, { force: true });
    assert.deepEqual(await readdir(directory), [], `${what}: nothing is left behind`);
  }
});

test('options out of range are misuse', async () => {
  for (const options of [
    { segmentSize: 1000 },
    { inlineLimit: -1 },
    { inlineLimit: 2 ** 21 },
    { segmentSize: Number.NaN },
    { recentOctets: -1 },
    { recentOctets: Number.NaN },
  ]) {
    await assert.rejects(FileSpool.open(fresh(), options), { code: 'SPOOL_MISUSE' });
  }
});

test('a directory that can not be made is refused with the reason', async () => {
  const path = fresh();
  await writeFile(path, 'a file');
  await assert.rejects(FileSpool.open(path, small), { name: 'SpoolError', code: 'SPOOL_IO' });
});

test('many commits share a sync', async () => {
  const disk = new SimulatedDisk();
  const spool = await FileSpool.open('/spool', { files: disk, segmentSize: 1_048_576 });
  await stored(spool, Buffer.from('the first makes the segment'));
  const before = disk.steps;
  await Promise.all(Array.from({ length: 100 }, (_, i) => stored(spool, Buffer.alloc(1024, i))));
  assert.ok(disk.steps - before <= 2, `${disk.steps - before} durable writes for 100 commits`);
  await spool.close();
});

test('the journal stays short while messages come and go, and keeps those that stay', async () => {
  const disk = new SimulatedDisk();
  const spool = await FileSpool.open('/spool', { ...small, files: disk });
  const kept = new Map<string, Buffer>();
  let most = 0;
  for (let i = 0; i < 1500; i++) {
    const body = Buffer.alloc(2000, i);
    const id = await stored(spool, body);
    if (i % 100 === 0) {
      kept.set(id, body);
      await spool.update(id, { verdicts: { round: i } });
    } else await spool.delete(id);
    most = Math.max(most, disk.paths().filter((path) => path.endsWith('.journal')).length);
  }
  // 3.9 MB went through; 37 kB stay.
  assert.ok(most <= 5, `${most} segments`);
  assert.equal(await spool.count(), kept.size);
  await spool.close();
  const again = await FileSpool.open('/spool', { ...small, files: disk });
  for (const [id, body] of kept) {
    assert.ok(Buffer.concat(await Array.fromAsync((await again.open(id)).open())).equals(body));
    assert.equal(
      (await again.context(id)).verdicts['round'],
      body[0] === undefined ? -1 : [...kept.keys()].indexOf(id) * 100,
    );
  }
  await again.close();
});

test('a small message keeps nothing of the large buffer that it came in', async () => {
  const directory = fresh();
  const spool = await FileSpool.open(directory);
  const read = Buffer.alloc(65_536, 'x');
  const writers = Array.from({ length: 50 }, () =>
    spool.begin({ protocol: 'SMTP', envelope: { from: '', recipients: [] } }),
  );
  const before = process.memoryUsage().arrayBuffers;
  // One octet at a time: the worst that a peer can do.
  for (const writer of writers) for (let i = 0; i < 10_000; i++) void writer.write(read.subarray(i, i + 1));
  const grown = process.memoryUsage().arrayBuffers - before;
  assert.ok(grown < 50 * 65_536, `${grown} octets for 50 messages of 10,000`);
  await spool.close();
});

test('a large message is never whole in memory, neither on its way in nor out', async () => {
  const spool = await FileSpool.open(fresh());
  const chunk = Buffer.alloc(65_536, 'large ');
  const writer = spool.begin({ protocol: 'SMTP', envelope: { from: '', recipients: [] } });
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  for (let i = 0; i < 768; i++) {
    await writer.write(chunk);
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  assert.ok(most < 4_194_304, `${most} octets for 48 MiB written`);
  const id = await writer.commit();
  let size = 0;
  for await (const part of (await spool.open(id)).open()) {
    assert.ok(part.length <= 65_536);
    size += part.length;
  }
  assert.equal(size, 768 * 65_536);
  await spool.close();
});
