import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DueOrder } from '../../src/spool/due-order.ts';

interface Item {
  readonly id: string;
  readonly due: number;
}

test('it holds what a sorted array would hold', () => {
  const command = fc.record({
    add: fc.boolean(),
    id: fc.integer({ min: 0, max: 30 }),
    due: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constant(Number.POSITIVE_INFINITY)),
    dueBy: fc.integer({ min: 0, max: 6 }),
  });
  fc.assert(
    fc.property(fc.array(command, { maxLength: 100 }), (commands) => {
      const order = new DueOrder<Item>();
      const model = new Map<string, Item>();
      for (const { add, id, due, dueBy } of commands) {
        const known = model.get(String(id));
        if (known !== undefined) order.remove(known);
        model.delete(String(id));
        if (add) {
          const item = { id: String(id), due };
          model.set(item.id, item);
          order.add(item);
        }
        assert.deepEqual(
          [...order.upTo(dueBy)],
          sorted(model).filter((item) => item.due <= dueBy),
        );
      }
    }),
    { numRuns: 300 },
  );
});

test('many entries, in rising, falling and mixed order', () => {
  for (const due of [(i: number) => i, (i: number) => -i, (i: number) => (i * 7919) % 10_007]) {
    const order = new DueOrder<Item>();
    const model = new Map<string, Item>();
    for (let i = 0; i < 5000; i++) {
      const item = { id: String(i), due: due(i) };
      order.add(item);
      model.set(item.id, item);
    }
    for (let i = 0; i < 5000; i += 3) {
      const item = model.get(String(i));
      if (item !== undefined) order.remove(item);
      model.delete(String(i));
    }
    assert.deepEqual([...order.upTo(Number.MAX_VALUE)], sorted(model));
  }
});

test('a walk goes on over what changes meanwhile', () => {
  const order = new DueOrder<Item>();
  const items = Array.from({ length: 2000 }, (_, i) => ({ id: String(i).padStart(4, '0'), due: i }));
  for (const item of items) order.add(item);
  const seen: number[] = [];
  for (const { due } of order.upTo(1999)) {
    seen.push(due);
    // Each takes away the one that comes after the next, itself, and adds one that is past.
    for (const item of [items[due + 2], items[due]]) if (item !== undefined) order.remove(item);
    order.add({ id: `again ${due}`, due: -1 });
  }
  assert.deepEqual(
    seen,
    items.map(({ due }) => due).filter((due) => due % 4 < 2),
  );
});

test('finding what is due costs by what is due, not by what is there', () => {
  let looks = 0;
  const order = new DueOrder<Item>();
  for (let i = 0; i < 100_000; i++) {
    const id = String(i);
    order.add({
      id,
      get due() {
        looks++;
        return i;
      },
    });
  }
  looks = 0;
  assert.equal([...order.upTo(9)].length, 10);
  assert.ok(looks < 2000, `${looks} looks for 10 of 100,000`);
});

function sorted(model: ReadonlyMap<string, Item>): Item[] {
  return [...model.values()]
    .filter(({ due }) => due !== Number.POSITIVE_INFINITY)
    .sort((a, b) => a.due - b.due || (a.id < b.id ? -1 : 1));
}
