/** The forms of header fields that are signed, and which fields a signature picks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeaderFields } from 'mailwright/mime';
import {
  type Canonicalization,
  canonicalField,
  canonicalSignatureField,
  MessagePass,
  SignatureMisuse,
  SignedHeader,
} from 'mailwright/signature';

const forms: readonly (readonly [raw: string, relaxed: string])[] = [
  // RFC 6376 §3.4.5
  ['A: X\r\n', 'a:X\r\n'],
  ['B : Y\t\r\n\tZ  \r\n', 'b:Y Z\r\n'],
  ['a:\r\n', 'a:\r\n'],
  ['a: \r\n', 'a:\r\n'],
  ['a: \t \r\n', 'a:\r\n'],
  ['a:b\r\n \r\n c\r\n', 'a:b c\r\n'],
  ['a: b  c\td \r\n', 'a:b c d\r\n'],
  ['a: b\n', 'a:b\r\n'],
  ['a: b', 'a:b\r\n'],
  ['a: b\rc\r\n', 'a:b\rc\r\n'],
];

const key = (raw: string) => raw.slice(0, raw.indexOf(':')).trim().toLowerCase();

for (const [raw, relaxed] of forms) {
  test(`relaxed form of ${JSON.stringify(raw)}`, () => {
    assert.equal(canonicalField(key(raw), raw, 'relaxed'), relaxed);
    assert.equal(canonicalField(key(raw), raw, 'simple'), `${raw.replace(/\r?\n$/, '')}\r\n`);
  });
}

const own: readonly (readonly [raw: string, form: Canonicalization, text: string])[] = [
  ['S: a=1; b=xyz; bh=w\r\n', 'simple', 'S: a=1; b=; bh=w'],
  ['S: a=1; b = x\r\n yz ; bh=w\r\n', 'simple', 'S: a=1; b =; bh=w'],
  ['S: a=1; bh=w; b=xyz\r\n', 'simple', 'S: a=1; bh=w; b='],
  ['S: a=1; bh=w; b=xyz;\r\n', 'relaxed', 's:a=1; bh=w; b=;'],
  ['S: bb=1; d=b=2; a=3\r\n', 'simple', 'S: bb=1; d=b=2; a=3'],
  ['S: none\r\n', 'relaxed', 's:none'],
];

for (const [raw, form, text] of own) {
  test(`RFC 6376 §3.7: ${JSON.stringify(raw)} without its signature, ${form}`, () => {
    assert.equal(canonicalSignatureField('s', raw, form), text);
  });
}

test('RFC 6376 §5.4.2: of a name the last field first, then those above, then nothing', () => {
  const section = Buffer.from('A: 1\r\nB: 2\r\nA: 3\r\nA: 4\r\n\r\n');
  const header = new SignedHeader(section, HeaderFields.scan(section));
  assert.equal(header.pick(['a', 'a', 'b', 'a', 'a', 'c', 'b'], 'relaxed'), 'a:4\r\na:3\r\nb:2\r\na:1\r\n');
  assert.equal(header.pick(['a'], 'relaxed'), 'a:4\r\n', 'each pick begins anew');
  assert.equal(header.pick(['a'], 'simple'), 'A: 4\r\n');
  const [, , third, last] = [...header];
  assert.equal(
    header.pick(['a', 'a'], 'relaxed', last),
    'a:3\r\na:1\r\n',
    'a signature does not pick itself',
  );
  assert.equal(header.pick(['a', 'a'], 'relaxed', third), 'a:4\r\na:1\r\n');
});

const splits: readonly (readonly [message: string, fields: number, body: string])[] = [
  ['A: 1\r\nB: 2\r\n\r\nbody', 2, 'body'],
  ['A: 1\n\nbody\r\n\r\n', 1, 'body\r\n\r\n'],
  ['A: 1\r\n\nbody', 1, 'body'],
  ['\r\nbody', 0, 'body'],
  ['\nbody', 0, 'body'],
  ['A: 1\r\n', 1, ''],
  ['A: 1', 1, ''],
  ['', 0, ''],
  ['A: 1\r\n\r\n', 1, ''],
  ['A: \r\r\n\r\nbody', 1, 'body'],
];

for (const [message, fields, body] of splits) {
  test(`the header section of ${JSON.stringify(message)}, however it is cut`, () => {
    const octets = Buffer.from(message);
    for (let first = 0; first <= octets.length; first++) {
      for (let second = first; second <= octets.length; second++) {
        const pass = new MessagePass({ scan: HeaderFields.scan });
        let size = -1;
        let wanted: { readonly result: { readonly octets: number } } | undefined;
        pass.onHeader((header) => {
          size = [...header].length;
          wanted = pass.bodyHash('simple', 'sha256');
        });
        for (const [from, to] of [
          [0, first],
          [first, second],
          [second, octets.length],
        ]) {
          pass.write(octets.subarray(from, to));
        }
        pass.end();
        assert.equal(size, fields);
        // The simple form ends in CRLF, whether the body does or not, and has only one there.
        assert.equal(wanted?.result.octets, `${body.replace(/(\r\n)+$/, '')}\r\n`.length);
      }
    }
  });
}

test('a pass that is used out of order says so', () => {
  const pass = new MessagePass({ scan: HeaderFields.scan });
  assert.throws(() => pass.bodyHash('simple', 'sha256'), SignatureMisuse);
  let early: unknown;
  pass.onHeader((_, same) => {
    const wanted = same.bodyHash('simple', 'sha256');
    try {
      early = wanted.result;
    } catch (error) {
      early = error;
    }
  });
  pass.write(Buffer.from('A: 1\r\n\r\nbody'));
  assert.ok(early instanceof SignatureMisuse);
  assert.throws(() => pass.onHeader(() => {}), SignatureMisuse);
  assert.throws(() => pass.bodyHash('simple', 'sha256'), SignatureMisuse);
  pass.end();
  pass.end();
  assert.throws(() => pass.write(Buffer.from('more')), SignatureMisuse);
});
