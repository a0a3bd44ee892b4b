/** What a queued message costs in memory; a process of its own, so that nothing else is counted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ulids } from 'mailwright/spool';
import { Catalog } from '../../src/spool/file/catalog.ts';
import { Segment } from '../../src/spool/file/segment.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

test('less than 300 octets for each message, with its context updated once', () => {
  const count = 200_000;
  const segment = new Segment('', 1, '0'.repeat(16));
  const nextId = ulids();
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const catalog = new Catalog();
  for (let i = 0; i < count; i++) {
    // As the journal gives it: text and numbers of its own.
    const id = Buffer.from(nextId()).toString('latin1');
    const record = { id, due: 1_800_000_000_000 + i, priority: 0, bodySize: 1000 };
    catalog.apply({ ...record, kind: 'mail' }, { segment, at: i * 100, contextSize: 600 });
    catalog.apply(
      { ...record, kind: 'edit', due: record.due + 60_000 },
      { segment, at: i * 100 + 50, contextSize: 600 },
    );
  }
  collectGarbage();
  const each = (process.memoryUsage().heapUsed - before) / count;
  assert.equal(catalog.entries.size, count);
  assert.ok(each > 50 && each < 300, `${each.toFixed(0)} octets`);
});
