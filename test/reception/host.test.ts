/** Handlers at work: at once or later, failing or not, and never for others to catch. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageSink, SmtpHandlers } from 'mailwright/reception';
import { accepted } from 'mailwright/sasl';
import { auth, replies, reply } from 'mailwright/smtp';
import { TestSession } from './session.ts';

const opening = 'EHLO x\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\n';
const sink: MessageSink = { write() {}, end: () => undefined, abort() {} };

test('without handlers everything passes but messages', async () => {
  const session = new TestSession({});
  const said = await session.say(`${opening}DATA\r\nVRFY a\r\nEXPN a\r\nHELP\r\n`);
  assert.deepEqual(said.match(/^\d{3} \d\.\d\.\d/gm), [
    '250 2.1.0',
    '250 2.1.5',
    '554 5.3.2',
    '252 2.1.5',
    '502 5.5.1',
    '214 2.0.0',
  ]);
});

test('each handler is asked, and its word is what the peer reads, now or later', async () => {
  const no = reply(550, '5.7.1', 'No');
  const later = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    return no;
  };
  for (const verdict of [() => no, later]) {
    const handlers: SmtpHandlers = { mail: verdict, vrfy: verdict, expn: verdict, help: verdict };
    const said = await new TestSession(handlers).say(`${opening}VRFY a\r\nEXPN a\r\nHELP\r\n`);
    assert.deepEqual(said.match(/^\d{3} \d\.\d\.\d/gm), [
      '550 5.7.1',
      '503 5.5.1',
      '550 5.7.1',
      '550 5.7.1',
      '550 5.7.1',
    ]);
    assert.match(await new TestSession({ connect: verdict }).say(''), /^550 5\.7\.1 No\r\n$/);
    assert.match(await new TestSession({ helo: verdict }).say('EHLO x\r\n'), /\r\n550 5\.7\.1 No\r\n$/);
    assert.match(await new TestSession({ rcpt: verdict }).say(opening), /\r\n550 5\.7\.1 No\r\n$/);
    assert.match(
      await new TestSession({ data: verdict }).say(`${opening}DATA\r\n`),
      /\r\n550 5\.7\.1 No\r\n$/,
    );
    const end = { data: () => ({ ...sink, end: verdict }) };
    assert.match(await new TestSession(end).say(`${opening}DATA\r\n.\r\n`), /\r\n550 5\.7\.1 No\r\n$/);
  }
});

test('a handler that throws or rejects: 451, the error is told, the session goes on', async () => {
  const failures: readonly (() => never | Promise<never>)[] = [
    () => {
      throw new Error('thrown');
    },
    () => Promise.reject(new Error('rejected')),
  ];
  for (const fail of failures) {
    const places: readonly (readonly [handlers: SmtpHandlers, wire: string])[] = [
      [{ mail: fail }, 'EHLO x\r\nMAIL FROM:<>\r\n'],
      [{ rcpt: fail }, opening],
      [{ vrfy: fail }, 'VRFY a\r\n'],
      [{ data: fail }, `${opening}DATA\r\n`],
      [{ data: () => ({ ...sink, write: fail }) }, `${opening}DATA\r\nx\r\n.\r\n`],
      [{ data: () => ({ ...sink, end: fail }) }, `${opening}DATA\r\nx\r\n.\r\n`],
    ];
    for (const [handlers, wire] of places) {
      const session = new TestSession(handlers);
      assert.match(await session.say(`${wire}NOOP\r\n`), /\r\n451 4\.3\.0 .*\r\n250 2\.0\.0 Ok\r\n$/);
      assert.equal(session.errors.length, 1, wire);
    }
  }
});

test('credentials that fail are a temporary failure (RFC 4954 §6)', async () => {
  const options = { extensions: [auth({ mechanisms: ['PLAIN'], allowCleartext: true })] };
  const wire = 'EHLO x\r\nAUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\r\n';
  const broken = { verifyPassword: () => Promise.reject(new Error('directory down')) };
  const session = new TestSession({ credentials: broken }, options);
  assert.match(await session.say(wire), /\r\n454 4\.7\.0 /);
  assert.equal(session.errors.length, 1);
  assert.match(await new TestSession({}, options).say(wire), /\r\n454 4\.7\.0 /, 'no credentials at all');
  const told: string[] = [];
  const good = new TestSession(
    {
      credentials: { verifyPassword: ({ authcid }) => accepted(authcid) },
      authenticated: ({ identity, mechanism }) => void told.push(`${identity.user} by ${mechanism}`),
    },
    options,
  );
  assert.match(await good.say(wire), /\r\n235 2\.7\.0 /);
  assert.deepEqual(told, ['tim by PLAIN']);
});

test('a sink is ended once or aborted once', async () => {
  const calls: string[] = [];
  const noting: MessageSink = {
    write: (chunk) => void calls.push(`write ${chunk.length}`),
    end: ({ size }) => {
      calls.push(`end ${size}`);
      return undefined;
    },
    abort: (why) => void calls.push(`abort ${why}`),
  };
  const session = new TestSession({ data: () => noting });
  await session.say(`${opening}DATA\r\nx\r\n.\r\n`);
  await session.say('MAIL FROM:<>\r\nRCPT TO:<b@x>\r\nDATA\r\nhalf');
  await session.die();
  assert.deepEqual(calls, ['write 3', 'end 3', 'write 4', 'abort gone']);
});

test('a sink that fails to write is aborted, and the message answered 451 at its end', async () => {
  const calls: string[] = [];
  const session = new TestSession({
    data: () => ({
      write: () => Promise.reject(new Error('disk')),
      end: () => replies.ok,
      abort: (why) => void calls.push(why),
    }),
  });
  assert.match(await session.say(`${opening}DATA\r\n`), /354/);
  assert.equal(await session.say('a\r\n'), '');
  assert.equal(await session.say('b\r\n'), '');
  assert.match(await session.say('.\r\n'), /^451 4\.3\.0 /);
  assert.deepEqual(calls, ['refused']);
  assert.equal(session.errors.length, 1);
});

test('a sink that comes after the peer went is aborted', async () => {
  const calls: string[] = [];
  const { promise, resolve } = Promise.withResolvers<MessageSink>();
  const session = new TestSession({ data: () => promise });
  const said = session.say(`${opening}DATA\r\n`);
  await new Promise((done) => setImmediate(done));
  session.machine.abandon();
  resolve({ ...sink, abort: (why) => void calls.push(why) });
  await said;
  assert.deepEqual(calls, ['gone']);
});

test('what is only told may fail too', async () => {
  const fail = () => {
    throw new Error('log full');
  };
  const session = new TestSession({ violation: fail, close: fail });
  assert.match(await session.say('XYZZY\r\nQUIT\r\n'), /500 5\.5\.2 .*\r\n221 /s);
  assert.equal(session.errors.length, 2);
  // And so may the handler of failures.
  const deaf = new TestSession({ violation: fail, error: fail });
  assert.match(await deaf.say('XYZZY\r\nNOOP\r\n'), /500 5\.5\.2 .*\r\n250 /s);
});

test('a verdict that makes no sense ends the session, not the process', async () => {
  const session = new TestSession({ mail: () => ({ nonsense: true }) as never });
  await session.say('EHLO x\r\nMAIL FROM:<>\r\nNOOP\r\n');
  assert.equal(session.errors.length, 1);
  assert.equal(session.machine.wantsInput, false);
});
