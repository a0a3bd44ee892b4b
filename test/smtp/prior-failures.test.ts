/** What other servers got wrong, each once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chunking, lmtp, size, smtputf8 } from 'mailwright/smtp';
import { codesOf } from './replies.ts';
import { ScriptedHost } from './scripted-host.ts';

const hostname = 'mx.example.org';
const transaction = 'HELO x\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\n';
const codes = (said: string) => codesOf(Buffer.from(said));

test('SIZE advertised but not enforced: the limit bites while content comes, and the session keeps its place', () => {
  const host = new ScriptedHost({ hostname, extensions: [size(), chunking()], limits: { message: 100 } });
  host.converse(`${transaction}DATA\r\n`);
  let said = '';
  for (let line = 0; line < 100; line++) said += host.converse(`${'x'.repeat(48)}\r\n`);
  assert.equal(said, '', 'nothing is said before the end');
  assert.deepEqual(host.types.slice(-2), ['violation', 'reset']);
  assert.deepEqual(codes(host.converse('.\r\nNOOP\r\n')), [552, 250]);
  assert.equal(host.messages.length, 0);
});

test('SIZE: a message of exactly the limit is taken, dots that were stuffed do not count (RFC 1870 §3)', () => {
  const host = new ScriptedHost({ hostname, extensions: [size()], limits: { message: 10 } });
  assert.deepEqual(codes(host.converse(`${transaction}DATA\r\n..\r\n..\r\n1234\r\n.\r\n`)).at(-1), 552);
  assert.deepEqual(
    codes(host.converse('MAIL FROM:<>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n..\r\n..\r\n12\r\n.\r\n')).at(-1),
    250,
  );
  assert.equal(host.messages[0]?.content.length, 10);
});

test('SIZE believed: a message larger than was declared is still taken up to the limit (RFC 1870 §6.3)', () => {
  const host = new ScriptedHost({ hostname, extensions: [size()], limits: { message: 100 } });
  host.converse('EHLO x\r\nMAIL FROM:<> SIZE=1\r\nRCPT TO:<b@example.net>\r\n');
  assert.deepEqual(codes(host.converse('DATA\r\nmore than one octet\r\n.\r\n')), [354, 250]);
});

test('one LMTP result for all: each recipient has its own (RFC 2033 §4.2)', () => {
  const host = new ScriptedHost({ hostname, ...lmtp });
  host.converse(
    'LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@example.net>\r\nRCPT TO:<b@example.net>\r\nRCPT TO:<c@example.net>\r\n',
  );
  const said = host.converse('DATA\r\n.\r\n', { message: 'ok | 452 4.2.2 Full | 550 5.2.1 Closed' });
  assert.deepEqual(codes(said), [354, 250, 452, 550]);
});

test('a crash on reset in DATA: the connection dies at every octet of a transaction', () => {
  const wire = `${transaction}DATA\r\nSubject: x\r\n\r\n..\r\n.\r\nBDAT 4\r\nabcdRSET\r\n${transaction}BDAT 4\r\nabcdBDAT 3 LAST\r\nefg`;
  for (let at = 0; at <= wire.length; at++) {
    for (const end of ['abandon', 'receiveEnd', 'expire'] as const) {
      const host = new ScriptedHost({ hostname, extensions: [chunking()] });
      host.converse(wire.slice(0, at));
      host.machine[end]();
      host.settle();
      host.machine.takeOutput();
      assert.deepEqual(
        host.told.filter((event) => (event as { type: string }).type === 'close').length,
        1,
        `${end} at ${at}`,
      );
      assert.equal(host.types.at(-1), 'close');
      balanced(host);
      // Nothing that happens later matters.
      host.machine.receive(Buffer.from('NOOP\r\n'));
      host.machine.receiveEnd();
      host.machine.expire();
      host.machine.shutdown();
      assert.equal(host.machine.next(), null);
      assert.deepEqual(host.machine.takeOutput(), []);
    }
  }
});

test('a leak on abort in the middle of BDAT: whatever ends the transaction is told once', () => {
  const endings: readonly (readonly [wire: string, why: string])[] = [
    ['RSET\r\n', 'reset'],
    ['HELO y\r\n', 'reset'],
    ['QUIT\r\n', 'reset'],
    ['BDAT 2 LAST\r\n\r\r', 'refused'],
    ['BDAT 100 LAST\r\n', 'refused'],
    ['BDAT x\r\n', 'gone'],
    ['NOOP\n', 'gone'],
    ['BDAT 9\r\nha', 'gone'],
  ];
  for (const [wire, why] of endings) {
    const host = new ScriptedHost({ hostname, extensions: [chunking()], limits: { message: 50 } });
    host.converse(`${transaction}BDAT 4\r\nabcd${wire}`);
    host.machine.abandon();
    host.settle();
    const resets = host.told.filter((event) => (event as { type: string }).type === 'reset');
    assert.deepEqual(resets, [{ type: 'reset', why }], JSON.stringify(wire));
    balanced(host);
  }
});

test('a connection that dies while the host thinks: the question is withdrawn, the transaction told over', () => {
  for (const question of ['data', 'message', 'rcpt']) {
    const host = new ScriptedHost({ hostname });
    host.converse(`${transaction}DATA\r\n.\r\n`, { [question]: 'later' });
    assert.ok(host.machine.parked, question);
    host.machine.abandon();
    host.settle();
    host.act('answer', '250 2.0.0 Too late');
    assert.deepEqual(host.late, [false]);
    assert.deepEqual(host.told.slice(-2), [
      { type: 'reset', why: 'gone' },
      { type: 'close', why: 'gone' },
    ]);
    assert.equal(host.machine.takeOutput().length, 0);
  }
});

test('CVE-2019-16928 (Exim) and its like: an EHLO of any length is one error, not an overflow', () => {
  for (const length of [255, 256, 4095, 4096, 65_536, 1_000_000]) {
    const host = new ScriptedHost({ hostname });
    assert.deepEqual(codes(host.converse(`EHLO ${'a'.repeat(length)}\r\nNOOP\r\n`)).slice(1), [
      length > 505 ? 500 : 501,
      250,
    ]);
  }
});

test('UTF-8 cut off in the middle of a character is refused, not guessed at', () => {
  const host = new ScriptedHost({ hostname, extensions: [smtputf8()] });
  host.converse('EHLO x\r\n');
  const broken = Buffer.from('MAIL FROM:<\xc3@example.org> SMTPUTF8\r\n', 'latin1');
  assert.deepEqual(codes(host.converse(broken)), [500]);
});

/** Each transaction that was opened to content ends in a message or in one reset, and no other is reset twice. */
function balanced({ types }: ScriptedHost): void {
  const count = (name: string) => types.filter((type) => type === name).length;
  assert.ok(count('data') <= count('reset') + count('message'), types.join(' '));
  assert.ok(count('reset') <= count('mail'), types.join(' '));
}
