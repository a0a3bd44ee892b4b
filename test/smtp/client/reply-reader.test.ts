/** Reading what a server says (RFC 5321 §4.2). */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { formatReply } from 'mailwright/smtp';
import { abridged, ReplyReader } from '../../../src/smtp/client/reply-reader.ts';

function read(octets: Buffer | string, size = octets.length): unknown {
  const reader = new ReplyReader();
  const buffer = Buffer.from(octets as string, 'latin1');
  for (let at = 0; at < buffer.length; at += size) reader.receive(buffer.subarray(at, at + size));
  return reader.read();
}

/** In latin1: an octet for each character. */
const good: Readonly<Record<string, object>> = {
  '250 ok\r\n': { code: 250, lines: ['ok'] },
  '250\r\n': { code: 250, lines: [''] },
  '250 \r\n': { code: 250, lines: [''] },
  '250-one\r\n250-\r\n250 two\r\n': { code: 250, lines: ['one', '', 'two'] },
  '250-one\r\n250\r\n': { code: 250, lines: ['one', ''] },
  '250 ok\n': { code: 250, lines: ['ok'] },
  '550 5.1.1 No such user\r\n': { code: 550, enhanced: '5.1.1', lines: ['No such user'] },
  '550-5.1.1 No\r\n550-5.7.1 such\r\n550 5.1.1 user\r\n': {
    code: 550,
    enhanced: '5.1.1',
    lines: ['No', '5.7.1 such', 'user'],
  },
  '250 2.0.0\r\n': { code: 250, enhanced: '2.0.0', lines: [''] },
  // RFC 2034 §4: the class is that of the code, else it is only text.
  '450 5.1.1 No such user\r\n': { code: 450, lines: ['5.1.1 No such user'] },
  '250 2.0.0ok\r\n': { code: 250, lines: ['2.0.0ok'] },
  '354 3.0.0 go on\r\n': { code: 354, lines: ['3.0.0 go on'] },
  '250 j\xc3\xbcrgen\r\n': { code: 250, lines: ['jürgen'] },
  '250 j\xfcrgen\r\n': { code: 250, lines: ['jürgen'] },
  '250 a\tb\x1b[2Jc\rd\x00\r\n': { code: 250, lines: ['a?b?[2Jc?d?'] },
};

suite('a reply is read', () => {
  for (const [octets, expected] of Object.entries(good)) {
    test(JSON.stringify(octets), () => {
      assert.deepEqual(read(octets), expected);
      assert.deepEqual(read(octets, 1), expected);
    });
  }
});

suite('a reply is no reply', () => {
  for (const octets of [
    '\r\n',
    'ok\r\n',
    '25 ok\r\n',
    '150 ok\r\n',
    '650 ok\r\n',
    '2500 ok\r\n',
    ' 250 ok\r\n',
    '250_ok\r\n',
    '250-one\r\n251 two\r\n',
    '250-one\r\ntwo\r\n',
  ]) {
    test(JSON.stringify(octets), () => assert.equal(typeof read(octets), 'string'));
  }
});

suite('bounds', () => {
  test('12288 octets of a line, as a challenge of SASL may have (RFC 4954 §4)', () => {
    const line = (octets: number) => `334 ${'A'.repeat(octets - 6)}\r\n`;
    assert.equal(typeof read(line(12_288)), 'object');
    assert.equal(typeof read(line(12_289)), 'string');
    assert.equal(typeof read('334 '.padEnd(12_289, 'A')), 'string');
  });
  test('500 lines, and 64 KiB in all', () => {
    assert.equal(typeof read(`${'250-x\r\n'.repeat(499)}250 x\r\n`), 'object');
    assert.equal(typeof read(`${'250-x\r\n'.repeat(500)}250 x\r\n`), 'string');
    assert.equal(typeof read(`250-${'x'.repeat(1000)}\r\n`.repeat(66)), 'string');
  });
  test('what is kept of a reply is shorter', () => {
    const kept = abridged({ code: 250, lines: Array.from({ length: 30 }, () => 'x'.repeat(1000)) });
    assert.deepEqual([kept.lines.length, kept.lines[0]?.length], [20, 512]);
  });
});

test('what our own server writes is read as it was meant', () => {
  const text = fc.array(fc.string({ unit: 'grapheme-ascii', maxLength: 50 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(text, fc.constantFrom(250, 450, 550), (lines, code) => {
      const enhanced = `${Math.trunc(code / 100) as 2 | 4 | 5}.1.5` as const;
      assert.deepEqual(read(formatReply({ code, enhanced, text: lines })), {
        code,
        enhanced,
        lines: lines.map((line) => line.trimStart()),
      });
    }),
  );
});

test('replies that come in one chunk are read one after another, whatever the cut', () => {
  const octets = Buffer.from('250-a\r\n250 b\r\n354 c\r\n550 5.1.1 d\r\n');
  for (let size = 1; size <= octets.length; size += 1) {
    const reader = new ReplyReader();
    const codes: unknown[] = [];
    for (let at = 0; at < octets.length; at += size) {
      reader.receive(octets.subarray(at, at + size));
      for (let reply = reader.read(); reply !== null; reply = reader.read()) {
        codes.push(typeof reply === 'string' ? reply : reply.code);
      }
    }
    assert.deepEqual(codes, [250, 354, 550]);
    assert.ok(reader.empty);
  }
});
