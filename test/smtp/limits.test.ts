/** Limits: what one peer may use up, and that it is told so. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dsn, limits as limitsExtension, pipelining, type SmtpLimits, size } from 'mailwright/smtp';
import { codesOf } from './replies.ts';
import { ScriptedHost, transcript } from './scripted-host.ts';

function hostWith(limits: Partial<SmtpLimits>): ScriptedHost {
  return new ScriptedHost({
    hostname: 'mx.example.org',
    extensions: [pipelining(), limitsExtension(), size(), dsn()],
    limits,
  });
}

const codes = (said: string) => codesOf(Buffer.from(said));

test('a command line has at most 512 octets, and what extensions add (RFC 5321 §4.5.3.1.4)', () => {
  const plain = () => new ScriptedHost({ hostname: 'mx.example.org' });
  assert.deepEqual(codes(plain().converse(`NOOP ${'x'.repeat(505)}\r\n`)), [220, 250]);
  assert.deepEqual(codes(plain().converse(`NOOP ${'x'.repeat(506)}\r\n`)), [220, 500]);
  // SIZE adds 26 octets (RFC 1870 §3).
  const sized = () => new ScriptedHost({ hostname: 'mx.example.org', extensions: [size()] });
  assert.deepEqual(codes(sized().converse(`NOOP ${'x'.repeat(531)}\r\n`)), [220, 250]);
  assert.deepEqual(codes(sized().converse(`NOOP ${'x'.repeat(532)}\r\n`)), [220, 500]);
});

test('a line that is too long is read to its end, however long and however cut', () => {
  for (const piece of [1, 7, 512, 4096, 70_000]) {
    const host = new ScriptedHost({ hostname: 'mx.example.org' });
    const wire = `NOOP ${'x'.repeat(60_000)}\r\nNOOP\r\n`;
    let said = '';
    for (let at = 0; at < wire.length; at += piece) said += host.converse(wire.slice(at, at + piece));
    assert.deepEqual(codes(said), [220, 500, 250], `in pieces of ${piece}`);
    assert.deepEqual(host.told.slice(1), [{ type: 'violation', kind: 'line-too-long' }]);
  }
});

test('a line that is too long and holds a lone CR is one of the two, however it is cut', () => {
  const wire = `NOOP \r${'x'.repeat(600)}\r\nNOOP\r\n`;
  for (let at = 0; at < wire.length; at++) {
    const host = new ScriptedHost({ hostname: 'mx.example.org' });
    assert.deepEqual(
      codes(host.converse(wire.slice(0, at)) + host.converse(wire.slice(at))),
      [220, 500, 250],
    );
  }
});

test('content that is too large and holds a lone LF is one of the two, however it is cut', () => {
  const wire = `DATA\r\n${'x'.repeat(50)}\nx\r\n.\r\n`;
  for (let at = 0; at < wire.length; at++) {
    const host = hostWith({ message: 10 });
    host.converse('EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.net>\r\n');
    assert.deepEqual(codes(host.converse(wire.slice(0, at)) + host.converse(wire.slice(at))), [354, 550]);
    assert.equal(host.types.filter((type) => type === 'reset').length, 1);
  }
});

test('recipients of one message: 452 for those beyond, the others stand (RFC 5321 §4.5.3.1.10)', () => {
  const host = hostWith({ recipients: 2 });
  host.converse('EHLO x\r\nMAIL FROM:<>\r\n');
  const said = host.converse(
    'RCPT TO:<a@x>\r\nRCPT TO:<b@x>\r\nRCPT TO:<c@x>\r\nRSET\r\nMAIL FROM:<>\r\nRCPT TO:<c@x>\r\n',
  );
  assert.deepEqual([...said.matchAll(/^\d{3} \d\.\d\.\d/gm)].flat(), [
    '250 2.1.5',
    '250 2.1.5',
    '452 4.5.3',
    '250 2.0.0',
    '250 2.1.0',
    '250 2.1.5',
  ]);
});

test('recipients that were refused do not count', () => {
  const host = hostWith({ recipients: 1 });
  host.converse('EHLO x\r\nMAIL FROM:<>\r\n');
  assert.deepEqual(codes(host.converse('RCPT TO:<a@x>\r\n', { rcpt: '550 5.1.1 No' })), [550]);
  assert.deepEqual(codes(host.converse('RCPT TO:<b@x>\r\nRCPT TO:<c@x>\r\n')), [250, 452]);
});

test('domains of the recipients, compared without regard to case and A-labels (RFC 9422 §4.3)', () => {
  const host = hostWith({ recipientDomains: 2 });
  host.converse('EHLO x\r\nMAIL FROM:<>\r\n');
  const said = host.converse(
    'RCPT TO:<a@X.example>\r\nRCPT TO:<b@x.EXAMPLE>\r\nRCPT TO:<c@y.example>\r\nRCPT TO:<d@z.example>\r\nRCPT TO:<e@y.example>\r\n',
  );
  assert.deepEqual(codes(said), [250, 250, 250, 452, 250]);
});

test('transactions in one session: 421 for the next (RFC 9422 §4.1)', () => {
  const host = hostWith({ transactions: 2 });
  host.converse('EHLO x\r\n');
  assert.deepEqual(
    codes(host.converse('MAIL FROM:<>\r\nRSET\r\nMAIL FROM:<>\r\nRSET\r\nMAIL FROM:<>\r\nNOOP\r\n')),
    [250, 250, 250, 250, 421],
  );
  assert.deepEqual(host.types.at(-1), 'close');
});

test('commands without use between two messages', () => {
  const host = hostWith({ idleCommands: 3 });
  assert.deepEqual(
    codes(host.converse('HELO x\r\nNOOP\r\nRSET\r\nVRFY a\r\nQUIT\r\n')),
    [220, 250, 250, 250, 421],
  );
  assert.deepEqual(host.told.slice(-2), [
    { type: 'violation', kind: 'too-many-commands' },
    { type: 'close', why: 'violation' },
  ]);
});

test('a message sent sets that count back', () => {
  const host = hostWith({ idleCommands: 3 });
  const message = 'MAIL FROM:<>\r\nRCPT TO:<a@x>\r\nDATA\r\n.\r\n';
  const said = host.converse(
    `HELO x\r\nNOOP\r\n${message}NOOP\r\nNOOP\r\nNOOP\r\n${message}NOOP\r\nQUIT\r\n`,
  );
  assert.equal(codes(said).at(-1), 221);
});

test('errors in one session', () => {
  const host = hostWith({ errors: 3 });
  assert.deepEqual(codes(host.converse('XYZZY\r\nMAIL\r\nHELO\r\nNOOP\r\n')), [220, 500, 503, 421]);
  assert.deepEqual(host.told.slice(1), [
    { type: 'violation', kind: 'unknown-command' },
    { type: 'violation', kind: 'sequence' },
    { type: 'violation', kind: 'syntax' },
    { type: 'violation', kind: 'too-many-errors' },
    { type: 'close', why: 'violation' },
  ]);
});

test('the refusals of the host are no errors of the peer', () => {
  const host = hostWith({ errors: 2 });
  host.converse('EHLO x\r\nMAIL FROM:<>\r\n');
  const said = host.converse('RCPT TO:<a@x>\r\n'.repeat(10), { rcpt: '550 5.1.1 No' });
  assert.deepEqual(codes(said), Array(10).fill(550));
});

test('a message declared too large is told by its own word', () => {
  const host = hostWith({ message: 10 });
  host.converse('EHLO x\r\n');
  assert.deepEqual(codes(host.converse('MAIL FROM:<> SIZE=11\r\n')), [552]);
  assert.deepEqual(host.told.at(-1), { type: 'violation', kind: 'too-big' });
});

transcript(
  'parameters that come too often, or in too long a line',
  { extensions: [dsn()] },
  `
  S* 220
  C: EHLO client.example
  S* 250-
  S* 250-
  S* 250
  C: MAIL FROM:<> RET=HDRS RET=HDRS
  C: MAIL FROM:<> ${'X'.repeat(600)}=1
  C: MAIL FROM:<> ${'RET=HDRS '.repeat(80)}
  S* 501 5.5.4
  S* 555 5.5.4
  S* 501 5.5.4
  `,
);
