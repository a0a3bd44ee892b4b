import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import { DotUnstuffer } from '../../src/smtp/dot-stuffing.ts';
import { NewlineNormaliser } from '../../src/smtp/newline-normalising.ts';
import { modelOf, readContent, stuffed } from './content-model.ts';

/** Text made of what matters to the reader. */
const telling = fc
  .array(fc.constantFrom('\r\n', '\r', '\n', '.', 'x', '\r\n.', '.\r\n', '\0', 'words'), { maxLength: 24 })
  .map((pieces) => pieces.join(''));

const lines = fc
  .array(fc.constantFrom('', '.', '..', '.x', 'x.', 'text', '.'.repeat(5)), { maxLength: 8 })
  .map((each) => each.map((line) => `${line}\r\n`).join(''));

/** `octets` cut into pieces at these places. */
function cut(octets: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places.map((place) => place % (octets.length + 1)), octets.length].sort((a, b) => a - b);
  let from = 0;
  return ends.map((end) => {
    const piece = Buffer.from(octets.subarray(from, end));
    from = end;
    return piece;
  });
}

const places = fc.array(fc.nat(400), { maxLength: 6 });

test('what was stuffed comes back, however it is cut (RFC 5321 §4.5.2)', () => {
  fc.assert(
    fc.property(lines, places, fc.string(), (content, at, behind) => {
      const wire = Buffer.concat([stuffed(Buffer.from(content)), Buffer.from(behind, 'latin1')]);
      const read = readContent(new DotUnstuffer(), cut(wire, at));
      assert.deepEqual(read, {
        ended: true,
        bare: false,
        content,
        rest: Buffer.from(behind, 'latin1').toString('latin1'),
      });
    }),
  );
});

test('any text: the end, the content and lone CR and LF are those of the model', () => {
  fc.assert(
    fc.property(telling, places, (text, at) => {
      const expected = modelOf(text);
      const read = readContent(new DotUnstuffer(), cut(Buffer.from(text), at));
      assert.equal(read.ended, expected.ended);
      assert.equal(read.rest, expected.rest);
      // Before the end it is not yet known whether a CR will stand alone.
      if (expected.ended) assert.equal(read.bare, expected.bare);
      if (expected.ended && !expected.bare) assert.equal(read.content, expected.content);
    }),
    { numRuns: 2000 },
  );
});

test('normalised text holds CRLF as its only line end, ends where a strict reader ends, however it is cut', () => {
  fc.assert(
    fc.property(telling, places, (text, at) => {
      const whole = readContent(new NewlineNormaliser(true), [Buffer.from(text)]);
      assert.deepEqual(readContent(new NewlineNormaliser(true), cut(Buffer.from(text), at)), whole);
      assert.doesNotMatch(whole.content, /\r(?!\n)|(?<!\r)\n/);
      const { ended, rest, bare, content } = modelOf(text);
      assert.equal(whole.ended, ended);
      assert.equal(whole.rest, rest);
      if (ended && !bare) assert.equal(whole.content, content);
    }),
    { numRuns: 2000 },
  );
});

test('content longer than what is searched at once', () => {
  for (const filler of [16_379, 16_380, 16_381, 16_382, 16_383, 16_384, 16_385]) {
    for (const tail of ['', '.', '\r\n', '\r\n.', '\n', '\r', 'x\r\n..\r\n']) {
      const text = `${'x'.repeat(filler)}${tail}${'\r\ny'.repeat(6000)}\r\n.\r\nrest`;
      const { bare, ...expected } = modelOf(text);
      const { bare: found, ...read } = readContent(new DotUnstuffer(), [Buffer.from(text)]);
      assert.equal(found, bare, `${filler} and ${JSON.stringify(tail)}`);
      assert.deepEqual(
        { ...read, content: bare ? '' : read.content },
        { ...expected, content: bare ? '' : expected.content },
      );
    }
  }
});
