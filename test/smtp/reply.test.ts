/** Replies: what goes over the wire, and that no text of a host can break it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatReply, isPositive, queuedAs, type Reply, replies, reply } from 'mailwright/smtp';
import { faultOf, readReplies } from './replies.ts';
import { ScriptedHost } from './scripted-host.ts';

test('one line, several lines, no line (RFC 5321 §4.2.1)', () => {
  assert.equal(formatReply(reply(250, '2.0.0', 'Ok')), '250 2.0.0 Ok\r\n');
  assert.equal(
    formatReply(reply(550, '5.1.1', ['No', 'such', 'user'])),
    '550-5.1.1 No\r\n550-5.1.1 such\r\n550 5.1.1 user\r\n',
  );
  assert.equal(formatReply(reply(250, '2.0.0', [])), '250 2.0.0 \r\n');
  assert.equal(formatReply({ code: 354, text: 'Go on' }), '354 Go on\r\n');
  assert.equal(formatReply(queuedAs('01J')), '250 2.0.0 Queued as 01J\r\n');
});

test('a code that is none, a status that contradicts it (RFC 2034 §4)', () => {
  for (const code of [0, 199, 600, 250.5, Number.NaN])
    assert.throws(() => reply(code, '2.0.0', ''), RangeError);
  assert.throws(() => reply(250, '5.0.0', ''), RangeError);
  assert.throws(() => reply(450, '5.2.0', ''), RangeError);
});

test('whether a reply says yes (RFC 5321 §4.2.1)', () => {
  assert.deepEqual(
    [250, 251, 354, 421, 450, 550].map((code) => isPositive({ code, text: '' })),
    [true, true, true, false, false, false],
  );
});

test('every ready-made reply is well-formed', () => {
  for (const each of Object.values(replies)) assert.equal(faultOf(Buffer.from(formatReply(each))), undefined);
});

const anyReply: fc.Arbitrary<Reply> = fc.record({
  code: fc.integer({ min: 200, max: 599 }),
  text: fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ maxLength: 2000 }),
    fc.array(fc.string({ unit: 'binary' })),
  ),
});

test('whatever the text, the wire carries one reply in lines of at most 512 octets (RFC 5321 §4.5.3.1.5)', () => {
  fc.assert(
    fc.property(anyReply, fc.boolean(), ({ code, text }, utf8) => {
      const enhanced = `${code < 300 ? 2 : code < 500 ? 4 : 5}.7.123` as const;
      if (code >= 300 && code < 400) return;
      const wire = Buffer.from(formatReply({ code, enhanced, text }, utf8));
      const read = readReplies(wire);
      assert.ok(typeof read !== 'string', String(read));
      assert.equal(read.length, 1);
      assert.equal(read[0]?.lines.length, typeof text === 'string' ? 1 : Math.max(1, text.length));
      // RFC 6531 §3.7.4: UTF-8 for those who asked for it, and then whole characters.
      assert.ok(wire.every((octet) => octet < 0x80 || utf8));
      assert.ok(!wire.toString().includes('\ufffd') || text.toString().includes('\ufffd'));
    }),
  );
});

test('a text is cut between characters', () => {
  const wire = formatReply(reply(250, '2.1.5', `x${'😀'.repeat(200)}`), true);
  assert.equal(Buffer.byteLength(wire), 10 + 477 + 2);
  assert.equal(formatReply(reply(250, '2.1.5', 'jörg')), '250 2.1.5 j?rg\r\n');
});

test('header and reply injection: texts of a host stay within their reply, wherever it is given', () => {
  const forged = '550 5.7.1 no\r\n250 2.0.0 yes\r\n\u2028250 2.0.0 yes\n.\0';
  const questions = ['connect', 'helo', 'mail', 'rcpt', 'data', 'message', 'vrfy', 'expn', 'help'];
  for (const question of questions) {
    const host = new ScriptedHost({ hostname: 'mx.example.org' });
    const said = host.converse(
      'EHLO client.example\r\nVRFY a\r\nEXPN a\r\nHELP\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n.\r\n',
      { [question]: forged },
    );
    assert.equal(faultOf(Buffer.from(said)), undefined);
    assert.match(said, /550 5\.7\.1 no\?\?250 2\.0\.0 yes\?\?+250 2\.0\.0 yes\?\.\?\r\n/, question);
  }
});
