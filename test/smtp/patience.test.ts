/** Patience: how long the server waits, and that no trickle of octets makes it wait longer (RFC 5321 §4.5.3.2). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chunking, defaultPatience } from 'mailwright/smtp';
import { ScriptedHost, transcript } from './scripted-host.ts';

const options = { hostname: 'mx.example.org', extensions: [chunking()] };
const opening = 'HELO x\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.net>\r\n';

function waiting(host: ScriptedHost): string {
  const { why, ms } = host.machine.patience;
  return `${why} ${ms / 1000}`;
}

test('each state has its time (RFC 5321 §4.5.3.2)', () => {
  const host = new ScriptedHost(options);
  assert.equal(waiting(host), 'greeting 300');
  host.converse('HELO x\r\n');
  assert.equal(waiting(host), 'command 300');
  host.converse('MAIL FROM:<>\r\n', { mail: 'later' });
  assert.equal(waiting(host), 'verdict 600');
  host.act('answer', '');
  host.converse('RCPT TO:<b@example.net>\r\nDATA\r\n');
  assert.equal(waiting(host), 'dataStart 120');
  host.converse('S');
  assert.equal(waiting(host), 'dataBlock 180');
  host.converse('ubject: x\r\n\r\n.\r\n', { message: 'later' });
  assert.equal(waiting(host), 'verdict 600');
  host.act('answer', '');
  assert.equal(waiting(host), 'command 300');
  host.converse('QUIT\r\n');
  assert.equal(host.machine.patience.ms, Number.POSITIVE_INFINITY);
  assert.equal(host.machine.lifetime, 1_800_000);
});

test('a host sets its own times, one by one', () => {
  const host = new ScriptedHost({ ...options, patience: { command: 5, session: 7 } });
  host.converse('');
  assert.equal(host.machine.patience.ms, 5);
  assert.equal(host.machine.lifetime, 7);
  assert.equal(defaultPatience.command, 300_000);
});

test('octets of a command, one by one, win no time; a whole command does', () => {
  const host = new ScriptedHost(options);
  host.converse('');
  const { id } = host.machine.patience;
  for (const octet of 'NOOP with a long argument') host.converse(octet);
  for (let count = 0; count < 2000; count++) host.converse('x');
  assert.equal(host.machine.patience.id, id);
  host.converse('\r\n');
  assert.notEqual(host.machine.patience.id, id);
});

for (const [name, begin] of [
  ['DATA', 'DATA\r\n'],
  ['BDAT', 'BDAT 100000\r\n'],
] as const) {
  test(`${name}: octets one by one win no time, a block of 4096 does`, () => {
    const host = new ScriptedHost(options);
    host.converse(opening + begin);
    host.converse('x');
    let { id } = host.machine.patience;
    let renewals = 0;
    for (let count = 0; count < 20_000; count++) {
      host.converse('x');
      if (host.machine.patience.id === id) continue;
      renewals += 1;
      id = host.machine.patience.id;
    }
    assert.ok(renewals >= 4 && renewals <= 5, `${renewals} renewals for 20,000 octets`);
  });
}

test('content that is refused gets no more time than any other', () => {
  const host = new ScriptedHost({ ...options, limits: { message: 10 } });
  host.converse(`${opening}DATA\r\n${'x'.repeat(100)}`);
  const { id, why } = host.machine.patience;
  assert.equal(why, 'dataBlock');
  for (let count = 0; count < 1000; count++) host.converse('x');
  assert.equal(host.machine.patience.id, id);
});

transcript(
  'when time runs out',
  { extensions: [chunking()] },
  `
  == before the host decided on the connection
  ! connect later
  @ expire
  S* 421 4.4.2

  == between commands
  S* 220
  C: NOOP
  @ expire
  S* 250
  S: 421 4.4.2 Timeout, closing connection

  == within content
  S* 220
  C: HELO client.example
  C: MAIL FROM:<>
  C: RCPT TO:<b@example.net>
  C: DATA
  C: half a message
  @ expire
  S* 250
  S* 250
  S* 250
  S* 354
  S* 421 4.4.2

  == within a chunk
  S* 220
  C: HELO client.example
  C: MAIL FROM:<>
  C: RCPT TO:<b@example.net>
  C> BDAT 100\\r\\nhalf
  @ expire
  S* 250
  S* 250
  S* 250
  S* 421 4.4.2

  == a host that is silent on a command: 451, and the session goes on
  S* 220
  C: HELO client.example
  C: MAIL FROM:<>
  ! mail later
  @ expire
  @ answer 250 2.1.0 Too late
  C: MAIL FROM:<>
  S* 250
  S* 451 4.3.0
  S* 250 2.1.0

  == a host that is silent on a message: the peer keeps it
  S* 220
  C: HELO client.example
  C: MAIL FROM:<>
  C: RCPT TO:<b@example.net>
  C: DATA
  C: .
  ! message later
  @ expire
  @ answer 250 2.0.0 Too late
  C: MAIL FROM:<>
  S* 250
  S* 250
  S* 250
  S* 354
  S* 451 4.3.0
  S* 250 2.1.0
  `,
);
