import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Context,
  completeContext,
  contextLimit,
  decodeContext,
  dueOf,
  encodeContext,
  type Json,
  type JsonRecord,
  joinPatches,
  mergePatch,
  patchContext,
  priorityOf,
} from 'mailwright/spool';

test('merging, by the examples of RFC 7396 Appendix A', () => {
  const table: readonly [target: Json, patch: Json, result: Json][] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  for (const [target, patch, result] of table) {
    const before = JSON.stringify([target, patch]);
    assert.deepEqual(mergePatch(target, patch), result, `${before}, RFC 7396 §2`);
    assert.equal(JSON.stringify([target, patch]), before, 'neither is changed');
  }
});

test('a name from JSON.prototype stays a name', () => {
  const patch: Json = JSON.parse('{"__proto__":{"polluted":true}}');
  const merged = mergePatch({}, patch);
  assert.equal(JSON.stringify(merged), '{"__proto__":{"polluted":true}}');
  assert.equal(Object.getPrototypeOf(merged), Object.prototype);
});

/** Small records of few names, so that the names meet. */
const record: fc.Memo<JsonRecord> = fc.memo((depth) => {
  const leaf = fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 3 }), fc.constant(['x']));
  const value = depth > 1 ? fc.oneof(leaf, record(depth - 1)) : leaf;
  return fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), value, { maxKeys: 3 });
});

/** Whether the second patch makes a record again of what the first one removes: that has no words in one patch. */
function remakes(first: Json | undefined, second: Json | undefined): boolean {
  if (!isRecord(second)) return false;
  if (!isRecord(first)) return first !== undefined;
  return Object.keys(second).some((name) => Object.hasOwn(first, name) && remakes(first[name], second[name]));
}

function isRecord(value: Json | undefined): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

test('two patches joined do what they do one after the other', () => {
  fc.assert(
    fc.property(record(3), record(3), record(3), (target, first, second) => {
      fc.pre(!remakes(first, second));
      const before = JSON.stringify([first, second]);
      assert.deepEqual(
        mergePatch(target, joinPatches(first, second)),
        mergePatch(mergePatch(target, first), second),
      );
      assert.equal(JSON.stringify([first, second]), before, 'neither is changed');
    }),
  );
});

const made = { id: '01ARZ3NDEKTSV4RRFFQ69G5FAV', size: 1, now: 5000 };
const plain: Context = completeContext({ protocol: 'SMTP', envelope: { from: '', recipients: [] } }, made);

test('when a message is due, and how soon it goes', () => {
  const table: readonly [queue: Context['queue'], due: number, priority: number][] = [
    [{}, 5000, 0],
    [{ due: 7000.9, priority: 3 }, 7000, 3],
    [{ due: 7000, held: true }, Number.POSITIVE_INFINITY, 0],
    [{ due: -1, priority: -1000 }, 0, -99],
    [{ due: 1e300, priority: 1.5 }, 999_999_999_999_999, 1],
  ];
  for (const [queue, due, priority] of table) {
    assert.deepEqual([dueOf({ ...plain, queue }), priorityOf({ ...plain, queue })], [due, priority]);
  }
});

test('what the envelope asks for counts until the queue has its say', () => {
  const envelope = { ...plain.envelope, holdUntil: 9000, mtPriority: 4 };
  const asked = { ...plain, envelope };
  assert.deepEqual([dueOf(asked), priorityOf(asked)], [9000, 4], 'RFC 4865 §4, RFC 6710 §4');
  const queued = { ...asked, queue: { due: 6000, priority: -1 } };
  assert.deepEqual([dueOf(queued), priorityOf(queued)], [6000, -1]);
  assert.equal(dueOf({ ...plain, envelope: { ...envelope, holdUntil: 1 } }), 5000, 'a time that has passed');
});

test('a whole context is bounded in octets, not characters', () => {
  const room = contextLimit - Buffer.byteLength(encodeContext({ ...plain, verdicts: { a: '' } }));
  const just = { ...plain, verdicts: { a: 'é'.repeat(room / 2) + (room % 2 === 0 ? '' : 'x') } };
  assert.equal(Buffer.byteLength(encodeContext(just)), contextLimit);
  assert.throws(() => encodeContext({ ...just, helo: 'x' }), { code: 'SPOOL_CONTEXT_TOO_LARGE' });
});

test('what is no JSON is misuse', () => {
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  for (const value of [1n, cycle]) {
    const metadata = { module: value } as unknown as Context['metadata'];
    assert.throws(() => patchContext(plain, { metadata: metadata }), { code: 'SPOOL_MISUSE' });
    assert.throws(() => encodeContext({ ...plain, verdicts: metadata }), { code: 'SPOOL_MISUSE' });
  }
});

test('a context of a later version is refused', () => {
  assert.deepEqual(decodeContext(encodeContext(plain)), plain);
  assert.throws(() => decodeContext(JSON.stringify({ ...plain, v: 2 })), { code: 'SPOOL_FORMAT' });
});
