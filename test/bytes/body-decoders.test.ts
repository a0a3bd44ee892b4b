import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  Base64BodyDecoder,
  decodeBase64Body,
  decodeQuotedPrintable,
  type OctetDecoder,
  QuotedPrintableDecoder,
  UuDecoder,
  YencDecoder,
} from 'mailwright/bytes';

const octets = (text: string) => Buffer.from(text, 'latin1');

function decode(decoder: OctetDecoder, chunks: readonly Buffer[]): { text: string; faults: string[] } {
  const pieces = chunks.map((chunk) => Buffer.from(decoder.push(chunk)));
  pieces.push(Buffer.from(decoder.end()));
  return { text: Buffer.concat(pieces).toString('latin1'), faults: [...decoder.faults].sort() };
}

function split(input: Buffer, places: readonly number[]): Buffer[] {
  const edges = [0, ...places.map((place) => place % (input.length + 1)).sort((a, b) => a - b), input.length];
  return edges.slice(1).map((end, at) => input.subarray(edges[at], end));
}

const decoders = {
  base64: () => new Base64BodyDecoder(),
  'quoted-printable': () => new QuotedPrintableDecoder(),
  uuencode: () => new UuDecoder(),
  yEnc: () => new YencDecoder(),
};

type Case = [name: string, encoded: string, text: string, ...faults: string[]];

const cases: Record<keyof typeof decoders, Case[]> = {
  base64: [
    ['lines', 'SGVs\r\nbG8=\r\n', 'Hello'],
    ['units across lines', 'SGV\nsbG\n8=', 'Hello'],
    ['RFC 2045 §6.8: other characters are passed over', 'SG!Vs*bG8=', 'Hello', 'bad-character'],
    [
      'RFC 2045 §6.8: padding ends the octets',
      'SGVsbG8=\r\n\r\n-- \r\nlist footer',
      'Hello',
      'data-after-padding',
    ],
    ['padding left out', 'SGVsbG8', 'Hello', 'truncated'],
    ['a letter too many', 'SGVsbG8hQ', 'Hello!', 'truncated'],
    ['RFC 4648 §5: the alphabet of URLs is not that of mail', '-SGVs_', 'Hel', 'bad-character'],
    ['nothing', '\r\n', ''],
  ],
  'quoted-printable': [
    ['codes, also in lower case', 'a=3Db=c3=A9', 'a=b\u00c3\u00a9'],
    ['RFC 2045 §6.7 (rule 5): soft line breaks', 'a=\r\nb= \t\r\nc=\nd', 'abcd'],
    [
      'RFC 2045 §6.7 (rule 3): white space at the end of a line is deleted',
      'a \t\r\nb  \nc d ',
      'a\r\nb\nc d',
    ],
    ['RFC 2045 §6.7 (rule 3): coded white space stays', 'a=20\r\nb', 'a \r\nb'],
    ['no code: kept as it is', 'a=zz=4 =', 'a=zz=4 ', 'bad-character'],
    ['a soft line break as the end', 'a=\r\n', 'a'],
    ['a soft line break without its line end', 'a=', 'a'],
    ['8-bit octets stay', 'caf\u00e9', 'caf\u00e9'],
    ['a lone CR stays', 'a \rb', 'a \rb'],
    ['no more than 1024 blanks are deleted', `a${' '.repeat(1030)}\n`, `a${' '.repeat(6)}\n`],
  ],
  uuencode: [
    ['a file', 'text\nbegin 644 cat.txt\n#0V%T\n`\nend\nmore', 'Cat'],
    ['spaces for zeros, lost at the end of a line', 'begin 644 x\n#0V$\n \nend\n', 'Ca\0'],
    ['no end', 'begin 644 x\n#0V%T\n', 'Cat', 'truncated'],
    ['no beginning', 'no file', '', 'truncated'],
  ],
  yEnc: [
    [
      'with its checksum',
      '=ybegin line=128 size=3 name=x\nm\u008b\u009e\n=yend size=3 crc32=A6130548\n',
      'Cat',
    ],
    [
      'a wrong checksum',
      '=ybegin line=128 size=3 name=x\r\nm\u008b\u009e\r\n=yend size=3 crc32=42492e12\r\n',
      'Cat',
      'wrong-checksum',
    ],
    ['escapes', '=ybegin line=128 size=2 name=x\n=@=}\n=yend size=2\n', '\u00d6\u0013'],
    ['wrong size', '=ybegin line=128 size=3 name=x\nm\n=yend size=3\n', 'C', 'wrong-size'],
    ['no end', '=ybegin line=128 size=1 name=x\nm', 'C', 'truncated'],
  ],
};

for (const [name, make] of Object.entries(decoders)) {
  describe(`${name} bodies`, () => {
    for (const [what, encoded, text, ...faults] of cases[name as keyof typeof decoders]) {
      test(what, () => {
        const input = octets(encoded);
        assert.deepEqual(decode(make(), [input]), { text, faults });
        assert.deepEqual(decode(make(), split(input, Array.from(input.keys()))), { text, faults });
      });
    }

    test('law: any split of any octets gives the same', () => {
      const symbol = fc.constantFrom(
        ...'=\r\n \tA4fzZ+/-_!M`#yend0',
        '\u00ff',
        '=3D',
        'begin 644 x\n',
        '=ybegin \n',
        '\nend\n',
        '\n=yend\n',
      );
      const input = fc.array(symbol, { maxLength: 60 }).map((symbols) => octets(symbols.join('')));
      fc.assert(
        fc.property(input, fc.array(fc.nat(200), { maxLength: 8 }), (encoded, places) => {
          assert.deepEqual(decode(make(), split(encoded, places)), decode(make(), [encoded]));
        }),
        { numRuns: 1000 },
      );
    });
  });
}

test('in memory as in chunks', () => {
  const any = fc.oneof(
    fc
      .uint8Array({ maxLength: 300 })
      .map((raw) => Buffer.from(raw).toString('base64').replace(/.{20}/g, '$&\r\n')),
    fc.array(fc.constantFrom(...'=\r\nAb-!'), { maxLength: 40 }).map((letters) => letters.join('')),
  );
  fc.assert(
    fc.property(any, (text) => {
      const whole = decodeBase64Body(octets(text));
      const streamed = decode(new Base64BodyDecoder(), [octets(text)]);
      assert.equal(Buffer.from(whole.octets).toString('latin1'), streamed.text);
      // What leaves the count of octets as it should be goes unnoticed in memory.
      if (whole.faults.size > 0) assert.deepEqual([...whole.faults].sort(), streamed.faults);
      const quoted = decodeQuotedPrintable(octets(text));
      const chunks = decode(new QuotedPrintableDecoder(), [octets(text)]);
      assert.equal(Buffer.from(quoted.octets).toString('latin1'), chunks.text);
      assert.deepEqual([...quoted.faults].sort(), chunks.faults);
    }),
    { numRuns: 2000 },
  );
});

test('law: what was encoded comes back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), fc.array(fc.nat(900), { maxLength: 5 }), (raw, places) => {
      const text = Buffer.from(raw).toString('latin1');
      const base64 = octets(Buffer.from(raw).toString('base64').replace(/.{76}/g, '$&\r\n'));
      assert.deepEqual(decode(new Base64BodyDecoder(), split(base64, places)), { text, faults: [] });
      const quoted = octets([...raw].map((octet) => `=${octet.toString(16).padStart(2, '0')}`).join(''));
      assert.deepEqual(decode(new QuotedPrintableDecoder(), split(quoted, places)), { text, faults: [] });
      assert.deepEqual(decode(new UuDecoder(), split(uuencoded(raw), places)), { text, faults: [] });
      assert.deepEqual(decode(new YencDecoder(), split(yencoded(raw), places)), { text, faults: [] });
    }),
    { numRuns: 300 },
  );
});

function uuencoded(raw: Uint8Array): Buffer {
  const letter = (six: number) => (six === 0 ? '`' : String.fromCharCode(six + 32));
  let text = 'begin 644 x\n';
  for (let at = 0; at < raw.length; at += 45) {
    const line = raw.subarray(at, at + 45);
    text += letter(line.length);
    for (let unit = 0; unit < line.length; unit += 3) {
      const bits = (line[unit]! << 16) | ((line[unit + 1] ?? 0) << 8) | (line[unit + 2] ?? 0);
      for (const shift of [18, 12, 6, 0]) text += letter((bits >> shift) & 63);
    }
    text += '\n';
  }
  return octets(`${text}\`\nend\n`);
}

function yencoded(raw: Uint8Array): Buffer {
  const body = [...raw].flatMap((octet) => {
    const coded = (octet + 42) & 255;
    return [0, 10, 13, 61].includes(coded) ? [61, (coded + 64) & 255] : [coded];
  });
  return Buffer.concat([
    octets(`=ybegin line=2000 size=${raw.length} name=x\r\n`),
    Buffer.from(body),
    octets(`\r\n=yend size=${raw.length}\r\n`),
  ]);
}
