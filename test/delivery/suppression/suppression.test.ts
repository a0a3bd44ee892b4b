import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import {
  FileSuppressionList,
  MemorySuppressionList,
  type Route,
  type RoutedRecipient,
  type Suppression,
  suppressBounced,
  suppressing,
  suppressionKey,
} from 'mailwright/delivery';
import { parseMessage } from 'mailwright/mime';
import { bouncesOf } from 'mailwright/reports';
import { classifyBounce } from 'mailwright/smtp';
import { suppressionListSuite } from 'mailwright/testing';
import { messageFrom, noticeOf, refused } from '../notice/messages.ts';

const day = 86_400_000;
const noon = Date.UTC(2026, 4, 1, 12);
const folder = mkdtempSync(join(tmpdir(), 'mailwright-suppression-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newPath = () => join(folder, 'made', `${++files}`);

const entry = (address: string, more: Partial<Suppression> = {}): Suppression => ({
  address,
  reason: 'no-such-user',
  at: noon,
  ...more,
});

for (const { name, run } of suppressionListSuite(() => new MemorySuppressionList()))
  test(`memory: ${name}`, run);
for (const { name, run } of suppressionListSuite(() => FileSuppressionList.open(newPath(), noon))) {
  test(`file: ${name}`, run);
}

test('the suite catches a list that takes each spelling for an address', async () => {
  class Literal extends MemorySuppressionList {
    override find(address: string, now: number): Suppression | undefined {
      return [...this.list(now)].find((each) => each.address === address);
    }
  }
  const failed: string[] = [];
  for (const { name, run } of suppressionListSuite(() => new Literal())) {
    await run().catch(() => failed.push(name));
  }
  assert.deepEqual(failed, ['the last entry of an address counts, however the address is spelt']);
});

test('in memory the oldest makes room', () => {
  const list = new MemorySuppressionList(2);
  for (const name of ['a', 'b', 'a', 'c']) list.add(entry(`${name}@example.net`));
  assert.deepEqual(
    [...list.list(noon)].map(({ address }) => address),
    ['a@example.net', 'c@example.net'],
  );
  assert.equal(list.size, 2);
});

describe('the file', () => {
  test('law: opened again it has what it had', async () => {
    const name = fc.constantFrom('a', 'b', 'c');
    const until = fc.constantFrom(undefined, noon - 1, noon + 1);
    const change = fc.record({ name, remove: fc.boolean(), until });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 12 }), async (changes) => {
        const path = newPath();
        const list = await FileSuppressionList.open(path, noon);
        for (const { name, remove, until } of changes) {
          const address = `${name}@example.net`;
          if (remove) await list.remove(address);
          else await list.add(entry(address, until === undefined ? {} : { until }));
        }
        const again = await FileSuppressionList.open(path, noon);
        assert.deepEqual([...again.list(noon)], [...list.list(noon)]);
      }),
      { numRuns: 30 },
    );
  });

  test('a line torn by a crash costs itself', async () => {
    const path = newPath();
    await (await FileSuppressionList.open(path, noon)).add(entry('a@example.net'));
    appendFileSync(path, '{"address":"b@exam');
    const list = await FileSuppressionList.open(path, noon);
    await list.add(entry('c@example.net'));
    const again = await FileSuppressionList.open(path, noon);
    assert.deepEqual(
      [...again.list(noon)].map(({ address }) => address),
      ['a@example.net', 'c@example.net'],
    );
  });

  test('other lines are passed over', async () => {
    const path = join(folder, 'strange');
    const good = JSON.stringify(entry('a@example.net'));
    const bad = [
      'null',
      '[]',
      '{"address":1}',
      '{"removed":1}',
      '{"address":"b","reason":"x","at":1,"until":"x"}',
    ];
    writeFileSync(path, [good, ...bad].join('\n'));
    assert.equal([...(await FileSuppressionList.open(path, noon)).list(noon)].length, 1);
  });

  test('cost: however often entries change, it stays as large as what it holds', async () => {
    const path = newPath();
    const list = await FileSuppressionList.open(path, noon);
    for (let i = 0; i < 2000; i++) await list.add(entry('a@example.net', { at: i }));
    assert.ok(readFileSync(path, 'utf8').split('\n').length < 2000);
    const again = await FileSuppressionList.open(path, noon);
    assert.equal(again.find('a@example.net', noon)?.at, 1999);
  });

  test('what cannot be written is told, and the list goes on', async () => {
    const list = await FileSuppressionList.open(join(folder, 'gone', 'list'), noon);
    rmSync(join(folder, 'gone'), { recursive: true });
    await assert.rejects(list.add(entry('a@example.net')), { code: 'ENOENT' });
    assert.ok(list.find('a@example.net', noon));
    await assert.rejects(FileSuppressionList.open(folder, noon), { code: 'EISDIR' });
  });
});

test('spellings of one address', () => {
  assert.equal(suppressionKey('"Sam"@BÜCHER.example'), 'sam@xn--bcher-kva.example');
  assert.equal(suppressionKey('sam@[192.0.2.1]'), 'sam@[192.0.2.1]');
  assert.equal(suppressionKey('Postmaster'), 'postmaster');
});

const clock = { now: () => noon, after: () => () => {} };

test('a router that sends nothing to them (RFC 3463 §3.8)', () => {
  const list = new MemorySuppressionList();
  const route = { kind: 'mx' } as Route;
  const router = suppressing(() => route, list, clock);
  const context = messageFrom('zoe@example.com', [{ path: 'Sam@example.net' }]);
  const recipient: RoutedRecipient = { path: 'Sam@example.net', place: 0, domain: 'example.net' };
  assert.equal(router(recipient, context), route);
  list.add(entry('sam@example.net'));
  const text = 'Not sent: this address is suppressed since 2026-05-01 (no-such-user)';
  assert.deepEqual(router(recipient, context), {
    kind: 'none',
    outcome: { result: 'failed', status: '5.7.1', text },
  });
  assert.equal(classifyBounce({ status: '5.7.1', text }).kind, 'soft', 'it does not suppress itself anew');
});

describe('bounces', () => {
  const context = messageFrom('zoe@example.com', [{ path: 'sam@example.net' }]);
  const notice = { ...noticeOf(context, 0, refused), context, outcome: refused, number: 1 };
  const full = {
    ...refused,
    status: '5.2.2',
    reply: { code: 552, enhanced: '5.2.2', lines: ['full'] },
  } as const;
  const nxdomain = { result: 'failed', status: '5.1.2', text: 'There is no such domain' } as const;

  test('of our own attempts: those that lie in the address, for ninety days', async () => {
    const list = new MemorySuppressionList();
    const feed = suppressBounced(list, { clock });
    await feed.failed({ ...notice, outcome: full });
    assert.equal(list.size, 0);
    await feed.failed(notice);
    assert.deepEqual(list.find('sam@example.net', noon), {
      address: 'sam@example.net',
      reason: 'no-such-user',
      at: noon,
      until: noon + 90 * day,
      text: 'No such user',
    });
    await feed.failed({ ...notice, outcome: nxdomain });
    assert.equal(list.find('sam@example.net', noon)?.reason, 'no-such-domain');
  });

  test('as the host has it', async () => {
    const list = new MemorySuppressionList();
    const period = ({ reason }: { reason: string }) =>
      reason === 'mailbox-full' ? day : Number.POSITIVE_INFINITY;
    const feed = suppressBounced(list, { clock, period });
    await feed.failed({ ...notice, outcome: full });
    assert.equal(list.find('sam@example.net', noon)?.until, noon + day);
    await feed.failed(notice);
    assert.equal(list.find('sam@example.net', noon)?.until, undefined);
  });

  test('from reports that came in; what is still being tried, or no address, is left alone', async () => {
    const list = new MemorySuppressionList();
    const report = parseMessage(
      Buffer.from(
        [
          ...['Content-Type: message/delivery-status', '', 'Reporting-MTA: dns; mx.example.net', ''],
          ...['Final-Recipient: rfc822; sam@example.net', 'Action: failed', 'Status: 5.1.1', ''],
          ...[
            `Final-Recipient: rfc822; ${'x'.repeat(500)}@example.net`,
            'Action: failed',
            'Status: 5.1.1',
            '',
          ],
          ...['Final-Recipient: rfc822; kim@example.net', 'Action: delayed', 'Status: 5.1.1', ''],
        ].join('\r\n'),
      ),
    );
    await suppressBounced(list, { clock }).reported(bouncesOf(report));
    assert.deepEqual(
      [...list.list(noon)].map(({ address }) => address),
      ['sam@example.net'],
    );
  });
});
