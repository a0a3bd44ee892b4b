/** Cases of the spool's suite about the spool as a whole: listings, watching, owners, restarts. */
import assert from 'node:assert/strict';
import type { Buffer } from 'node:buffer';
import { type Context, type SpoolChange, SpoolError, type SpoolId } from '../spool/index.ts';
import {
  collect,
  given,
  listed,
  refused,
  type SpoolCases,
  same,
  sample,
  sizes,
  sortedById,
  store,
} from './spool-steps.ts';

const needsReopen = 'give `reopen`, or skip this case with the reason why nothing outlives the spool';

export const wholeCases: SpoolCases = {
  'a listing of everything': async ({ spool }) => {
    const ids = new Set<SpoolId>();
    for (let i = 0; i < 50; i++) ids.add(await store(spool, sample(i)));
    const entries = await listed(spool);
    assert.deepEqual(new Set(entries.map(({ id }) => id)), ids);
    assert.equal(entries.length, 50);
    assert.equal(await spool.count(), 50);
    for (const entry of entries) {
      const { size, receivedAt } = await spool.context(entry.id);
      assert.deepEqual(entry, { id: entry.id, size, due: receivedAt, priority: 0 });
    }
  },
  'what is due, earliest first': async ({ spool }) => {
    const ids: SpoolId[] = [];
    for (const due of [500, 100, 300, 200, 400]) {
      ids.push(await store(spool, sample(1), { context: { ...given, queue: { due, priority: due / 100 } } }));
    }
    const dueBy = async (time: number) =>
      (await listed(spool, time)).map(({ due, priority }) => [due, priority]);
    assert.deepEqual(await dueBy(99), []);
    assert.deepEqual(await dueBy(300), [
      [100, 1],
      [200, 2],
      [300, 3],
    ]);
    const [first = '', second = '', third = ''] = ids;
    await spool.update(second, { queue: { held: true } });
    await spool.update(first, { queue: { due: 50 } });
    await spool.delete(third);
    assert.deepEqual(await dueBy(Number.POSITIVE_INFINITY), [
      [50, 5],
      [200, 2],
      [400, 4],
    ]);
    assert.equal((await listed(spool)).find(({ id }) => id === second)?.due, Number.POSITIVE_INFINITY);
    await spool.update(second, { queue: { held: null } });
    assert.deepEqual(await dueBy(100), [
      [50, 5],
      [100, 1],
    ]);
  },
  'a message without queue state is due as of its arrival': async ({ spool }) => {
    const id = await store(spool, sample(1), { context: { ...given, receivedAt: 7000 } });
    assert.deepEqual(await listed(spool, 6999), []);
    assert.deepEqual(
      (await listed(spool, 7000)).map((entry) => entry.id),
      [id],
    );
  },
  'a listing bears with changes': async ({ spool }) => {
    const ids: SpoolId[] = [];
    for (let due = 0; due < 40; due++)
      ids.push(await store(spool, sample(1), { context: { ...given, queue: { due } } }));
    for (const dueBy of [undefined, 1000]) {
      const seen: SpoolId[] = [];
      for await (const { id } of spool.list(dueBy === undefined ? {} : { dueBy })) {
        seen.push(id);
        if (seen.length === 1) {
          for (const other of ids.splice(-5)) await spool.delete(other);
          await spool.update(id, { queue: { due: 5000 } });
        }
      }
      assert.equal(new Set(seen).size, seen.length);
      for (const id of ids) assert.ok(seen.includes(id) || dueBy !== undefined, id);
      for (const id of ids.slice(1)) assert.ok(seen.includes(id), id);
    }
  },
  'watchers are told of every change, until they have enough': async ({ spool }) => {
    const changes: SpoolChange[] = [];
    const enough = new AbortController();
    spool.watch((change) => changes.push(change), enough.signal);
    spool.watch(() => assert.fail('the signal was aborted before'), AbortSignal.abort());
    const id = await store(spool, sample(3), { context: { ...given, queue: { due: 100 } } });
    await spool.update(id, { queue: { due: 200 } });
    await spool.delete(id);
    await spool.delete(id);
    enough.abort();
    await store(spool, sample(3));
    const entry = (due: number) => ({ id, size: 3, due, priority: 0 });
    assert.deepEqual(changes, [
      { kind: 'added', entry: entry(100) },
      { kind: 'updated', entry: entry(200) },
      { kind: 'deleted', entry: entry(200) },
    ]);
  },
  'a deposed owner is refused': async ({ spool }) => {
    const id = await store(spool, sample(1), { fence: 5 });
    const late = spool.begin(given, { fence: 5 });
    await spool.update(id, { verdicts: { a: 1 } }, { fence: 5n });
    await spool.update(id, { verdicts: { b: 1 } }, { fence: 2n ** 60n });
    await refused('SPOOL_FENCED', () => late.commit());
    await refused('SPOOL_FENCED', () => spool.update(id, { verdicts: { c: 1 } }, { fence: 6 }));
    await refused('SPOOL_FENCED', () => spool.delete(id, { fence: 2n ** 60n - 1n }));
    assert.deepEqual((await spool.context(id)).verdicts, { a: 1, b: 1 });
    assert.equal(await spool.count(), 1);
    await spool.update(id, { verdicts: { d: 1 } });
    assert.equal(await spool.delete(id, { fence: 2n ** 60n }), true);
  },
  'a fencing token that is none is misuse': async ({ spool }) => {
    const id = await store(spool, sample(1));
    for (const fence of [-1, -1n, 0.5, Number.NaN, 2 ** 53, 2n ** 64n]) {
      await refused('SPOOL_MISUSE', async () => spool.begin(given, { fence }));
      await refused('SPOOL_MISUSE', () => spool.update(id, {}, { fence }));
      await refused('SPOOL_MISUSE', () => spool.delete(id, { fence }));
    }
  },
  'many sessions at once': async ({ spool }) => {
    const stored = new Map<SpoolId, Buffer>();
    await Promise.all(
      Array.from({ length: 40 }, async (_, session) => {
        for (let i = 0; i < 5; i++) {
          const octets = sample((session * 5 + i) * 211, session);
          const id = await store(spool, octets, { chunk: 1000 + session });
          if (i % 2 === 0) await spool.update(id, { verdicts: { session } });
          if (i === 3) await spool.delete(id);
          else stored.set(id, octets);
        }
      }),
    );
    assert.equal(await spool.count(), stored.size);
    for (const [id, octets] of stored) await same(spool, id, octets);
  },
  'after a restart everything is as it was': async ({ spool, reopen }) => {
    assert.ok(reopen, needsReopen);
    const stored = new Map<SpoolId, { context: Context; octets: Buffer }>();
    let present = spool;
    for (let round = 0; round < 3; round++) {
      for (const [i, size] of sizes.entries()) {
        const octets = sample(size, round);
        const queue = i % 2 === 0 ? { held: true as const } : { due: 100 * i, priority: -i };
        const id = await store(present, octets, { context: { ...given, queue } });
        stored.set(id, {
          octets,
          context: await present.update(id, { delivery: { 0: { status: 'delayed' } } }),
        });
      }
      const [id = ''] = stored.keys();
      await present.delete(id);
      stored.delete(id);
      await present.begin(given).write(sample(100));
      const before = [await sortedById(present), await listed(present, Number.POSITIVE_INFINITY)];
      present = await reopen();
      assert.deepEqual([await sortedById(present), await listed(present, Number.POSITIVE_INFINITY)], before);
      assert.equal(await present.count(), stored.size);
    }
    for (const [id, { context, octets }] of stored) {
      assert.deepEqual(await present.context(id), context);
      await same(present, id, octets);
    }
  },
  'after a restart a deposed owner is still refused': async ({ spool, reopen }) => {
    assert.ok(reopen, needsReopen);
    const id = await store(spool, sample(1), { fence: 8 });
    await spool.delete('no such message', { fence: 9 });
    const present = await reopen();
    await refused('SPOOL_FENCED', () => present.update(id, {}, { fence: 8 }));
    await present.update(id, {}, { fence: 9 });
  },
  'a closed spool refuses': async ({ spool }) => {
    const id = await store(spool, sample(1));
    const writer = spool.begin(given);
    await writer.write(sample(1));
    const body = await spool.open(id);
    const last = spool.update(id, { verdicts: { last: true } });
    await Promise.all([spool.close(), spool.close()]);
    await last;
    await spool.close();
    await assert.rejects(async () => writer.commit(), SpoolError);
    await refused('SPOOL_CLOSED', async () => spool.begin(given));
    await refused('SPOOL_CLOSED', () => spool.open(id));
    await refused('SPOOL_CLOSED', () => collect(body.open()));
    await refused('SPOOL_CLOSED', () => spool.context(id));
    await refused('SPOOL_CLOSED', () => spool.update(id, {}));
    await refused('SPOOL_CLOSED', () => spool.delete(id));
    await refused('SPOOL_CLOSED', () => listed(spool));
    await refused('SPOOL_CLOSED', () => spool.count());
    await refused('SPOOL_CLOSED', async () => spool.watch(() => undefined, new AbortController().signal));
  },
};
