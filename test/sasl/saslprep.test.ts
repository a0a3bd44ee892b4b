import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { saslprep } from 'mailwright/sasl';

test('SASLprep: the examples of RFC 4013 §3', () => {
  const examples = [
    ['I\u00adX', 'IX', 'SOFT HYPHEN mapped to nothing'],
    ['user', 'user', 'no transformation'],
    ['USER', 'USER', 'case preserved, will not match "user"'],
    ['\u00aa', 'a', 'output is NFKC, input in ISO 8859-1'],
    ['\u2168', 'IX', 'output is NFKC, will match "IX"'],
    ['\u0007', null, 'Error - prohibited character'],
    ['\u0627\u0031', null, 'Error - bidirectional check'],
  ] as const;
  for (const [text, prepared, note] of examples) assert.equal(saslprep(text), prepared, note);
});

test('SASLprep: what is mapped, prohibited and read from right to left', () => {
  const cases = [
    ['a\u00a0b', 'a b', 'a no-break space is a space (RFC 4013 §2.1)'],
    ['a\u3000b', 'a b', 'so is the ideographic one'],
    ['\u200b', ' ', 'and the zero-width one'],
    ['a\ufe0f\u200db', 'ab', 'variation selectors and joiners go (RFC 3454 §B.1)'],
    ['\u00ad', '', 'nothing may be left'],
    ['e\u0301', '\u00e9', 'composed (RFC 4013 §2.2)'],
    ['\u{1f600}', '\u{1f600}', 'not in Unicode 3.2, and still let pass'],
    ['a\0b', null, 'NUL (RFC 3454 §C.2.1)'],
    ['\u007f', null, 'DEL'],
    ['\u0085', null, 'a control beyond ASCII (RFC 3454 §C.2.2)'],
    ['\ue000', null, 'private use (RFC 3454 §C.3)'],
    ['\u{1fffe}', null, 'not a character (RFC 3454 §C.4)'],
    ['\ud800', null, 'half a surrogate pair (RFC 3454 §C.5)'],
    ['\ufffd', null, 'the replacement character (RFC 3454 §C.6)'],
    ['\u2ff0', null, 'ideographic description (RFC 3454 §C.7)'],
    ['\u202e', null, 'right-to-left override (RFC 3454 §C.8)'],
    ['\u{e0041}', null, 'a tag (RFC 3454 §C.9)'],
    ['\u05d0\u05d1', '\u05d0\u05d1', 'Hebrew alone'],
    ['\u0627\u0031\u0628', '\u0627\u0031\u0628', 'a digit between Arabic letters (RFC 3454 §6)'],
    ['\u05d0a\u05d1', null, 'a Latin letter between Hebrew ones'],
    ['a\u05d0', null, 'Hebrew that does not begin the text'],
  ] as const;
  for (const [text, prepared, note] of cases) assert.equal(saslprep(text), prepared, note);
});

test('SASLprep: preparing twice is preparing once', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const once = saslprep(text);
      if (once !== null) assert.equal(saslprep(once), once);
    }),
    { numRuns: 2000 },
  );
});

test('SASLprep: printable ASCII is left as it is', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => saslprep(text) === text));
});
