/** From what a provider did to the reply that the client reads. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { formatReply, type RecipientResult, type SmtpFailure } from 'mailwright/smtp';
import { replyToAll } from '../../src/upstream/verdict.ts';

const accepted: RecipientResult = {
  result: 'accepted',
  reply: { code: 250, enhanced: '2.0.0', lines: ['Yes'] },
};
const postponed: RecipientResult = { result: 'postponed' };

function refused(code: number, text: string, enhanced?: string): RecipientResult {
  const reply = { code, lines: [text], ...(enhanced !== undefined && { enhanced }) };
  return { result: 'refused', reply, stage: 'rcpt' };
}

function failed(
  why: SmtpFailure['why'],
  stage: SmtpFailure['stage'] = 'mail',
  code?: number,
): RecipientResult {
  const reply = code === undefined ? {} : { reply: { code, lines: ['token abc is bad'] } };
  return { result: 'failed', failure: { why, stage, text: 'what went wrong', ...reply }, ambiguous: false };
}

suite('one reply for all recipients', () => {
  const rows: readonly (readonly [string, readonly RecipientResult[], string])[] = [
    ['all accepted', [accepted, accepted], '250 2.0.0 Yes'],
    ['one recipient alone needs no name', [refused(550, 'No', '5.1.1')], '550 5.1.1 No'],
    ['the one that was refused', [postponed, refused(450, 'Busy', '4.2.1')], '450 4.2.1 <b@x>: Busy'],
    ['the gravest', [refused(450, 'Busy'), refused(550, 'No')], '550 5.0.0 <b@x>: No'],
    ['the first of the gravest', [refused(550, 'No'), refused(551, 'Gone')], '550 5.0.0 <a@x>: No'],
    ['a transport that sent it in part', [accepted, refused(450, 'Busy')], '450 4.0.0 <b@x>: Busy'],
    ['too many recipients', [postponed, postponed], '452 4.5.3 Too many recipients for the provider'],
    ['421 and 521 keep the session', [refused(421, 'Bye', '4.3.2')], '451 4.3.2 Bye'],
    ['421 and 521 keep the session', [refused(521, 'Go', '5.3.2')], '554 5.3.2 Go'],
    [
      'too large (RFC 1870 §6.2)',
      [{ result: 'unsuitable', missing: 'size' }],
      '552 5.3.4 The message is too large for the provider',
    ],
    ['cut off', [failed('gone')], '451 4.4.2 what went wrong'],
    ['not reached', [failed('timeout', 'connect')], '451 4.4.1 what went wrong'],
    ['a farewell for good', [failed('refused', 'greeting', 554)], '451 4.3.2 token abc is bad'],
    [
      'credentials: nothing of what was said',
      [failed('auth-failed', 'auth', 535)],
      '451 4.7.0 The provider did not take the access token',
    ],
    [
      'a token that ended: the owner can mend it',
      [{ result: 'refused', reply: { code: 530, lines: ['token abc is bad'] }, stage: 'mail' }],
      '451 4.7.0 The provider did not take the access token',
    ],
    ['no TLS', [failed('tls-failed', 'handshake')], '451 4.7.5 what went wrong'],
  ];
  for (const [name, results, expected] of rows) {
    test(`${name}: ${expected}`, () => {
      assert.equal(formatReply(replyToAll(results, ['a@x', 'b@x'])), `${expected}\r\n`);
    });
  }
});
