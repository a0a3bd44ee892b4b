import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  Base64BodyEncoder,
  decodeBase64Body,
  decodeQuotedPrintable,
  encodeQuotedPrintable,
} from 'mailwright/bytes';

const latin1 = (octets: Uint8Array) => Buffer.from(octets).toString('latin1');

test('law: base64 in lines of 76 gives the octets back, however they came (RFC 2045 §6.8)', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 150 }), { maxLength: 6 }), (chunks) => {
      const encoder = new Base64BodyEncoder();
      const parts = chunks.map((chunk) => encoder.push(chunk));
      const encoded = Buffer.concat([...parts, encoder.end()]);
      for (const line of latin1(encoded).split('\r\n').slice(0, -2)) assert.equal(line.length, 76);
      assert.deepEqual(Buffer.from(decodeBase64Body(encoded).octets), Buffer.concat(chunks));
    }),
  );
});

test('the base64 encoder keeps nothing of a chunk that may be changed', () => {
  const encoder = new Base64BodyEncoder();
  const chunk = Buffer.from('abc');
  encoder.push(chunk);
  chunk.fill(0);
  assert.equal(latin1(encoder.end()), 'YWJj\r\n');
});

test('quoted-printable to the letter (RFC 2045 §6.7)', () => {
  const cases: [octets: string, encoded: string][] = [
    ['', ''],
    ['a=b\r\n', 'a=3Db\r\n'],
    ['caf\xe9', 'caf=E9'],
    ['a \r\nb\t', 'a=20\r\nb=09'],
    ['a b\r\n', 'a b\r\n'],
    ['a\nb\rc\r\n', 'a=0Ab=0Dc\r\n'],
    ['\0\x7f', '=00=7F'],
    ['.\r\n..\r\nFrom me\r\nFrom:\r\n', '=2E\r\n=2E.\r\n=46rom me\r\nFrom:\r\n'],
    ['x'.repeat(76), 'x'.repeat(76)],
    ['x'.repeat(77), `${'x'.repeat(75)}=\r\nxx`],
    [`${'x'.repeat(75)}..`, `${'x'.repeat(75)}=\r\n=2E.`],
  ];
  for (const [octets, encoded] of cases) {
    assert.equal(
      latin1(encodeQuotedPrintable(Buffer.from(octets, 'latin1'))),
      encoded,
      JSON.stringify(octets),
    );
  }
});

test('law: quoted-printable gives the octets back on lines of at most 76', () => {
  const piece = fc.oneof(
    fc.constantFrom('\r\n', '\r', '\n', '.', 'From ', ' ', '\t', '=', 'x'.repeat(70)),
    fc.string({ unit: 'binary', maxLength: 8 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const octets = Buffer.from(pieces.join(''));
      const encoded = encodeQuotedPrintable(octets);
      assert.match(latin1(encoded), /^[\t\r\n\x20-\x7e]*$/);
      for (const line of latin1(encoded).split('\r\n'))
        assert.ok(line.length <= 76 && !/[ \t]$/.test(line), line);
      assert.deepEqual(Buffer.from(decodeQuotedPrintable(encoded).octets), octets);
    }),
  );
});
