/** The suite is worth what it catches: spools with one defect each, and a case that has to fail on it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemorySpool, type Spool, type SpoolWriter } from 'mailwright/spool';
import { spoolSuite } from 'mailwright/testing';

/** A memory spool with some of its calls replaced. */
function withDefect(defect: (honest: MemorySpool) => Partial<Spool>): Spool {
  const honest = new MemorySpool();
  return {
    begin: (context, options) => honest.begin(context, options),
    open: (id, range) => honest.open(id, range),
    context: (id) => honest.context(id),
    update: (id, patch, options) => honest.update(id, patch, options),
    delete: (id, options) => honest.delete(id, options),
    list: (options) => honest.list(options),
    count: () => honest.count(),
    watch: (listener, signal) => honest.watch(listener, signal),
    close: () => honest.close(),
    ...defect(honest),
  };
}

/** A writer with some of its calls replaced. */
function writerWith(writer: SpoolWriter, calls: Partial<SpoolWriter>): SpoolWriter {
  return {
    id: writer.id,
    get size() {
      return writer.size;
    },
    write: (chunk) => writer.write(chunk),
    commit: (patch) => writer.commit(patch),
    abort: () => writer.abort(),
    ...calls,
  };
}

const defects: readonly [what: string, caughtBy: string, defect: (honest: MemorySpool) => Partial<Spool>][] =
  [
    [
      'keeps the caller’s buffer',
      'a chunk belongs to its caller again after the write',
      (honest) => ({
        begin: (context, options) => {
          const writer = honest.begin(context, options);
          const kept: Uint8Array[] = [];
          let size = 0;
          return {
            ...writerWith(writer, {
              write: (chunk) => {
                kept.push(chunk);
                size += chunk.length;
              },
              commit: (patch) => {
                for (const chunk of kept) writer.write(chunk);
                return writer.commit(patch);
              },
            }),
            get size() {
              return size;
            },
          };
        },
      }),
    ],
    [
      'lists what is not committed',
      'what is not committed is not there',
      (honest) => ({
        async *list(options) {
          yield* honest.list(options);
          yield { id: '01ARZ3NDEKTSV4RRFFQ69G5FAV', size: 0, due: 0, priority: 0 };
        },
      }),
    ],
    [
      'commits twice',
      'a second commit and a write after commit are misuse',
      (honest) => ({
        begin: (context, options) => {
          const writer = honest.begin(context, options);
          let committed: Promise<string> | undefined;
          return writerWith(writer, {
            commit: (patch) => {
              committed ??= writer.commit(patch);
              return committed;
            },
          });
        },
      }),
    ],
    [
      'forgets what was learned since the beginning',
      'commit merges what was learned since the beginning',
      (honest) => ({
        begin: (context, options) => {
          const writer = honest.begin(context, options);
          return writerWith(writer, { commit: () => writer.commit() });
        },
      }),
    ],
    [
      'loses one of two updates at once',
      'updates of one message at once all take effect',
      (honest) => ({
        update: async (id, patch, options) => {
          const { verdicts } = await honest.context(id);
          await new Promise(setImmediate);
          const others = Object.fromEntries(
            Object.keys((await honest.context(id)).verdicts)
              .filter((name) => !(name in verdicts))
              .map((name) => [name, null]),
          );
          return honest.update(id, { ...patch, verdicts: { ...others, ...patch.verdicts } }, options);
        },
      }),
    ],
    [
      'counts the end of a range in',
      'ranges are cut to what there is',
      (honest) => ({
        open: (id, { start = 0, end = Number.POSITIVE_INFINITY } = {}) =>
          honest.open(id, { start, end: end + 1 }),
      }),
    ],
    [
      'gives what is due in any order',
      'what is due, earliest first',
      (honest) => ({ list: () => honest.list() }),
    ],
    [
      'knows no fencing',
      'a deposed owner is refused',
      (honest) => ({
        begin: (context) => honest.begin(context),
        update: (id, patch) => honest.update(id, patch),
        delete: (id) => honest.delete(id),
      }),
    ],
    [
      'tells nobody',
      'watchers are told of every change, until they have enough',
      () => ({ watch: () => undefined }),
    ],
    ['stays open', 'a closed spool refuses', () => ({ close: async () => undefined })],
  ];

for (const [what, caughtBy, defect] of defects) {
  test(`a spool that ${what}`, async () => {
    const cases = spoolSuite(async () => ({ spool: withDefect(defect), dispose: async () => undefined }));
    const found = cases.find(({ name }) => name === caughtBy);
    assert.ok(found, caughtBy);
    await assert.rejects(found.run(), { name: 'AssertionError' });
  });
}

test('a spool without defect passes the same way', async () => {
  const cases = spoolSuite(async () => ({ spool: withDefect(() => ({})), dispose: async () => undefined }));
  for (const [, caughtBy] of defects) await cases.find(({ name }) => name === caughtBy)?.run();
});

test('a skip names a case that exists', () => {
  const make = async () => ({ spool: new MemorySpool(), dispose: async () => undefined });
  assert.throws(() => spoolSuite(make, { 'no such case': 'a reason' }), { name: 'AssertionError' });
  const [first] = spoolSuite(make, { 'any octets, in chunks of any size': 'a reason' }).filter(
    ({ skip }) => skip,
  );
  assert.equal(first?.skip, 'a reason');
});
