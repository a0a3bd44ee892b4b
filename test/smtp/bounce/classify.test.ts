import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Bounce, type BounceFacts, classifyBounce } from 'mailwright/smtp';

type Case = readonly [said: string | BounceFacts, expected: `${Bounce['kind']} ${Bounce['reason']}`];

const cases: readonly Case[] = [
  // The address is at fault (RFC 3463 §3.2).
  ['550 5.1.1 The email account that you tried to reach does not exist', 'hard no-such-user'],
  ['550-5.1.1 whatever 550 5.1.1 it says', 'hard no-such-user'],
  ['550 5.4.1 Recipient address rejected: Access denied', 'hard no-such-user'],
  ['550 Requested action not taken: mailbox unavailable', 'hard no-such-user'],
  ['550 5.0.0 User Unknown', 'hard no-such-user'],
  ['Sorry, no mailbox here by that name. (#5.1.1)', 'hard no-such-user'],
  ['553 sorry, not like that', 'hard no-such-user'],
  [{ status: '5.1.2', text: 'Bad destination system address' }, 'hard no-such-domain'],
  [
    { status: '5.4.4', text: 'Host or domain name not found. Name service error: Host not found' },
    'hard no-such-domain',
  ],
  [{ status: '5.1.10', text: 'Domain has null MX' }, 'hard no-such-domain'],
  ['556 no mail here (RFC 7504)', 'hard no-such-domain'],
  ['550 5.2.1 The email account that you tried to reach is inactive', 'hard disabled'],
  ['550 5.2.1 Not now, nor ever', 'hard disabled'],
  ['554 5.7.1 This account has been suspended', 'hard disabled'],
  ['551 5.1.6 Recipient has moved', 'hard moved'],
  [{ status: '5.7.17', text: 'Mailbox owner has changed' }, 'hard moved'],
  // The mailbox or the message is.
  ['552 5.2.2 Over quota', 'soft mailbox-full'],
  [{ status: '5.0.0', text: '552 <sam@example.net> rejected: over quota' }, 'soft mailbox-full'],
  ['452 4.2.2 The recipient is out of storage space', 'soft mailbox-full'],
  ['552 5.3.4 Message size exceeds fixed limit', 'soft too-large'],
  ['550 5.7.1 Our system has detected that this message is likely unsolicited mail', 'soft spam'],
  ['554 5.7.1 The message was found to contain a virus', 'soft content'],
  ['550 5.6.0 No', 'soft content'],
  // The sender is.
  ['550 5.7.1 Service unavailable; client host [192.0.2.1] blocked using zen.spamhaus.org', 'soft blocked'],
  ['554 Connection refused: poor reputation of your IP', 'soft blocked'],
  ['550 5.7.26 Mail is not accepted as it failed DMARC', 'soft auth'],
  ['550 5.7.23 no', 'soft auth'],
  ['550 5.7.1 SPF check failed', 'soft auth'],
  ['553 5.1.8 Domain of sender address does not exist', 'soft sender'],
  ['550 5.1.0 Sender address rejected: Domain not found', 'soft sender'],
  ['550 5.7.1 Relaying denied', 'soft relaying'],
  ['550 5.7.1 No', 'soft policy'],
  ['421 4.7.0 Too many connections from your host', 'soft rate'],
  ['450 4.2.1 The user you are trying to contact is receiving mail too quickly', 'soft rate'],
  ['452 4.5.3 Some', 'soft rate'],
  ['450 4.2.0 Recipient address rejected: Greylisted', 'soft greylisted'],
  // The way is.
  [{ status: '4.4.1', text: 'connect to mx.example.net: Connection timed out' }, 'soft connection'],
  [{ status: '4.0.0', text: '426 connection timed out' }, 'soft connection'],
  [{ status: '4.4.3', text: 'Temporary lookup failure' }, 'soft dns'],
  [{ status: '5.4.6', text: 'Too many hops' }, 'soft loop'],
  [{ status: '5.4.7', text: 'Not today' }, 'soft expired'],
  [{ status: '4.4.7', text: 'Retry time exceeded' }, 'soft expired'],
  [{ status: '5.7.10', text: 'Encrypt' }, 'soft tls'],
  ['451 4.3.0 Internal error', 'soft system'],
  ['421', 'soft system'],
  ['502 5.5.2 Command not recognized', 'soft protocol'],
  // Nothing is known, or it is temporary (RFC 5321 §4.2.1).
  ['550 no', 'undetermined other'],
  [{ status: '5.5.0', text: '550 Requested action not taken' }, 'undetermined other'],
  [{ text: '' }, 'undetermined other'],
  [{ code: 450, text: 'no' }, 'soft other'],
  ['450 4.1.1 User unknown', 'soft no-such-user'],
  [{ status: '5.0.0', text: '450 4.1.1 User unknown' }, 'soft no-such-user'],
  // Numbers that are no status.
  ['550 5.1.1.1 is not a version', 'undetermined other'],
  ['550 mail from 5.1.1.9 refused', 'soft policy'],
];

for (const [said, expected] of cases) {
  const facts = typeof said === 'string' ? { text: said } : said;
  test(`${facts.code ?? ''}${facts.status ?? ''} ${facts.text}`, () => {
    const { kind, reason } = classifyBounce(facts);
    assert.equal(`${kind} ${reason}`, expected);
  });
}

test('law: texts in capitals, with their type, and with the code apart mean the same', () => {
  for (const [said] of cases) {
    if (typeof said !== 'string' || !/^\d{3} /.test(said)) continue;
    const expected = classifyBounce({ text: said });
    assert.deepEqual(classifyBounce({ text: said.toUpperCase() }), expected);
    assert.deepEqual(classifyBounce({ text: `smtp; ${said}` }), expected);
    const [code, status] = said.split(' ') as [string, string];
    const isStatus = /^\d\.\d\.\d+$/.test(status);
    const text = said.slice(isStatus ? code.length + status.length + 2 : code.length + 1);
    assert.deepEqual(
      classifyBounce({ code: Number(code), status: isStatus ? status : '', text }),
      expected,
      said,
    );
  }
});

test('cost: of a text no more than its beginning is read, whatever it is', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const end = `${text}${'x'.repeat(2000)}`;
      assert.deepEqual(classifyBounce({ text: `${end}no such user` }), classifyBounce({ text: end }));
    }),
  );
});
