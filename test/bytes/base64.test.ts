import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeBase64, decodeUtf8, encodeBase64 } from 'mailwright/bytes';

test('base64: the vectors of RFC 4648 §10', () => {
  const vectors = [
    ['', ''],
    ['f', 'Zg=='],
    ['fo', 'Zm8='],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg=='],
    ['fooba', 'Zm9vYmE='],
    ['foobar', 'Zm9vYmFy'],
  ] as const;
  for (const [text, encoded] of vectors) {
    assert.equal(encodeBase64(text), encoded);
    assert.equal(Buffer.from(decodeBase64(encoded) ?? []).toString(), text);
  }
});

test('base64: only the one spelling of its octets is taken', () => {
  const wrong = [
    ['Zg', 'padding is missing (RFC 4648 §3.2)'],
    ['Zg=', 'half the padding is missing'],
    ['Zg===', 'too much padding'],
    ['Zm9v====', 'padding where none belongs'],
    ['=', 'nothing but padding, which is for the protocol to read'],
    ['====', 'a quantum of padding'],
    ['Z===', 'a quantum of one letter'],
    ['Zh==', 'bits left over (RFC 4648 §3.5)'],
    ['Zm9=', 'bits left over'],
    ['Zg==Zg==', 'padding in the middle'],
    ['Z=g=', 'padding among the letters'],
    ['Zm9v\r\n', 'a line end (RFC 4648 §3.1)'],
    ['Zm 9', 'a space (RFC 4648 §3.3)'],
    ['Zm-_', 'the URL alphabet (RFC 4648 §5)'],
    ['Zm9\0', 'a control'],
    ['Zm9\u0176', 'a letter whose low octet is in the alphabet'],
    ['*', 'the cancellation of a SASL exchange'],
  ] as const;
  for (const [text, why] of wrong) assert.equal(decodeBase64(text), null, why);
});

test('base64: whatever is encoded decodes to itself, and nothing else does', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (octets) => {
      const text = encodeBase64(octets);
      assert.deepEqual(decodeBase64(text), octets);
    }),
  );
  fc.assert(
    fc.property(fc.base64String(), (text) => {
      const octets = decodeBase64(text);
      if (octets !== null) assert.equal(encodeBase64(octets), text);
    }),
  );
});

test('base64: a view is encoded alone, not the buffer under it', () => {
  const buffer = Buffer.from('..foo..');
  assert.equal(encodeBase64(buffer.subarray(2, 5)), 'Zm9v');
});

test('UTF-8: well-formed octets and no others (RFC 3629 §3)', () => {
  const cases = [
    ['', ''],
    ['c3a9', '\u00e9'],
    ['f09f9880', '\u{1f600}'],
    ['efbbbf61', '\ufeffa'],
    ['00', '\0'],
    ['c3', null],
    ['c0af', null],
    ['eda080', null],
    ['f4908080', null],
    ['ff', null],
  ] as const;
  for (const [hex, text] of cases) assert.equal(decodeUtf8(Buffer.from(hex, 'hex')), text, hex);
});
