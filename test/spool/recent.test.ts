/** What a file spool keeps in memory of the messages that were written last. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { FileSpool, type FileSpoolOptions } from 'mailwright/spool';
import { Recent } from '../../src/spool/file/recent.ts';
import { SimulatedDisk } from './simulated-disk.ts';

/** A disk that counts what is read from it. */
class CountingDisk extends SimulatedDisk {
  reads = 0;

  override async open(...args: Parameters<SimulatedDisk['open']>): ReturnType<SimulatedDisk['open']> {
    const file = await super.open(...args);
    return {
      ...file,
      read: (into, at) => {
        this.reads++;
        return file.read(into, at);
      },
    };
  }
}

async function opened(options: FileSpoolOptions = {}) {
  const disk = new CountingDisk();
  const spool = await FileSpool.open('/spool', {
    segmentSize: 65_536,
    inlineLimit: 4000,
    files: disk,
    ...options,
  });
  return { disk, spool };
}

async function stored(spool: FileSpool, body: Buffer): Promise<string> {
  const writer = spool.begin({
    protocol: 'SMTP',
    envelope: { from: '', recipients: [{ path: 'a@b.example' }] },
  });
  await writer.write(body);
  return writer.commit();
}

test('a message that is delivered right after its commit is never read from the disk', async () => {
  const { disk, spool } = await opened();
  const body = Buffer.alloc(3000, 'x');
  const id = await stored(spool, body);
  disk.reads = 0;
  assert.equal((await spool.context(id)).size, 3000);
  assert.ok(Buffer.concat(await Array.fromAsync((await spool.open(id)).open())).equals(body));
  await spool.update(id, { queue: { due: 5 } });
  assert.equal((await spool.context(id)).queue.due, 5);
  await spool.delete(id);
  assert.equal(disk.reads, 0);
  await assert.rejects(spool.context(id), { code: 'SPOOL_NOT_FOUND' });
});

test('a message that is due later takes no memory meanwhile', async () => {
  const { disk, spool } = await opened();
  const writer = spool.begin({
    protocol: 'SMTP',
    envelope: { from: '', recipients: [] },
    queue: { due: Date.now() + 60_000 },
  });
  const id = await writer.commit();
  disk.reads = 0;
  await spool.context(id);
  assert.equal(disk.reads, 1);
});

test('the octets that are handed out are a copy', async () => {
  const { spool } = await opened();
  const id = await stored(spool, Buffer.from('as it came'));
  for (let time = 0; time < 2; time++) {
    const [chunk] = await Array.fromAsync((await spool.open(id, { start: 3 })).open());
    assert.equal(Buffer.from(chunk ?? []).toString(), 'it came');
    chunk?.fill(0);
  }
});

test('what is beyond the limit is read from the disk, as it is without one', async () => {
  for (const recentOctets of [0, 6000]) {
    const { disk, spool } = await opened({ recentOctets });
    const first = await stored(spool, Buffer.alloc(3000, '1'));
    for (let i = 0; i < 3; i++) await stored(spool, Buffer.alloc(3000, 'x'));
    disk.reads = 0;
    await Array.fromAsync((await spool.open(first)).open());
    assert.ok(disk.reads > 0);
  }
});

test('a context that changes while it is read is not kept as it was', async () => {
  const { spool } = await opened({ recentOctets: 100_000 });
  const id = await stored(spool, Buffer.alloc(90_000, 'a file of its own'));
  // Out of the memory of what was written last.
  for (let i = 0; i < 60; i++) await stored(spool, Buffer.alloc(3000, 'x'));
  await Promise.all([spool.context(id), spool.update(id, { queue: { due: 7 } }), spool.context(id)]);
  assert.equal((await spool.context(id)).queue.due, 7);
});

test('it keeps to its limit, and nothing of larger buffers', () => {
  const recent = new Recent(100_000);
  for (let i = 0; i < 10_000; i++) recent.keep(String(i), '{}', Buffer.alloc(4000).subarray(0, 1000));
  const kept = Array.from({ length: 10_000 }, (_, i) => recent.context(String(i)) !== undefined);
  assert.ok(kept.indexOf(true) > 9900 && kept.at(-1), 'those kept longest go');
  assert.equal(recent.octets('9999', 0, 1000)?.length, 1000);
  recent.renew('9999', 'x'.repeat(49_000));
  assert.equal(recent.context('9999')?.length, 49_000, 'a change is kept at once');
  recent.keep('new', '{}');
  assert.equal(recent.context('9998'), undefined, 'and counts from then on');
  recent.keep('large', 'x'.repeat(60_000));
  assert.equal(recent.context('large'), undefined, 'nothing is kept that is larger than all');
});

test('contexts that grow make room like new ones', () => {
  const recent = new Recent(10_000);
  for (const id of ['a', 'b', 'c']) recent.keep(id, 'x'.repeat(1000));
  recent.renew('c', 'x'.repeat(3000));
  assert.equal(recent.context('a'), undefined);
  assert.equal(recent.context('c')?.length, 3000);
  recent.renew('c', 'x'.repeat(9000));
  assert.equal(recent.context('c'), undefined);
});
