/** The promises of a report store, for each of them. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { FileReportStore, MemoryReportStore, type ReportStore } from 'mailwright/reports';

function folderFor(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'mailwright-reports-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const stores: readonly [name: string, open: (context: TestContext) => ReportStore][] = [
  ['memory', () => new MemoryReportStore()],
  ['file', (context) => new FileReportStore(join(folderFor(context), 'made', 'when', 'needed'))],
];

for (const [name, open] of stores) {
  test(`${name}: counts add up, groups apart`, async (context) => {
    const store = open(context);
    assert.deepEqual(await store.groups(), []);
    await store.add('one', 'a', 1);
    await store.add('one', 'a', 2);
    await store.add('one', 'b\n"{', 1);
    await store.add('two/../\0 ü', 'a', 5);
    assert.deepEqual([...(await store.groups())].sort(), ['one', 'two/../\0 ü']);
    assert.deepEqual(
      [...(await store.read('one'))],
      [
        ['a', 3],
        ['b\n"{', 1],
      ],
    );
    assert.deepEqual([...(await store.read('two/../\0 ü'))], [['a', 5]]);
    assert.deepEqual([...(await store.read('three'))], []);
  });

  test(`${name}: a dropped group is gone, and may begin anew`, async (context) => {
    const store = open(context);
    await store.add('one', 'a', 1);
    await store.drop('one');
    await store.drop('one');
    assert.deepEqual(await store.groups(), []);
    await store.add('one', 'a', 7);
    assert.deepEqual([...(await store.read('one'))], [['a', 7]]);
  });

  test(`${name}: additions at the same time are all counted`, async (context) => {
    const store = open(context);
    await Promise.all(Array.from({ length: 100 }, (_, index) => store.add('one', `item ${index % 7}`, 1)));
    const counts = [...(await store.read('one')).values()];
    assert.equal(
      counts.reduce((sum, count) => sum + count, 0),
      100,
    );
  });
}

test('memory: items are bounded, and what found no room is counted', () => {
  const store = new MemoryReportStore(2);
  store.add('one', 'a', 1);
  store.add('one', 'b', 1);
  store.add('two', 'c', 3);
  store.add('one', 'a', 1);
  assert.deepEqual([store.dropped, store.read('one').get('a')], [3, 2]);
  store.drop('one');
  store.add('two', 'c', 1);
  assert.deepEqual([...store.read('two')], [['c', 1]]);
});

test('file: counts outlive the process, and a torn line costs only itself', async (context) => {
  const folder = folderFor(context);
  await new FileReportStore(folder).add('one', 'a', 1);
  const [file] = readdirSync(folder);
  appendFileSync(join(folder, file as string), '["a",1');
  const store = new FileReportStore(folder);
  await store.add('one', 'a', 1);
  assert.deepEqual(await store.groups(), ['one']);
  assert.deepEqual([...(await store.read('one'))], [['a', 2]]);
});
