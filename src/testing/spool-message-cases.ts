/** Cases of the spool's suite about one message: its octets, its context, its writer. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { contextLimit, metadataLimit, type NewContext, SpoolError, type SpoolId } from '../spool/index.ts';
import {
  collect,
  given,
  listed,
  refused,
  type SpoolCases,
  same,
  sample,
  sizes,
  store,
  write,
} from './spool-steps.ts';

export const messageCases: SpoolCases = {
  'what was committed is read back octet for octet': async ({ spool }) => {
    for (const size of sizes) {
      const octets = sample(size);
      const id = await store(spool, octets, { chunk: 7777 });
      await same(spool, id, octets);
    }
  },
  'any octets, in chunks of any size': async ({ spool }) => {
    const octets = Buffer.concat([
      Buffer.from('\r\n.\r\n\n@mw \0'),
      Buffer.from(Array.from({ length: 256 }, (_, i) => i)),
    ]);
    for (const chunk of [1, 2, 3, octets.length]) {
      await same(spool, await store(spool, octets, { chunk }), octets);
    }
  },
  'a chunk belongs to its caller again after the write': async ({ spool }) => {
    const writer = spool.begin(given);
    const chunk = Buffer.alloc(65_536);
    const parts: Buffer[] = [];
    for (let i = 0; i < 8; i++) {
      chunk.fill(65 + i);
      parts.push(Buffer.from(chunk));
      await writer.write(chunk);
    }
    chunk.fill(0);
    assert.equal(writer.size, 8 * 65_536);
    await same(spool, await writer.commit(), Buffer.concat(parts));
  },
  'what is not committed is not there': async ({ spool }) => {
    const writer = spool.begin(given);
    await writer.write(sample(1000));
    assert.deepEqual(await listed(spool), []);
    assert.equal(await spool.count(), 0);
    await refused('SPOOL_NOT_FOUND', () => spool.open(writer.id));
    await refused('SPOOL_NOT_FOUND', () => spool.context(writer.id));
    await writer.abort();
  },
  'abort forgets the message, at any time, any number of times': async ({ spool }) => {
    for (const size of sizes) {
      const writer = spool.begin(given, { expectedSize: size });
      await write(writer, sample(size), 50_000);
      await writer.abort();
      await writer.abort();
      await refused('SPOOL_MISUSE', async () => writer.commit());
      await refused('SPOOL_MISUSE', async () => writer.write(sample(1)));
    }
    assert.equal(await spool.count(), 0);
  },
  'abort after commit changes nothing': async ({ spool }) => {
    const writer = spool.begin(given);
    await writer.write(sample(10));
    const id = await writer.commit();
    await writer.abort();
    await same(spool, id, sample(10));
  },
  'a second commit and a write after commit are misuse': async ({ spool }) => {
    const writer = spool.begin(given);
    await writer.write(sample(10));
    const id = await writer.commit();
    await refused('SPOOL_MISUSE', async () => writer.commit());
    await refused('SPOOL_MISUSE', async () => writer.write(sample(1)));
    await same(spool, id, sample(10));
    assert.equal(await spool.count(), 1);
  },
  'ids are ULIDs, known from the beginning, and rise': async ({ spool }) => {
    const ids: SpoolId[] = [];
    for (let i = 0; i < 100; i++) {
      const writer = spool.begin(given);
      assert.match(writer.id, /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
      assert.equal(await writer.commit(), writer.id);
      ids.push(writer.id);
    }
    assert.deepEqual(ids, [...new Set(ids)].sort());
  },
  'the context is completed and kept as it is': async ({ spool }) => {
    const rich: NewContext = {
      receivedAt: 1_700_000_000_000,
      protocol: 'UTF8SMTPSA',
      peer: {
        remote: { family: 'ipv6', address: '2001:db8::1', port: 4321 },
        local: { family: 'unix', path: '/run/mail' },
      },
      tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' },
      user: 'jürgen',
      helo: '[192.0.2.1]',
      envelope: {
        from: '',
        recipients: [
          {
            path: '"odd one"@пример.example',
            notify: ['success', 'failure'],
            orcpt: { type: 'rfc822', address: 'x@example.org' },
            rrvs: { since: '2026-01-01T00:00:00Z', otherwise: 'reject' },
          },
        ],
        body: 'binarymime',
        smtputf8: true,
        auth: '',
        dsn: { ret: 'hdrs', envid: 'QQ314159' },
        deliverBy: { at: 1_700_000_120_000, mode: 'return', trace: true },
        holdUntil: 1_700_000_060_000,
        mtPriority: -3,
        requireTls: true,
        solicit: ['org.example:ADV'],
      },
      queue: { due: 1_700_000_060_000, priority: 2, attempts: 0 },
      verdicts: { spf: { result: 'pass' }, constructor: [null, true, 1.5, 'x\u2028\n'] },
      metadata: { 'host module': { tenant: 7 } },
      trace: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', tracestate: 'a=b' },
    };
    const id = await store(spool, sample(10), { context: rich });
    const context = await spool.context(id);
    assert.deepEqual(context, { ...rich, v: 1, id, size: 10, delivery: {} });
    const plain = await spool.context(await store(spool, sample(0)));
    assert.ok(Number.isSafeInteger(plain.receivedAt));
    assert.deepEqual([plain.queue, plain.verdicts, plain.metadata], [{}, {}, {}]);
  },
  'commit merges what was learned since the beginning': async ({ spool }) => {
    const id = await store(spool, sample(5), {
      context: { ...given, verdicts: { spf: 'pass', rbl: 'listed' } },
      patch: {
        verdicts: { rbl: null, dkim: { a: 1 } },
        envelope: { recipients: [{ path: 'd@example.org' }] },
        queue: { held: true },
      },
    });
    const context = await spool.context(id);
    assert.deepEqual(context.verdicts, { spf: 'pass', dkim: { a: 1 } });
    assert.deepEqual(context.envelope, { from: 'a@example.org', recipients: [{ path: 'd@example.org' }] });
    assert.deepEqual(context.queue, { held: true });
    assert.equal(context.size, 5);
  },
  'update merges into the context, and returns it': async ({ spool }) => {
    const id = await store(spool, sample(5));
    const before = await spool.context(id);
    const first = await spool.update(id, {
      delivery: { 1: { status: 'delayed', reply: '451 4.7.1 later', attempts: 1 } },
      queue: { due: before.receivedAt + 60_000, held: true },
      metadata: { module: { seen: 1 } },
    });
    assert.deepEqual(await spool.context(id), first);
    const second = await spool.update(id, {
      delivery: { 0: { status: 'delivered' }, 1: { status: 'relayed', reply: null } },
      queue: { held: null },
      metadata: { module: null },
    });
    assert.deepEqual(second, {
      ...before,
      delivery: { 0: { status: 'delivered' }, 1: { status: 'relayed', attempts: 1 } },
      queue: { due: before.receivedAt + 60_000 },
    });
    await same(spool, id, sample(5));
  },
  'version, id, size and time of arrival never change': async ({ spool }) => {
    const id = await store(spool, sample(5));
    const before = await spool.context(id);
    const foreign = { v: 2, id: 'x', size: 1, receivedAt: 1 } as object;
    assert.deepEqual(await spool.update(id, foreign), before);
    assert.deepEqual(await spool.context(id), before);
  },
  'updates of one message at once all take effect': async ({ spool }) => {
    const id = await store(spool, sample(5));
    const names = Array.from({ length: 25 }, (_, i) => `check${i}`);
    await Promise.all(names.map((name) => spool.update(id, { verdicts: { [name]: true } })));
    assert.deepEqual(Object.keys((await spool.context(id)).verdicts).sort(), names.sort());
  },
  'metadata of a module is bounded': async ({ spool }) => {
    const just = 'x'.repeat(metadataLimit - 2);
    const id = await store(spool, sample(1), { context: { ...given, metadata: { module: just } } });
    const over = { metadata: { module: `${just}é` } };
    await refused('SPOOL_CONTEXT_TOO_LARGE', async () => spool.begin({ ...given, ...over }));
    await refused('SPOOL_CONTEXT_TOO_LARGE', () => spool.update(id, over));
    await refused('SPOOL_CONTEXT_TOO_LARGE', () => store(spool, sample(1), { patch: over }));
    assert.deepEqual((await spool.context(id)).metadata, { module: just });
    assert.equal(await spool.count(), 1);
  },
  'a new message leaves room for what becomes of its recipients': async ({ spool }) => {
    const long = (octets: number) => ({
      context: { ...given, envelope: { ...given.envelope, dsn: { envid: 'x'.repeat(octets) } } },
    });
    await refused('SPOOL_CONTEXT_TOO_LARGE', () => store(spool, sample(1), long(contextLimit - 1000)));
    const id = await store(spool, sample(1), long(contextLimit - 5000));
    const text = 'what the server said'.repeat(50);
    const { delivery } = await spool.update(id, { delivery: { 0: { status: 'delayed', text } } });
    assert.deepEqual(delivery, { 0: { status: 'delayed', text } });
  },
  'a deleted message is gone': async ({ spool }) => {
    for (const size of [10, 400_000]) {
      const id = await store(spool, sample(size));
      const other = await store(spool, sample(size));
      assert.equal(await spool.delete(id), true);
      assert.equal(await spool.delete(id), false);
      await refused('SPOOL_NOT_FOUND', () => spool.open(id));
      await refused('SPOOL_NOT_FOUND', () => spool.context(id));
      await refused('SPOOL_NOT_FOUND', () => spool.update(id, {}));
      await same(spool, other, sample(size));
      await spool.delete(other);
    }
    assert.deepEqual(await listed(spool), []);
  },
  'an id that is none is not found': async ({ spool }) => {
    for (const id of ['', '../../etc/passwd', '0'.repeat(26), '__proto__']) {
      await refused('SPOOL_NOT_FOUND', () => spool.open(id));
      await refused('SPOOL_NOT_FOUND', () => spool.context(id));
      assert.equal(await spool.delete(id), false);
    }
  },
  'ranges are cut to what there is': async ({ spool }) => {
    for (const size of [10, 400_000]) {
      const octets = sample(size);
      const id = await store(spool, octets);
      const ranges = [
        [0],
        [3],
        [0, 0],
        [2, 7],
        [0, size],
        [size],
        [size - 1, size + 5],
        [size + 5, size + 9],
      ];
      for (const [start = 0, end] of ranges) {
        const body = await spool.open(id, end === undefined ? { start } : { start, end });
        const expected = octets.subarray(start, end);
        assert.equal(body.size, expected.length, `${start}-${end} of ${size}`);
        assert.ok(expected.equals(await collect(body.open())), `${start}-${end} of ${size}`);
      }
      for (const [start, end] of [
        [-1, 5],
        [5, 4],
        [0.5, 3],
        [Number.NaN, 3],
      ] as const) {
        await refused('SPOOL_MISUSE', () => spool.open(id, { start, end }));
      }
    }
  },
  'each reading is its own': async ({ spool }) => {
    for (const size of [10, 400_000]) {
      const octets = sample(size);
      const id = await store(spool, octets);
      const body = await spool.open(id);
      for await (const chunk of body.open()) {
        chunk.fill(0);
        break;
      }
      const [one, two] = await Promise.all([collect(body.open()), collect(body.open())]);
      assert.ok(octets.equals(one) && octets.equals(two));
    }
  },
  'a message deleted while it is read': async ({ spool }) => {
    const octets = sample(400_000);
    const id = await store(spool, octets);
    const body = await spool.open(id);
    const parts: Uint8Array[] = [];
    try {
      for await (const chunk of body.open()) {
        if (parts.length === 0) await spool.delete(id);
        parts.push(chunk);
      }
      assert.ok(octets.equals(Buffer.concat(parts)));
    } catch (error) {
      assert.ok(error instanceof SpoolError && error.code === 'SPOOL_NOT_FOUND');
      assert.ok(octets.subarray(0, Buffer.concat(parts).length).equals(Buffer.concat(parts)));
    }
  },
};
