/** Several modules as one: who is asked, whose word counts, what is noted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeliveryHooks } from 'mailwright/delivery';
import { combineModules, type MailModule, ModuleMisuse } from 'mailwright/modules';
import { spoolTo } from 'mailwright/reception';
import { mx, type Reply, replies, reply } from 'mailwright/smtp';
import { type Context, MemorySpool } from 'mailwright/spool';
import { TestSession } from '../reception/session.ts';

const opening = 'EHLO client.example\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\n';
const agreed = reply(250, '2.1.5', 'Welcome');

/** What a server with these modules answers to RCPT, and which modules were asked. */
async function rcpt(verdicts: readonly (Reply | undefined | Promise<Reply | undefined>)[]) {
  const asked: number[] = [];
  const modules = verdicts.map(
    (verdict, index): MailModule => ({
      name: `m${index}`,
      reception: {
        rcpt() {
          asked.push(index);
          return verdict;
        },
      },
    }),
  );
  const session = new TestSession({ ...combineModules(modules).handlers }, mx);
  const said = await session.say(opening);
  return { asked, said: said.split('\r\n').at(-2) };
}

test('a refusal ends the asking; agreement, at once or later, does not', async () => {
  const usual = '250 2.1.5 Recipient ok';
  const refusal = '550 5.1.1 No such user here';
  assert.deepEqual(await rcpt([]), { asked: [], said: usual });
  assert.deepEqual(await rcpt([undefined, undefined]), { asked: [0, 1], said: usual });
  assert.deepEqual(await rcpt([agreed, undefined]), { asked: [0, 1], said: '250 2.1.5 Welcome' });
  assert.deepEqual(await rcpt([agreed, replies.noSuchUser, undefined]), { asked: [0, 1], said: refusal });
  assert.deepEqual(await rcpt([Promise.resolve(agreed), Promise.resolve(undefined), undefined]), {
    asked: [0, 1, 2],
    said: '250 2.1.5 Welcome',
  });
  assert.deepEqual(await rcpt([Promise.resolve(replies.noSuchUser), undefined]), {
    asked: [0],
    said: refusal,
  });
});

test('what is noted while a message comes in is in its context, from every module', async () => {
  const spool = new MemorySpool();
  const { handlers, judge } = combineModules([
    {
      name: 'early',
      reception: {
        connect({ metadata }) {
          metadata['early'] = { since: 1 };
          return undefined;
        },
        message: () => ({ verdicts: { early: 'fine' } }),
      },
    },
    {
      name: 'late',
      reception: { message: async ({ size }) => ({ metadata: { late: size }, verdicts: { late: 'fine' } }) },
    },
  ]);
  const session = new TestSession({ ...handlers, ...spoolTo(spool, { judge }) }, mx);
  await session.say(`${opening}DATA\r\nx\r\n.\r\n`);
  const [id = ''] = await spool.waitForCount(1);
  const { metadata, verdicts } = await spool.context(id);
  assert.deepEqual(metadata, { early: { since: 1 }, late: 3 });
  assert.deepEqual(verdicts, { early: 'fine', late: 'fine' });
});

test('a module refuses a whole message', async () => {
  const spool = new MemorySpool();
  const { handlers, judge } = combineModules([
    { name: 'strict', reception: { message: () => replies.messageRefused } },
    { name: 'never', reception: { message: () => assert.fail('asked after a refusal') } },
  ]);
  const session = new TestSession({ ...handlers, ...spoolTo(spool, { judge }) }, mx);
  assert.match(await session.say(`${opening}DATA\r\nx\r\n.\r\n`), /554 5\.7\.1 Message refused\r\n$/);
  assert.equal(await spool.count(), 0);
});

const context = { id: 'one', metadata: {} } as unknown as Context;
const notice = { context, recipients: [], kind: 'mx', destination: 'example.net', number: 1 } as const;

function hooksOf(...hooks: DeliveryHooks[]): DeliveryHooks {
  return combineModules(hooks.map((delivery, index) => ({ name: `m${index}`, delivery }))).hooks;
}

test('patches of all hooks are merged, and an outcome in place of the attempt ends the asking', async () => {
  const first: DeliveryHooks = { attempt: () => ({ metadata: { a: 1, b: 1 } }) };
  const second: DeliveryHooks = { attempt: async () => ({ metadata: { b: 2 }, verdicts: { c: 3 } }) };
  assert.deepEqual(await hooksOf(first, second).attempt?.(notice), {
    metadata: { a: 1, b: 2 },
    verdicts: { c: 3 },
  });
  const failed = { result: 'failed', status: '5.7.1', text: 'not this one' } as const;
  assert.deepEqual(await hooksOf({ attempt: () => failed }, second).attempt?.(notice), failed);
});

test('a hook that nobody has is left out', () => {
  assert.deepEqual(Object.keys(hooksOf({ restored: () => undefined })), ['restored', 'error']);
});

test('a hook that fails is reported, and silences no other', async () => {
  const told: unknown[] = [];
  const hooks = hooksOf(
    {
      requeued() {
        throw new Error('mine');
      },
      error: (error, id) => void told.push(error, id),
    },
    { requeued: async () => ({ metadata: { a: 1 } }) },
  );
  assert.deepEqual(await hooks.requeued?.(context), { metadata: { a: 1 } });
  assert.deepEqual(told, [new Error('mine'), 'one']);
});

test('two modules of one name would overwrite each other', () => {
  assert.throws(() => combineModules([{ name: 'a' }, { name: 'a' }]), ModuleMisuse);
});

test('a notice goes to every module, also behind one that throws, and the host is told of that', async () => {
  const told: string[] = [];
  const { handlers } = combineModules([
    {
      name: 'faulty',
      reception: {
        close() {
          throw new Error('a defect');
        },
      },
    },
    { name: 'counter', reception: { close: () => void told.push('close') } },
  ]);
  const session = new TestSession({ ...handlers }, mx);
  await session.say('QUIT\r\n');
  assert.deepEqual(told, ['close']);
  assert.deepEqual(session.errors.map(String), ['Error: a defect']);
});
