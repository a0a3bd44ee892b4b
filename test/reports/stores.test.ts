/** Report stores through the suite, and what each of them promises beyond it. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { FileReportStore, MemoryReportStore } from 'mailwright/reports';
import { reportStoreSuite } from 'mailwright/testing';

function folderFor(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'mailwright-reports-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

for (const { name, run } of reportStoreSuite(() => new MemoryReportStore())) test(`memory: ${name}`, run);

test('file: the suite', async (context) => {
  let stores = 0;
  const folder = folderFor(context);
  const open = () => new FileReportStore(join(folder, `${stores++}`, 'made', 'when', 'needed'));
  for (const { name, run } of reportStoreSuite(open)) await context.test(name, run);
});

test('the suite catches a store that forgets', async () => {
  class Forgetful extends MemoryReportStore {
    override add(group: string, item: string, count: number): void {
      super.drop(group);
      super.add(group, item, count);
    }
  }
  const failed: string[] = [];
  for (const { name, run } of reportStoreSuite(() => new Forgetful())) {
    await Promise.resolve(run()).catch(() => failed.push(name));
  }
  assert.deepEqual(failed, ['counts of an item add up', 'additions at the same time are all counted']);
});

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
