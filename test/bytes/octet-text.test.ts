import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bufferOf, latin1Text, utf8Text } from 'mailwright/bytes';

const octets = Uint8Array.of(0x68, 0xc3, 0xa9, 0xff);

test('octets as text: one character for each, or as UTF-8 with U+FFFD for what is none', () => {
  assert.equal(latin1Text(octets), 'h\u00c3\u00a9\u00ff');
  assert.equal(latin1Text(octets, 1, 3), '\u00c3\u00a9');
  assert.equal(utf8Text(octets), 'hé\ufffd');
  assert.equal(utf8Text(octets, 1, 3), 'é');
});

test('a Buffer of the same octets, not of a copy', () => {
  const view = octets.subarray(1, 3);
  const buffer = bufferOf(view);
  assert.ok(Buffer.isBuffer(buffer));
  assert.deepEqual([buffer.buffer, buffer.byteOffset, buffer.length], [octets.buffer, 1, 2]);
  assert.equal(bufferOf(buffer), buffer);
});
