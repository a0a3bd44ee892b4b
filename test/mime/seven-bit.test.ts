import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseMessage, scanMime, toSevenBit } from 'mailwright/mime';
import { decodedLeaves, message, outline } from './outline.ts';

const text = 'Content-Type: text/plain; charset=iso-8859-1';
const eightBit = 'Content-Transfer-Encoding: 8bit';
const mime = 'MIME-Version: 1.0';
const mixed = 'Content-Type: multipart/mixed; boundary=b';

const cases: readonly (readonly [
  name: string,
  given: readonly string[],
  result: readonly string[] | string,
])[] = [
  [
    'text becomes quoted-printable; other fields stay, octet by octet',
    ['Subject:  folded', '\tso', mime, text, eightBit, 'X: y', '', 'caf\xe9', '.', ''],
    [
      ...['Subject:  folded', '\tso', mime, text, 'Content-Transfer-Encoding: quoted-printable', 'X: y', ''],
      ...['caf=E9', '=2E', ''],
    ],
  ],
  [
    'text of which little is US-ASCII becomes base64',
    [mime, text, eightBit, '', '\xe9\xe8\xe7\xe6', ''],
    [mime, text, 'Content-Transfer-Encoding: base64', '', '6ejn5g0K', ''],
  ],
  [
    'other parts become base64, multiparts are labelled 7bit (RFC 2045 §6.4)',
    [
      ...[mime, mixed, 'Content-Transfer-Encoding: binary', '', 'To whom it may concern', '--b'],
      ...[text, eightBit, '', 'plain', '--b'],
      ...['Content-Type: image/x', 'Content-Transfer-Encoding: binary', '', '\x00\r\n\n', '--b--', ''],
    ],
    [
      ...[mime, mixed, 'Content-Transfer-Encoding: 7bit', '', 'To whom it may concern', '--b'],
      ...[text, 'Content-Transfer-Encoding: 7bit', '', 'plain', '--b'],
      ...['Content-Type: image/x', 'Content-Transfer-Encoding: base64', '', 'AA0KCg==', '', '--b--', ''],
    ],
  ],
  [
    'a message within (RFC 2046 §5.2.1)',
    [mime, 'Content-Type: message/rfc822', eightBit, '', text, '', 'caf\xe9', ''],
    [
      ...[mime, 'Content-Type: message/rfc822', 'Content-Transfer-Encoding: 7bit', ''],
      ...[text, 'Content-Transfer-Encoding: quoted-printable', mime, '', 'caf=E9', ''],
    ],
  ],
  [
    'a message with UTF-8 fields within may be encoded as a whole (RFC 6532 §3.7)',
    [mime, 'Content-Type: message/global', eightBit, '', 'Subject: \xc3\xa9', '', '', ''],
    [
      ...[mime, 'Content-Type: message/global', 'Content-Transfer-Encoding: base64', ''],
      ...['U3ViamVjdDogw6kNCg0KDQo=', ''],
    ],
  ],
  [
    'lines that are too long, and NUL',
    [mime, mixed, '', '--b', '', 'a'.repeat(999), '--b', '', 'a\0', '--b--', ''],
    [
      ...[mime, mixed, '', '--b', 'Content-Transfer-Encoding: quoted-printable', ''],
      ...[...Array.from({ length: 13 }, () => `${'a'.repeat(75)}=`), 'a'.repeat(24)],
      ...['--b', 'Content-Transfer-Encoding: quoted-printable', '', 'a=00', '--b--', ''],
    ],
  ],
  [
    'lone line ends are kept by base64',
    [mime, text, eightBit, '', 'a\nb\rc', ''],
    [mime, text, 'Content-Transfer-Encoding: base64', '', 'YQpiDWMNCg==', ''],
  ],
  [
    'a last line without an end: nothing on the way may add one',
    [mime, text, eightBit, '', 'very nearly US-ASCII: \xe9'],
    [mime, text, 'Content-Transfer-Encoding: base64', '', 'dmVyeSBuZWFybHkgVVMtQVNDSUk6IOk=', ''],
  ],
  [
    'eight bits where quoted-printable was promised',
    [mime, text, 'Content-Transfer-Encoding: quoted-printable', '', 'caf\xe9 caf=E9', ''],
    [mime, text, 'Content-Transfer-Encoding: quoted-printable', '', 'caf=E9 caf=E9', ''],
  ],
  [
    'what hides a delimiter goes on hiding it (RFC 2046 §5.1.1)',
    [
      mime,
      mixed,
      '',
      '--b',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      '=2D-b--',
      '\xe9 = far =',
      '--b--',
      '',
    ],
    [
      ...[mime, mixed, '', '--b', 'Content-Transfer-Encoding: quoted-printable', ''],
      ...['=2D-b--', '=E9 =3D far ', '--b--', ''].map((line) => line.replace(/ $/, '=20')),
    ],
  ],
  [
    'the preamble and the epilogue are emptied (RFC 2046 §5.1.1)',
    [mime, mixed, '', '\xe9', '--b', '', 'Hello', '--b--', '\xe9', ''],
    [mime, mixed, '', '--b', '', 'Hello', '--b--', ''],
  ],
  [
    'a header without MIME gets its version, for else nobody need decode (RFC 2045 §4)',
    ['Subject: x', '', 'caf\xe9', ''],
    ['Subject: x', 'Content-Transfer-Encoding: quoted-printable', mime, '', 'caf=E9', ''],
  ],
  ['fields beyond US-ASCII', ['Subject: \xc3\xa9', '', ''], 'header'],
  ['fields that end in LF alone', ['Subject: x\nX: y', text, '', '\xe9', ''], 'header'],
  ['fields of a part', [mime, mixed, '', '--b', 'Content-Description: \xe9', '', '--b--', ''], 'header'],
  [
    'under a signature (RFC 1847 §2.1)',
    [mime, 'Content-Type: multipart/signed; boundary=b', '', '--b', text, eightBit, '', '\xe9', '--b--', ''],
    'signed',
  ],
  [
    'under encryption (RFC 1847 §2.2)',
    [mime, 'Content-Type: multipart/encrypted; boundary=b', '', '--b', '', '\xe9', '--b--', ''],
    'encrypted',
  ],
  [
    'a type of message that must not be encoded (RFC 2046 §5.2.2)',
    [mime, 'Content-Type: message/partial', '', '\xe9', ''],
    'composite',
  ],
  ['a multipart without a boundary', [mime, 'Content-Type: multipart/mixed', '', '\xe9', ''], 'composite'],
  ['a multipart without parts', [mime, mixed, '', '\xe9', ''], 'structure'],
  ['an unknown encoding', ['Content-Transfer-Encoding: x-own', '', '\xe9', ''], 'encoding'],
  ['a delimiter that ends in LF alone', [mime, mixed, '', '--b\nX: y', '', '\xe9', '--b--', ''], 'structure'],
  ['more fields than are looked at', [...Array(2001).fill('A: b'), '', '\xe9', ''], 'structure'],
];

describe('a message for a way of seven bits', () => {
  for (const [name, given, result] of cases) {
    test(name, () => {
      const fitting = toSevenBit(message(...given));
      if (typeof result === 'string') assert.deepEqual(fitting, { ok: false, why: result });
      else assert.equal(fitting.ok && Buffer.from(fitting.octets).toString('latin1'), result.join('\r\n'));
    });
  }

  test('what fits already is given back as it is, labels and signatures too', () => {
    const octets = message(mime, 'DKIM-Signature: v=1', eightBit, '', 'cafe', '');
    assert.deepEqual(toSevenBit(octets), { ok: true, octets });
    const signed = [mime, mixed, eightBit, '', '--b', 'Content-Type: multipart/signed; boundary=c', eightBit];
    const lines = message(
      ...signed,
      '',
      '--c',
      eightBit,
      '',
      'x',
      '--c--',
      '--b',
      text,
      '',
      '\xe9',
      '--b--',
      '',
    );
    const fitting = toSevenBit(lines);
    assert.ok(fitting.ok);
    const inner = scanMime(fitting.octets).root.children[0];
    assert.equal(inner?.encoding, '8bit', 'nothing changes under a signature');
  });

  test('a limit for the message, and for what it becomes', () => {
    const octets = message(mime, 'Content-Type: image/x', '', '\xe9'.repeat(1000));
    assert.deepEqual(toSevenBit(octets, { limit: octets.length - 1 }), { ok: false, why: 'too-large' });
    assert.deepEqual(toSevenBit(octets, { limit: octets.length }), { ok: false, why: 'too-large' });
    assert.equal(toSevenBit(octets, { limit: 2 * octets.length }).ok, true);
  });
});

const line = fc.oneof(
  fc.constantFrom('', '.', '--', '-- ', 'From x', '--b0--x', '=', 'a'.repeat(1200), ` ${'-'.repeat(200)}`),
  fc.string({
    unit: fc.constantFrom('a', ' ', '-', '=', '\xe9', '\t', '\0', '\r', '\n', '.'),
    maxLength: 120,
  }),
);
const label = fc.constantFrom(
  [],
  ...['7bit', '8bit', 'binary', 'quoted-printable', 'base64', 'x-uuencode'].map((encoding) => [
    `Content-Transfer-Encoding: ${encoding}`,
  ]),
);
const { tree } = fc.letrec<{ tree: string[]; leaf: string[] }>((tie) => ({
  leaf: fc
    .tuple(fc.constantFrom('text/plain', 'text/html', 'image/x'), label, fc.array(line, { maxLength: 5 }))
    .map(([type, encoding, lines]) => [`Content-Type: ${type}`, ...encoding, '', ...lines]),
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    fc
      .tuple(fc.array(tie('tree'), { minLength: 1, maxLength: 3 }), fc.nat(1e6), label)
      .map(([parts, id, encoding]) => [
        `Content-Type: multipart/mixed; boundary="b${id}"`,
        ...encoding.filter((field) => /bit|binary/.test(field)),
        ...['', ...parts.flatMap((part) => [`--b${id}`, ...part]), `--b${id}--`],
      ]),
    fc.tuple(tie('tree')).map(([inner]) => ['Content-Type: message/rfc822', '', ...inner]),
  ),
}));

test('law: each part decodes to the same octets, and all that is left has seven bits', () => {
  let changed = 0;
  fc.assert(
    fc.property(tree, (lines) => {
      const octets = message(mime, ...lines, '');
      const fitting = toSevenBit(octets);
      if (!fitting.ok)
        return assert.ok(['header', 'structure', 'composite'].includes(fitting.why), fitting.why);
      const result = Buffer.from(fitting.octets);
      if (!result.equals(octets)) changed++;
      assert.ok(result.every((octet) => octet > 0 && octet < 128));
      const ends = result.toString('latin1').split('\r\n');
      assert.ok(ends.every((each) => each.length <= 998 && !/[\r\n]/.test(each)));
      const [before, after] = [scanMime(octets).root, scanMime(result).root];
      assert.equal(outline(after), outline(before));
      assert.deepEqual(decodedLeaves(result, after), decodedLeaves(octets, before));
      assert.ok(toSevenBit(result).ok);
    }),
    { numRuns: 300 },
  );
  assert.ok(changed > 50, `${changed} changed`);
});

test('cost: a message of many parts within parts is looked at once', () => {
  // Each level has a part of its own beside the next: a walk that looked at whole bodies would be quadratic.
  const nested = (levels: number): string[] =>
    levels === 0
      ? ['', '\xe9']
      : [
          ...[
            `Content-Type: multipart/mixed; boundary=b${levels}`,
            '',
            `--b${levels}`,
            ...nested(levels - 1),
          ],
          ...[`--b${levels}`, '', 'x'.repeat(900), `--b${levels}--`],
        ];
  const octets = message(mime, ...nested(90), '');
  let seen = 0;
  const { subarray } = octets;
  octets.subarray = function (this: Buffer, start = 0, end = this.length) {
    // The octets before a body are handed to the editing of its header, which looks at that header only.
    if (start > 0) seen += end - start;
    return subarray.call(this, start, end);
  };
  assert.ok(toSevenBit(octets).ok);
  assert.ok(seen > octets.length / 2 && seen < 3 * octets.length, `${seen} of ${octets.length}`);
});

test('the text is what readers see', () => {
  const octets = message(
    mime,
    'Content-Type: text/plain; charset=utf-8',
    '',
    'caf\xc3\xa9 \xe2\x80\x94 one two three four',
    '',
  );
  const fitting = toSevenBit(octets);
  assert.ok(fitting.ok);
  assert.equal(parseMessage(fitting.octets).text, parseMessage(octets).text);
});
