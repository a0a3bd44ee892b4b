import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseDateTime } from '../../src/smtp/date-time.ts';
import { decodeUtf8Address, decodeXtext, decodeXtextOctets, encodeXtext } from '../../src/smtp/xtext.ts';

const printable = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
});

test('xtext gives printable text back, and holds neither space, "=" nor control (RFC 3461 §4)', () => {
  fc.assert(
    fc.property(printable, (text) => {
      const encoded = encodeXtext(text);
      assert.match(encoded, /^[\x21-\x3c\x3e-\x7e]*$/);
      assert.equal(decodeXtext(encoded), text);
    }),
  );
});

test('xtext carries any text as UTF-8 octets', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const octets = decodeXtextOctets(encodeXtext(text));
      assert.ok(octets !== null);
      assert.equal(Buffer.from(octets, 'latin1').toString(), text.toWellFormed());
    }),
  );
});

test('decoding any text gives what encodes to it again, or nothing', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('+', '=', '4', '1', '0', 'D', 'a', 'x', ' ', 'é') }),
      (text) => {
        const decoded = decodeXtext(text);
        if (decoded !== null) assert.equal(decodeXtext(encodeXtext(decoded)), decoded);
        else assert.match(text, /[= é]|\+(?![0-9A-F]{2})|\+(?:0|1)[0-9A-F]|\+D/);
      },
    ),
  );
});

test('a utf-8 address gives Unicode text back (RFC 6533 §3)', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const encoded = [...text.toWellFormed()]
        .map((character) => `\\x{${character.codePointAt(0)?.toString(16).toUpperCase().padStart(2, '0')}}`)
        .join('');
      const decoded = decodeUtf8Address(encoded);
      assert.equal(decoded, /\p{Cc}/u.test(text) ? null : text.toWellFormed());
    }),
  );
});

test('RFC 3339 §5.6: date-times that are, and that are not', () => {
  const table: readonly (readonly [text: string, iso: string | null])[] = [
    ['1985-04-12T23:20:50.52Z', '1985-04-12T23:20:50.520Z'],
    ['1996-12-19T16:39:57-08:00', '1996-12-20T00:39:57.000Z'],
    ['2024-02-29t00:00:00z', '2024-02-29T00:00:00.000Z'],
    // A leap second is the first of the next day, as POSIX counts.
    ['1990-12-31T23:59:60Z', '1991-01-01T00:00:00.000Z'],
    ['2023-02-29T00:00:00Z', null],
    ['2023-04-31T00:00:00Z', null],
    ['2023-01-01T24:00:00Z', null],
    ['2023-01-01T23:60:00Z', null],
    ['2023-01-01T23:59:61Z', null],
    ['2023-01-01T00:00:00+24:00', null],
    ['2023-01-01T00:00:00', null],
    ['2023-01-01 00:00:00Z', null],
    ['2023-1-1T00:00:00Z', null],
  ];
  for (const [text, iso] of table) {
    const time = parseDateTime(text);
    assert.equal(time === null ? null : new Date(time).toISOString(), iso, text);
  }
});
