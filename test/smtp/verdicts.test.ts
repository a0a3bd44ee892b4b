/** Answers of the host: on time, too late, twice, to the wrong machine; and farewells. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MachineMisuse } from 'mailwright/machine';
import { type ConnectEvent, type MailEvent, SmtpServerMachine } from 'mailwright/smtp';
import { connection, ScriptedHost, transcript } from './scripted-host.ts';

/** A machine whose MAIL waits for its verdict. */
function asked(): { machine: SmtpServerMachine; event: MailEvent } {
  const machine = new SmtpServerMachine({ hostname: 'mx.example.org' }, connection);
  machine.receive(Buffer.from('HELO x\r\nMAIL FROM:<>\r\nNOOP\r\n'));
  for (let event = machine.next(); event !== null; event = machine.next()) {
    if (event.type === 'mail') return { machine, event };
    if (event.type === 'connect' || event.type === 'helo') machine.answer(event, undefined);
  }
  return assert.fail('MAIL was not asked');
}

test('while the host thinks, nothing is read and nothing happens', () => {
  const { machine, event } = asked();
  machine.takeOutput();
  assert.equal(machine.parked, true);
  assert.equal(machine.wantsInput, false);
  assert.equal(machine.holdsInput, true);
  assert.equal(machine.next(), null);
  assert.deepEqual(machine.takeOutput(), []);
  assert.equal(machine.answer(event, undefined), true);
  assert.equal(machine.next(), null);
  assert.match(Buffer.concat(machine.takeOutput()).toString(), /^250 2\.1\.0 .*\r\n250 2\.0\.0 .*\r\n$/);
  assert.equal(machine.wantsInput, true);
  assert.equal(machine.holdsInput, false);
});

test('a second answer, an answer to an event of another machine, and one to nobody are misuse', () => {
  const { machine, event } = asked();
  const other = asked();
  assert.throws(() => machine.answer(other.event, undefined), MachineMisuse);
  assert.equal(machine.answer(event, undefined), true);
  assert.throws(() => machine.answer(event, undefined), { name: 'MachineMisuse', code: 'MACHINE_MISUSE' });
  const invented: ConnectEvent = { type: 'connect' };
  assert.throws(() => machine.answer(invented, undefined), MachineMisuse);
  assert.equal(other.machine.answer(other.event, undefined), true);
});

test('an answer that comes too late is no misuse, however often it comes', () => {
  for (const end of ['abandon', 'expire'] as const) {
    const { machine, event } = asked();
    machine[end]();
    assert.equal(machine.answer(event, undefined), false);
    assert.equal(machine.answer(event, undefined), false);
  }
});

test('the peer half-closes while the host thinks: the answer still goes out', () => {
  const { machine, event } = asked();
  machine.takeOutput();
  machine.receiveEnd();
  assert.equal(machine.next(), null);
  assert.equal(machine.answer(event, undefined), true);
  assert.deepEqual(machine.next(), { type: 'reset', why: 'gone' });
  assert.deepEqual(machine.next(), { type: 'close', why: 'gone' });
  assert.match(Buffer.concat(machine.takeOutput()).toString(), /^250 2\.1\.0 .*\r\n250 2\.0\.0/);
});

transcript(
  'a farewell waits for the transaction in hand (RFC 5321 §3.8)',
  {},
  `
  == between transactions: at once
  S* 220
  C: HELO client.example
  @ shutdown
  C: NOOP
  S* 250
  S* 421 4.3.2

  == within one: after its message
  S* 220
  C: HELO client.example
  C: MAIL FROM:<>
  @ shutdown
  C: RCPT TO:<b@example.net>
  C: DATA
  C: x
  C: .
  C: MAIL FROM:<>
  S* 250
  S* 250
  S* 250
  S* 354
  S* 250 2.0.0
  S* 421 4.3.2

  == within one: after RSET
  S* 220
  C: HELO client.example
  C: MAIL FROM:<>
  @ shutdown
  C: RSET
  S* 250
  S* 250
  S* 250
  S* 421 4.3.2

  == while the host thinks: after its word
  S* 220
  C: HELO client.example
  C: MAIL FROM:<>
  C: RCPT TO:<b@example.net>
  C: DATA
  C: .
  ! message later
  @ shutdown
  @ answer 250 2.0.0 Safe
  S* 250
  S* 250
  S* 250
  S* 354
  S: 250 2.0.0 Safe
  S* 421 4.3.2

  == before the greeting: the peer is let in and sent away
  ! connect later
  @ shutdown
  @ answer
  S* 220
  S* 421 4.3.2
  `,
);

test('events of a talker that did not wait for the greeting', () => {
  const host = new ScriptedHost({ hostname: 'mx.example.org' });
  host.machine.receive(Buffer.from('EHLO x\r\n'));
  host.settle();
  assert.deepEqual(host.told.slice(0, 2), [{ type: 'connect' }, { type: 'violation', kind: 'early-talker' }]);
});

test('the protocol keyword for a Received field (RFC 3848 §2, RFC 6531 §4.3)', () => {
  const tls = { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' };
  const protocolOf = (greeting: string, from = connection, protocol: 'smtp' | 'lmtp' = 'smtp') => {
    const host = new ScriptedHost({ hostname: 'mx.example.org', protocol }, from);
    host.converse(greeting);
    return [host.machine.session.protocol(), host.machine.session.protocol(true)];
  };
  assert.deepEqual(protocolOf(''), ['SMTP', 'SMTP']);
  assert.deepEqual(protocolOf('HELO x\r\n'), ['SMTP', 'SMTP']);
  assert.deepEqual(protocolOf('EHLO x\r\n'), ['ESMTP', 'UTF8SMTP']);
  assert.deepEqual(protocolOf('EHLO x\r\n', { ...connection, tls }), ['ESMTPS', 'UTF8SMTPS']);
  assert.deepEqual(protocolOf('LHLO x\r\n', { ...connection, tls }, 'lmtp'), ['LMTPS', 'UTF8LMTPS']);
});
