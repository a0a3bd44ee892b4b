import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import { charsetDecoder, decodeCharset, guessCharset } from 'mailwright/mime';

const octets = (...hex: string[]) => Buffer.from(hex.join(''), 'hex');

test('charsets by TextDecoder, then by iconv-lite', () => {
  const cases: [label: string, octets: Buffer, text: string][] = [
    ['utf-8', octets('c3a9'), 'é'],
    ['UTF8', octets('efbbbfc3a9'), 'é'],
    ['us-ascii', octets('41'), 'A'],
    ['iso-8859-1', octets('e980'), 'é€'], // read as windows-1252, as everybody does
    [' ISO-8859-15 ', octets('a4'), '€'],
    ['windows-1251', octets('e4e0'), 'да'],
    ['cp437', octets('82'), 'é'],
    ['utf-7', Buffer.from('+AOk-'), 'é'],
    ['unicode-1-1-utf-7', Buffer.from('+AOk-'), 'é'],
    ['utf-16', octets('feff00e9'), 'é'], // RFC 2781 §4.3
    ['utf-16', octets('fffee900'), 'é'],
    ['iso-2022-jp', octets('1b2442467c4b5c1b2842'), '日本'],
    ['gb18030', octets('c4e3'), '你'],
    ['big5', octets('a741'), '你'],
    ['euc-kr', octets('c7d1'), '한'],
    ['koi8-r', octets('c4c1'), 'да'],
    ['utf8mb4', octets('c3a9'), 'é'],
    ['utf-8', octets('ff41'), '\ufffdA'],
  ];
  for (const [label, bytes, text] of cases) assert.equal(decodeCharset(bytes, label), text, label);
});

test('what is no charset is told', () => {
  for (const label of [
    '',
    'nonesuch',
    'x-unknown',
    'base64',
    'hex',
    'binary',
    'b-i_n.ary',
    'constructor',
    '__proto__',
    'toString',
    'hasOwnProperty',
    'x'.repeat(10_000),
  ]) {
    assert.equal(decodeCharset(octets('41'), label), null, label);
    assert.equal(charsetDecoder(label), null, label);
  }
});

function inPieces(label: string, pieces: readonly Uint8Array[]): string {
  const decoder = charsetDecoder(label);
  return pieces.map((piece) => decoder?.write(piece)).join('') + decoder?.end();
}

test('law: text in pieces is the text of the whole', () => {
  const labels = fc.constantFrom('utf-8', 'windows-1252', 'utf-16', 'utf-16le', 'utf-7', 'cp437', 'koi8-r');
  fc.assert(
    fc.property(labels, fc.array(fc.uint8Array({ maxLength: 8 }), { maxLength: 8 }), (label, pieces) => {
      assert.equal(inPieces(label, pieces), decodeCharset(Buffer.concat(pieces), label));
    }),
    { numRuns: 500 },
  );
});

test('a character of several octets may be cut anywhere', () => {
  const texts: [label: string, octets: Buffer][] = [
    ['utf-8', octets('f09f9880', 'e282ac', '41')],
    ['utf-16', octets('feff', 'd83dde00', '0041')],
    ['shift_jis', octets('93fa967b41')],
    ['iso-2022-jp', octets('1b2442467c4b5c1b284241')],
    ['gb18030', octets('c4e3', '81308130', '41')],
    ['euc-kr', octets('c7d141')],
    ['utf-32', octets('fffe0000', '00f60100')],
  ];
  for (const [label, bytes] of texts) {
    const whole = decodeCharset(bytes, label);
    const one = [...bytes].map((octet) => Uint8Array.of(octet));
    assert.equal(inPieces(label, one), whole, label);
    for (let cut = 0; cut <= bytes.length; cut++) {
      assert.equal(
        inPieces(label, [bytes.subarray(0, cut), bytes.subarray(cut)]),
        whole,
        `${label} at ${cut}`,
      );
    }
  }
});

test('a guess where none is declared', () => {
  const cases: [Buffer, string][] = [
    [octets(''), 'utf-8'],
    [octets('c3a9'), 'utf-8'],
    [octets('e9'), 'windows-1252'],
    [octets('feff0041'), 'utf-16be'],
    [octets('fffe4100'), 'utf-16le'],
    [octets('1b2442467c1b2842'), 'iso-2022-jp'],
    [octets('1b5b316d41'), 'utf-8'], // an escape sequence of a terminal
  ];
  for (const [bytes, charset] of cases) assert.equal(guessCharset(bytes), charset, bytes.toString('hex'));
});

test('labels that strangers make up fill no memory', () => {
  for (let i = 0; i < 2000; i++) assert.equal(decodeCharset(octets(''), `x-${i}`), null);
  assert.equal(decodeCharset(octets('e9'), 'latin1'), 'é');
});
