/** `allOrNone`: content goes to every recipient of a transaction, or to nobody. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { lmtp, mx } from 'mailwright/smtp';
import { type Mail, mailOf, Pair, type PairOptions } from './back-to-back.ts';

const [b, c, d] = ['b@example.net', 'c@example.net', 'd@example.net'];
const full = '452 4.2.2 Mailbox full';
const unknown = '550 5.1.1 No such user';

function together(...to: string[]): Mail {
  const mail = mailOf('Subject: hello\r\n\r\ntext\r\n', to);
  return { ...mail, transaction: { ...mail.transaction, allOrNone: true } };
}

/** What came of it for each recipient, in short. */
function results(pair: Pair, ...mails: Mail[]): string[][] {
  return pair
    .send(...mails)
    .map(({ recipients }) =>
      recipients.map((each) =>
        each.result === 'accepted' || each.result === 'refused'
          ? `${each.result} ${each.reply.code}`
          : each.result,
      ),
    );
}

const servers: Readonly<Record<string, PairOptions>> = {
  'step by step': { server: {} },
  'with PIPELINING and CHUNKING': { server: mx },
  'with PIPELINING and DATA': { server: mx, client: { chunking: false } },
};

for (const [name, options] of Object.entries(servers)) {
  suite(name, () => {
    test('nobody refused: all of them get it', () => {
      const pair = new Pair(options);
      assert.deepEqual(results(pair, together(b, c)), [['accepted 250', 'accepted 250']]);
      assert.equal(pair.host.messages.length, 1);
    });

    test('one refused: nobody gets it', () => {
      const decisions = { rcpt: [undefined, full, unknown, undefined] };
      const pair = new Pair({ ...options, decisions });
      assert.deepEqual(results(pair, together(b, c, d)), [['postponed', 'refused 452', 'refused 550']]);
      assert.equal(pair.host.messages.length, 0);
      assert.ok(!pair.flights.some((flight) => /^(?:DATA|BDAT)/m.test(flight)));
    });

    test('what comes after is sent as ever, behind a RSET (RFC 5321 §4.1.1.5)', () => {
      const decisions = { rcpt: [undefined, unknown, undefined] };
      const pair = new Pair({ ...options, decisions });
      const expected = [['postponed', 'refused 550'], ['accepted 250', 'accepted 250'], ['accepted 250']];
      assert.deepEqual(results(pair, together(b, c), together(b, c), together(b)), expected);
      assert.equal(pair.host.messages.length, 2);
      assert.match(pair.flights.join(''), /RSET\r\nMAIL/);
    });

    test('without it, a refusal is that of one recipient', () => {
      const pair = new Pair({ ...options, decisions: { rcpt: [undefined, unknown] } });
      assert.deepEqual(results(pair, mailOf('text\r\n', [b, c])), [['accepted 250', 'refused 550']]);
    });
  });
}

test('a recipient that the server cannot be told of spoils it before anything is said', () => {
  const pair = new Pair({ server: {} });
  assert.deepEqual(results(pair, together(b, 'jürgen@example.net')), [['postponed', 'unsuitable']]);
  assert.ok(!pair.flights.some((flight) => flight.includes('MAIL')));
});

test('LMTP has a verdict for each (RFC 2033 §4.2), and no need of it', () => {
  const pair = new Pair({
    server: lmtp,
    client: { protocol: 'lmtp' },
    decisions: { rcpt: [undefined, unknown] },
  });
  assert.deepEqual(results(pair, together(b, c)), [['accepted 250', 'refused 550']]);
});
