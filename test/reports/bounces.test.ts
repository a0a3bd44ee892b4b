/** Mail that came back, in the forms in which it comes. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseMessage } from 'mailwright/mime';
import { bouncesOf } from 'mailwright/reports';

const lines = (...all: readonly string[]) => all.join('\r\n');

function facts(text: string): string[] {
  return bouncesOf(parseMessage(Buffer.from(text))).map(
    ({ address, action, bounce }) => `${address} ${action} ${bounce.kind} ${bounce.reason}`,
  );
}

function report(text: string, ...fields: readonly string[]): string {
  return lines(
    'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
    ...['', '--b', '', text, '--b', 'Content-Type: message/delivery-status', ''],
    ...['Reporting-MTA: dns; mx.example.net', '', ...fields, '', '--b--', ''],
  );
}

describe('delivery status notifications (RFC 3464)', () => {
  test('the address is the one that the sender wrote (RFC 3464 §2.3.1)', () => {
    const text = report(
      'Sorry',
      ...['Original-Recipient: rfc822;Sam@example.org', 'Final-Recipient: rfc822;<sam@box.example.net>'],
      ...[
        'Action: failed',
        'Status: 5.1.1',
        '',
        'Final-Recipient: rfc822;<kim@example.net>',
        'Action: failed',
      ],
      ...[
        'Status: 5.0.0',
        'Diagnostic-Code: smtp; 552 over quota',
        '',
        'Final-Recipient: rfc822;ann@example.net',
      ],
      ...[
        'Action: delayed',
        'Status: 4.4.1',
        '',
        'Final-Recipient: rfc822;joe@example.net',
        'Action: relayed',
      ],
    );
    assert.deepEqual(facts(text), [
      'Sam@example.org failed hard no-such-user',
      'kim@example.net failed soft mailbox-full',
      'ann@example.net delayed soft connection',
    ]);
  });

  test('what is said to people counts where the fields say nothing, of one recipient', () => {
    const fields = ['Final-Recipient: rfc822;sam@example.org', 'Action: failed', 'Status: 5.0.0'];
    assert.deepEqual(facts(report('The user is unknown: user unknown', ...fields)), [
      'sam@example.org failed hard no-such-user',
    ]);
    assert.deepEqual(facts(report('user unknown', ...fields, '', ...fields)), [
      'sam@example.org failed undetermined other',
      'sam@example.org failed undetermined other',
    ]);
  });

  test('a missing action, and a missing address', () => {
    assert.deepEqual(facts(report('', 'Final-Recipient: rfc822;sam@example.org', 'Status: 5.2.2')), [
      'sam@example.org failed soft mailbox-full',
    ]);
    assert.deepEqual(facts(report('', 'Final-Recipient: rfc822;sam@example.org', 'Status: 2.0.0')), []);
    assert.deepEqual(facts(report('', 'Action: failed', 'Status: 5.2.2')), []);
  });
});

describe('plain texts', () => {
  test('qmail', () => {
    const text = lines(
      'From: MAILER-DAEMON@example.net',
      '',
      'Hi. This is the qmail-send program at example.net.',
      "I'm afraid I wasn't able to deliver your message to the following addresses.",
      '',
      '<sam@example.org>:',
      'Sorry, no mailbox here by that name. (#5.1.1)',
      '',
      '<kim@example.org>:',
      '192.0.2.1 does not like recipient.',
      'Remote host said: 552 5.2.2 Mailbox full',
      'Giving up on 192.0.2.1.',
      '',
      '<no address>:',
      'Well',
      '',
      '--- Below this line is a copy of the message.',
      '',
      '<ann@example.org>:',
      'is not a recipient',
    );
    assert.deepEqual(facts(text), [
      'sam@example.org failed hard no-such-user',
      'kim@example.org failed soft mailbox-full',
    ]);
  });

  test('Exim', () => {
    const text = lines(
      'X-Failed-Recipients: sam@example.org, kim@example.org',
      'Auto-Submitted: auto-replied',
      '',
      'A message that you sent could not be delivered to one or more of its',
      'recipients. The following address(es) failed:',
      '',
      '  sam@example.org',
      '    host mx.example.org [192.0.2.1]',
      '    SMTP error from remote mail server after RCPT TO:<sam@example.org>:',
      '    550 5.7.1 blocked using zen.spamhaus.org',
      '  kim@example.org',
      '    Unrouteable address',
      '',
      '------ This is a copy of the message, including all the headers. ------',
      '',
      '  ann@example.org',
      '    no recipient',
    );
    assert.deepEqual(facts(text), [
      'sam@example.org failed soft blocked',
      'kim@example.org failed hard no-such-user',
    ]);
  });

  test('other mail is no bounce, whatever it quotes', () => {
    assert.deepEqual(facts(lines('', '  sam@example.org', '    550 5.1.1 no such user', '')), []);
    assert.deepEqual(
      facts(lines('', '> Hi. This is the qmail-send program', '', '<sam@example.org>:', 'no', '')),
      [],
    );
  });

  test('as many as a thousand, from the beginning of the text', () => {
    const one = '<sam@example.org>:\r\nno\r\n\r\n';
    assert.equal(facts(`\r\nHi. This is x\r\n\r\n${one.repeat(2000)}`).length, 1000);
    assert.equal(facts(`\r\nHi. This is x\r\n\r\n${'x\r\n'.repeat(40_000)}${one}`).length, 0);
  });

  test('law: nothing makes it fail', () => {
    const word = fc.constantFrom(
      'Hi. This is ',
      '\r\n',
      '<a@b>:',
      '  a@b',
      '    550 ',
      '--- ',
      'X-Failed-Recipients: a',
      '<',
      '@',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.string())), (words) => {
        for (const each of facts(words.join(''))) assert.match(each, /@/);
      }),
    );
  });
});
