/**
 * The suite that every report store runs through: the contract of `mailwright/reports`.
 */
import assert from 'node:assert/strict';
import type { ReportStore } from '../reports/index.ts';
import type { SuiteCase } from './spool.ts';

/**
 * The cases that a report store has to pass.
 *
 * @param open - a store without anything in it, another one for each case
 *
 * @example
 * ```ts
 * import { test } from 'node:test';
 * import { MemoryReportStore } from 'mailwright/reports';
 * import { reportStoreSuite } from 'mailwright/testing';
 *
 * for (const { name, run } of reportStoreSuite(() => new MemoryReportStore())) test(name, run);
 * ```
 */
export function reportStoreSuite(open: () => ReportStore | Promise<ReportStore>): SuiteCase[] {
  return Object.entries(cases).map(([name, act]) => ({
    name,
    skip: false,
    run: async () => act(await open()),
  }));
}

/** Names that are a trap for a table that is a plain object, for files, and for lines. */
const odd = [
  '__proto__',
  '../up',
  'a/b',
  'CON',
  'two\nlines',
  '["json"]',
  '\0',
  'gr\u00fc\u00df',
  'x'.repeat(3000),
  '',
];

const cases: Readonly<Record<string, (store: ReportStore) => Promise<void>>> = {
  'an empty store has no groups, and nothing in one': async (store) => {
    assert.deepEqual(await store.groups(), []);
    assert.deepEqual([...(await store.read('one'))], []);
  },
  'counts of an item add up': async (store) => {
    await store.add('one', 'a', 1);
    await store.add('one', 'b', 5);
    await store.add('one', 'a', 2);
    assert.deepEqual(await sorted(store, 'one'), [
      ['a', 3],
      ['b', 5],
    ]);
  },
  'groups do not touch one another': async (store) => {
    await store.add('one', 'a', 1);
    await store.add('two', 'a', 2);
    assert.deepEqual([...(await store.groups())].sort(), ['one', 'two']);
    await store.drop('one');
    assert.deepEqual(await store.groups(), ['two']);
    assert.deepEqual(await sorted(store, 'two'), [['a', 2]]);
  },
  'a dropped group is gone, may be dropped again, and begins anew': async (store) => {
    await store.add('one', 'a', 1);
    await store.drop('one');
    await store.drop('one');
    assert.deepEqual(await sorted(store, 'one'), []);
    await store.add('one', 'a', 7);
    assert.deepEqual(await sorted(store, 'one'), [['a', 7]]);
  },
  'any text names a group and an item': async (store) => {
    for (const [index, name] of odd.entries()) await store.add(name, name, index + 1);
    assert.deepEqual([...(await store.groups())].sort(), odd.toSorted());
    for (const [index, name] of odd.entries()) {
      assert.deepEqual(await sorted(store, name), [[name, index + 1]]);
    }
  },
  'additions at the same time are all counted': async (store) => {
    const names = Array.from({ length: 100 }, (_, index) => `${index % 7}`);
    await Promise.all(names.map((name) => store.add('one', name, 1)));
    const counts = [...(await store.read('one')).values()];
    assert.equal(
      counts.reduce((sum, count) => sum + count, 0),
      100,
    );
  },
};

async function sorted(store: ReportStore, group: string): Promise<[string, number][]> {
  return [...(await store.read(group))].sort(([one], [other]) => (one < other ? -1 : 1));
}
