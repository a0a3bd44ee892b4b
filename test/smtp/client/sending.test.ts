/** Transactions: what is said in which flight, and what becomes of each recipient. */
import { Buffer } from 'node:buffer';
import { suite } from 'node:test';
import { mailOf } from './back-to-back.ts';
import { transcript } from './scripted-client.ts';

const opening = (...extensions: string[]) => `
    S: 220 mx.example.org
    C: EHLO client.example
    ${['mx.example.org', ...extensions].map((line, at) => `S: 250${at < extensions.length ? '-' : ' '}${line}`).join('\n')}
`;
const plain = opening();
const piped = opening('PIPELINING');
const chunked = opening('PIPELINING', 'CHUNKING');

const one = mailOf('hello\r\n');
const two = mailOf('hello\r\n', ['b@example.net', 'c@example.net']);
const large = mailOf(`${'x'.repeat(78)}\r\n`.repeat(1000));

suite('step by step', () => {
  transcript(
    'two messages over one session',
    { mails: [one, one] },
    `${plain}
    C: MAIL FROM:<a@example.org>
    S: 250 ok
    C: RCPT TO:<b@example.net>
    S: 250 ok
    C: DATA
    S: 354 go on
    C: hello
    C: .
    S: 250 2.0.0 Queued as 1
    C: MAIL FROM:<a@example.org>
    S: 250 ok
    C: RCPT TO:<b@example.net>
    S: 251 forwarded
    C: DATA
    S: 354 go on
    C: hello
    C: .
    S: 250 2.0.0 Queued as 2
    `,
    { results: [['accepted 250'], ['accepted 250']] },
  );
  transcript(
    'MAIL refused: nothing more is said of it, and the server holds nothing',
    { mails: [two, one] },
    `${plain}
    C: MAIL FROM:<a@example.org>
    S: 550 5.7.1 no
    C: MAIL FROM:<a@example.org>
    S: 250 ok
    C: RCPT TO:<b@example.net>
    `,
    { results: [['refused 550 mail', 'refused 550 mail']] },
  );
  transcript(
    'every recipient refused: no DATA, and RSET before the next (RFC 5321 §4.1.1.5)',
    { mails: [two, one] },
    `${plain}
    C: MAIL FROM:<a@example.org>
    S: 250 ok
    C: RCPT TO:<b@example.net>
    S: 550 5.1.1 no
    C: RCPT TO:<c@example.net>
    S: 450 4.2.0 later
    C: RSET
    S: 250 ok
    C: MAIL FROM:<a@example.org>
    `,
    { results: [['refused 550 rcpt', 'refused 450 rcpt']] },
  );
  transcript(
    'some refused: the others have it',
    { mails: [two] },
    `${plain}
    C: MAIL FROM:<a@example.org>
    S: 250 ok
    C: RCPT TO:<b@example.net>
    S: 550 5.1.1 no
    C: RCPT TO:<c@example.net>
    S: 250 ok
    C: DATA
    S: 354 go on
    C: hello
    C: .
    S: 250 ok
    `,
    { results: [['refused 550 rcpt', 'accepted 250']] },
  );
  transcript(
    'RSET refused ends the session',
    { mails: [one, one] },
    `${plain}
    C: MAIL FROM:<a@example.org>
    S: 250 ok
    C: RCPT TO:<b@example.net>
    S: 550 5.1.1 no
    C: RSET
    S: 500 what?
    C: QUIT
    `,
    { results: [['refused 550 rcpt'], ['failed refused']], failure: 'refused rset' },
  );
  transcript(
    'the null path, and Postmaster (RFC 5321 §4.1.1.3)',
    { mails: [{ ...one, transaction: { ...mailOf('', ['Postmaster']).transaction, from: '' } }] },
    `${plain}
    C: MAIL FROM:<>
    S: 250 ok
    C: RCPT TO:<Postmaster>
    `,
  );
});

suite('PIPELINING (RFC 2920 §3.1)', () => {
  const envelope = `
    C: MAIL FROM:<a@example.org>
    C: RCPT TO:<b@example.net>
    C: RCPT TO:<c@example.net>
    C: DATA
  `;
  transcript(
    'the whole envelope is one flight, and the next goes with the end of content',
    { mails: [two, one] },
    `${piped}${envelope}
    S: 250 ok
    S: 250 ok
    S: 250 ok
    S: 354 go on
    C: hello
    C: .
    C: MAIL FROM:<a@example.org>
    C: RCPT TO:<b@example.net>
    C: DATA
    S: 250 2.0.0 Queued as 1
    S: 250 ok
    S: 250 ok
    S: 354 go on
    C: hello
    C: .
    S: 250 2.0.0 Queued as 2
    `,
    { results: [['accepted 250', 'accepted 250'], ['accepted 250']] },
  );
  transcript(
    'all refused, and DATA too',
    { mails: [two, one] },
    `${piped}${envelope}
    S: 250 ok
    S: 550 5.1.1 no
    S: 550 5.1.1 no
    S: 554 5.5.1 no valid recipients
    C: RSET
    C: MAIL FROM:<a@example.org>
    C: RCPT TO:<b@example.net>
    C: DATA
    `,
    { results: [['refused 550 rcpt', 'refused 550 rcpt']] },
  );
  transcript(
    'all refused, and 354 all the same: a lone dot, and nothing before it',
    { mails: [two, one] },
    `${piped}${envelope}
    S: 250 ok
    S: 550 5.1.1 no
    S: 550 5.1.1 no
    S: 354 go on
    C: .
    C: MAIL FROM:<a@example.org>
    C: RCPT TO:<b@example.net>
    C: DATA
    S: 554 5.5.1 no valid recipients
    S: 250 ok
    `,
    { results: [['refused 550 rcpt', 'refused 550 rcpt']] },
  );
  transcript(
    'MAIL refused: what was in flight is refused with it',
    { mails: [two, one] },
    `${piped}${envelope}
    S: 451 4.7.1 greylisted
    S: 503 5.5.1 MAIL first
    S: 503 5.5.1 MAIL first
    S: 503 5.5.1 RCPT first
    C: MAIL FROM:<a@example.org>
    C: RCPT TO:<b@example.net>
    C: DATA
    `,
    { results: [['refused 451 mail', 'refused 451 mail']] },
  );
  transcript(
    'DATA refused: that is the word for those who were accepted',
    { mails: [two] },
    `${piped}${envelope}
    S: 250 ok
    S: 250 ok
    S: 550 5.1.1 no
    S: 451 4.3.0 not now
    `,
    { results: [['refused 451 data', 'refused 550 rcpt']] },
  );
  transcript(
    '452 behind an accepted recipient: enough for one transaction (RFC 5321 §4.5.3.1.10)',
    { mails: [two] },
    `${piped}${envelope}
    S: 250 ok
    S: 250 ok
    S: 452 4.5.3 too many recipients
    S: 354 go on
    C: hello
    C: .
    S: 250 ok
    `,
    { results: [['accepted 250', 'postponed 452']] },
  );
  transcript(
    '452 for want of storage is a refusal',
    { mails: [two] },
    `${piped}${envelope}
    S: 250 ok
    S: 250 ok
    S: 452 4.3.1 no room
    S: 354 go on
    C: hello
    C: .
    S: 250 ok
    `,
    { results: [['accepted 250', 'refused 452 rcpt']] },
  );
  transcript(
    '552 behind an accepted recipient says the same (RFC 5321 §4.5.3.1.10)',
    { mails: [two] },
    `${piped}${envelope}
    S: 250 ok
    S: 250 ok
    S: 552 too many recipients
    S: 354 go on
    C: hello
    C: .
    S: 250 ok
    `,
    { results: [['accepted 250', 'postponed 552']] },
  );
  transcript(
    '552 of a full mailbox is a refusal',
    { mails: [two] },
    `${piped}${envelope}
    S: 250 ok
    S: 250 ok
    S: 552 5.2.2 over quota
    S: 354 go on
    C: hello
    C: .
    S: 250 ok
    `,
    { results: [['accepted 250', 'refused 552 rcpt']] },
  );
  transcript(
    'at most 256 commands are in flight',
    {
      mails: [
        mailOf(
          '',
          Array.from({ length: 300 }, (_, at) => `r${at}@example.net`),
        ),
      ],
    },
    `${piped}
    C: MAIL FROM:<a@example.org>
    ${Array.from({ length: 255 }, (_, at) => `C: RCPT TO:<r${at}@example.net>`).join('\n')}
    S: 250 ok
    C: RCPT TO:<r255@example.net>
    S: 250 ok
    C: RCPT TO:<r256@example.net>
    `,
  );
});

suite('CHUNKING (RFC 3030 §2)', () => {
  const flight = `
    C: MAIL FROM:<a@example.org>
    C: RCPT TO:<b@example.net>
    C: RCPT TO:<c@example.net>
    C: BDAT 7 LAST
    C: hello
  `;
  transcript(
    'a small message is one flight, and the next goes behind RSET, which undoes what may have failed',
    { mails: [two, one] },
    `${chunked}${flight}
    C: RSET
    C: MAIL FROM:<a@example.org>
    C: RCPT TO:<b@example.net>
    C: BDAT 7 LAST
    C: hello
    S: 250 ok
    S: 250 ok
    S: 550 5.1.1 no
    S: 250 2.0.0 Queued as 1
    S: 250 reset
    S: 250 ok
    S: 250 ok
    S: 250 2.0.0 Queued as 2
    `,
    { results: [['accepted 250', 'refused 550 rcpt'], ['accepted 250']] },
  );
  transcript(
    'all refused: the chunk is too, and counts for nobody',
    { mails: [two] },
    `${chunked}${flight}
    S: 250 ok
    S: 550 5.1.1 no
    S: 550 5.1.1 no
    S: 554 5.5.1 no valid recipients
    @ quit
    C: QUIT
    `,
    { results: [['refused 550 rcpt', 'refused 550 rcpt']] },
  );
  transcript(
    'the content refused',
    { mails: [two] },
    `${chunked}${flight}
    S: 250 ok
    S: 250 ok
    S: 250 ok
    S: 554 5.7.1 spam
    `,
    { results: [['refused 554 end-of-data', 'refused 554 end-of-data']] },
  );
  transcript(
    'of a large message nothing is sent in vain',
    { mails: [large, one] },
    `${chunked}
    C: MAIL FROM:<a@example.org>
    C: RCPT TO:<b@example.net>
    S: 250 ok
    S: 550 5.1.1 no
    C: RSET
    C: MAIL FROM:<a@example.org>
    C: RCPT TO:<b@example.net>
    C: BDAT 7 LAST
    C: hello
    `,
    { results: [['refused 550 rcpt']], events: ['ready', 'result', 'ready', 'content', 'ready'] },
  );
  transcript(
    'left alone by request',
    { mails: [one], client: { chunking: false } },
    `${chunked}
    C: MAIL FROM:<a@example.org>
    C: RCPT TO:<b@example.net>
    C: DATA
    `,
  );
  transcript(
    'without PIPELINING step by step',
    { mails: [one] },
    `${opening('CHUNKING')}
    C: MAIL FROM:<a@example.org>
    S: 250 ok
    C: RCPT TO:<b@example.net>
    S: 250 ok
    C: BDAT 7 LAST
    C: hello
    S: 250 ok
    `,
    { results: [['accepted 250']] },
  );
  transcript(
    'a source that fails costs the message, not the session',
    { mails: [one, one] },
    `${chunked}
    ! content fail
    C: MAIL FROM:<a@example.org>
    C: RCPT TO:<b@example.net>
    C: RSET
    C: MAIL FROM:<a@example.org>
    C: RCPT TO:<b@example.net>
    C: BDAT 7 LAST
    C: hello
    S: 250 ok
    S: 250 ok
    S: 250 reset
    S: 250 ok
    S: 250 ok
    S: 250 2.0.0 Queued as 1
    `,
    { results: [['failed content'], ['accepted 250']] },
  );
});

suite('content in several chunks (RFC 3030 §2)', () => {
  /** The content's octets from one place to another, as a line of a transcript. */
  const octets = (from: number, to?: number) =>
    `C> ${Buffer.from(large.content).subarray(from, to).toString().replaceAll('\r\n', '\\r\\n')}`;
  const envelope = `
    C: MAIL FROM:<a@example.org>
    C: RCPT TO:<b@example.net>
    S: 250 ok
    S: 250 ok
  `;
  const chunks = `
    C: BDAT 65536
    ${octets(0, 65_536)}
    C: BDAT 14464 LAST
    ${octets(65_536)}
  `;
  transcript(
    'all of them are in flight at once',
    { mails: [large] },
    `${chunked}${envelope}${chunks}
    S: 250 65536 octets
    S: 250 2.0.0 Queued as 1
    `,
    { results: [['accepted 250']] },
  );
  transcript(
    'one refused: so is the message, whatever is said of the others',
    { mails: [large, one] },
    `${chunked}${envelope}${chunks}
    C: RSET
    C: MAIL FROM:<a@example.org>
    C: RCPT TO:<b@example.net>
    C: BDAT 7 LAST
    C: hello
    S: 452 4.3.1 no room
    S: 503 5.5.1 what?
    S: 250 reset
    S: 250 ok
    S: 250 ok
    S: 250 2.0.0 Queued as 1
    `,
    { results: [['refused 452 content'], ['accepted 250']] },
  );
  transcript(
    'in LMTP the last waits for the others, whose failure changes how many replies it gets',
    { mails: [large], client: { protocol: 'lmtp' } },
    `${chunked.replace('EHLO', 'LHLO')}${envelope}
    C: BDAT 65536
    ${octets(0, 65_536)}
    S: 452 4.3.1 no room
    `,
    { results: [['refused 452 content']] },
  );
  transcript(
    '354 is no answer to a chunk',
    { mails: [large] },
    `${chunked}${envelope}${chunks}
    S: 354 go on
    `,
    { results: [['failed protocol ambiguous']], failure: 'protocol content' },
  );
});

suite('how a session ends too early', () => {
  const data = `${plain}
    C: MAIL FROM:<a@example.org>
    S: 250 ok
    C: RCPT TO:<b@example.net>
    S: 250 ok
    C: DATA
  `;
  const sent = `${data}
    S: 354 go on
    C: hello
    C: .
  `;
  transcript('gone before the content: it was not taken', { mails: [one] }, `${data}@ end\n`, {
    results: [['failed gone']],
    failure: 'gone data',
  });
  transcript(
    'gone behind the content: only the server knows (RFC 1047)',
    { mails: [one] },
    `${sent}@ end\n`,
    {
      results: [['failed gone ambiguous']],
      failure: 'gone end-of-data',
    },
  );
  transcript('silent behind the content', { mails: [one] }, `${sent}@ expire\n`, {
    results: [['failed timeout ambiguous']],
    failure: 'timeout end-of-data',
  });
  transcript('nonsense behind the content', { mails: [one] }, `${sent}S: hm\n`, {
    results: [['failed protocol ambiguous']],
    failure: 'protocol end-of-data',
  });
  transcript('354 is no answer to it', { mails: [one] }, `${sent}S: 354 go on\n`, {
    results: [['failed protocol ambiguous']],
    failure: 'protocol end-of-data',
  });
  transcript('421 is a refusal, and the end (RFC 5321 §3.8)', { mails: [one] }, `${sent}S: 421 4.3.2 bye\n`, {
    results: [['refused 421 end-of-data']],
    failure: 'refused end-of-data',
  });
  transcript('250 to DATA: the server is out of step', { mails: [one] }, `${data}S: 250 ok\n`, {
    results: [['failed protocol']],
    failure: 'protocol data',
  });
  transcript(
    'a refusal amid the content counts, and nothing of it can be sent any more',
    { mails: [one] },
    `${data}
    S: 354 go on
    ! content wait
    S: 552 5.3.4 too big
    @ feed x
    @ finish
    `,
    { results: [['refused 552 content']], failure: 'refused content' },
  );
  transcript(
    'any other word amid the content',
    { mails: [one] },
    `${data}
    S: 354 go on
    ! content wait
    S: 250 ok
    `,
    { results: [['failed protocol']], failure: 'protocol content' },
  );
  transcript(
    'a source that fails: the content is never ended',
    { mails: [mailOf('0123456789\r\n')] },
    `${data}
    S: 354 go on
    ! content fail
    C> 012345
    `,
    { results: [['failed content']], failure: 'content content' },
  );
  transcript(
    'the former may have been taken, the one ahead was not (RFC 1047)',
    { mails: [one, two] },
    `${piped}
    C: MAIL FROM:<a@example.org>
    C: RCPT TO:<b@example.net>
    C: DATA
    S: 250 ok
    S: 250 ok
    S: 354 go on
    C: hello
    C: .
    C: MAIL FROM:<a@example.org>
    C: RCPT TO:<b@example.net>
    C: RCPT TO:<c@example.net>
    C: DATA
    @ end
    `,
    { results: [['failed gone ambiguous'], ['failed gone', 'failed gone']] },
  );
  transcript(
    '421 to a recipient: his refusal, and no word for the others',
    { mails: [two] },
    `${piped}
    C: MAIL FROM:<a@example.org>
    C: RCPT TO:<b@example.net>
    C: RCPT TO:<c@example.net>
    C: DATA
    S: 250 ok
    S: 421 4.3.2 bye
    `,
    { results: [['refused 421 rcpt', 'failed refused']], failure: 'refused rcpt' },
  );
  transcript(
    'what is sent on a session that is over fails at once',
    { mails: [one] },
    `${plain}
    ! ready wait
    @ end
    @ send
    `,
  );
});

suite('LMTP (RFC 2033 §4.2)', () => {
  const lmtp = { client: { protocol: 'lmtp' as const } };
  const three = mailOf('hello\r\n', ['b@example.net', 'c@example.net', 'd@example.net']);
  const hello = (...extensions: string[]) => opening(...extensions).replace('EHLO', 'LHLO');
  const envelope = `
    C: MAIL FROM:<a@example.org>
    C: RCPT TO:<b@example.net>
    C: RCPT TO:<c@example.net>
    C: RCPT TO:<d@example.net>
  `;
  const replies = `
    S: 250 ok
    S: 250 ok
    S: 550 5.1.1 no
    S: 250 ok
  `;
  transcript(
    'a reply for each accepted recipient, in their order',
    { ...lmtp, mails: [three] },
    `${hello('PIPELINING')}${envelope}
    C: DATA
    ${replies}
    S: 354 go on
    C: hello
    C: .
    S: 250 2.1.5 delivered
    S: 452 4.2.2 mailbox full
    `,
    { results: [['accepted 250', 'refused 550 rcpt', 'refused 452 end-of-data']] },
  );
  transcript(
    'after the last chunk too (RFC 2033 §4.3)',
    { ...lmtp, mails: [three] },
    `${hello('PIPELINING', 'CHUNKING')}${envelope}
    C: BDAT 7 LAST
    C: hello
    ${replies}
    S: 452 4.2.2 mailbox full
    S: 250 2.1.5 delivered
    `,
    { results: [['refused 452 end-of-data', 'refused 550 rcpt', 'accepted 250']] },
  );
  transcript(
    'a reply too few: no other is taken for it, since nothing is asked before it came',
    { ...lmtp, mails: [three, one] },
    `${hello('PIPELINING', 'CHUNKING')}${envelope}
    C: BDAT 7 LAST
    C: hello
    ${replies}
    S: 503 5.5.1 what?
    @ expire
    `,
    {
      results: [['refused 503 end-of-data', 'refused 550 rcpt', 'failed timeout ambiguous']],
      failure: 'timeout end-of-data',
    },
  );
  transcript(
    '421 to one recipient: the rest is unknown',
    { ...lmtp, mails: [three] },
    `${hello('PIPELINING', 'CHUNKING')}${envelope}
    C: BDAT 7 LAST
    C: hello
    ${replies}
    S: 421 4.3.2 bye
    `,
    {
      results: [['refused 421 end-of-data', 'refused 550 rcpt', 'failed refused ambiguous']],
      failure: 'refused end-of-data',
    },
  );
  transcript(
    'gone halfway: the rest is unknown',
    { ...lmtp, mails: [three] },
    `${hello('PIPELINING', 'CHUNKING')}${envelope}
    C: BDAT 7 LAST
    C: hello
    ${replies}
    S: 250 2.1.5 delivered
    @ end
    `,
    { results: [['accepted 250', 'refused 550 rcpt', 'failed gone ambiguous']] },
  );
  transcript(
    'content for nobody would be answered by nothing',
    { ...lmtp, mails: [one] },
    `${hello('PIPELINING')}
    C: MAIL FROM:<a@example.org>
    C: RCPT TO:<b@example.net>
    C: DATA
    S: 250 ok
    S: 550 5.1.1 no
    S: 354 go on
    `,
    { results: [['refused 550 rcpt']], failure: 'protocol data' },
  );
});

suite('LIMITS (RFC 9422 §4)', () => {
  transcript(
    'RCPTMAX: who is beyond it is left for another transaction',
    { mails: [two] },
    `${opening('PIPELINING', 'LIMITS RCPTMAX=1 FOO=x MAILMAX=zero')}
    C: MAIL FROM:<a@example.org>
    C: RCPT TO:<b@example.net>
    C: DATA
    S: 250 ok
    S: 250 ok
    S: 354 go on
    C: hello
    C: .
    S: 250 ok
    `,
    { results: [['accepted 250', 'postponed']] },
  );
  transcript(
    'RCPTDOMAINMAX: domains are counted, whatever their case',
    { mails: [mailOf('', ['a@example.net', 'b@example.com', 'c@EXAMPLE.net'])] },
    `${opening('PIPELINING', 'LIMITS RCPTDOMAINMAX=1')}
    C: MAIL FROM:<a@example.org>
    C: RCPT TO:<a@example.net>
    C: RCPT TO:<c@EXAMPLE.net>
    C: DATA
    @ end
    `,
    { results: [['failed gone', 'postponed', 'failed gone']] },
  );
  transcript(
    'MAILMAX: the session ends by itself behind the last message',
    { mails: [one, one] },
    `${opening('PIPELINING', 'LIMITS MAILMAX=1')}
    C: MAIL FROM:<a@example.org>
    C: RCPT TO:<b@example.net>
    C: DATA
    S: 250 ok
    S: 250 ok
    S: 354 go on
    C: hello
    C: .
    S: 250 ok
    C: QUIT
    S: 221 bye
    `,
    { results: [['accepted 250']], failure: null },
  );
});
