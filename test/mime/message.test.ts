import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  chooseBodyParts,
  findInlineFiles,
  PartExtractor,
  parseMessage,
  partFileName,
  previewOf,
  safeFileName,
  scanMime,
  transferDecoder,
  unflow,
} from 'mailwright/mime';
import { cutAt, message } from './outline.ts';

describe('texts of a message', () => {
  const cases: [name: string, lines: string[], text: string | null, html: string | null][] = [
    ['plain', ['Subject: x', '', 'Hello'], 'Hello', null],
    ['HTML alone', ['Content-Type: text/html', '', '<p>Hi</p>'], null, '<p>Hi</p>'],
    ['neither', ['Content-Type: image/png', '', 'x'], null, null],
    [
      'several parts, joined by lines',
      [
        'Content-Type: multipart/mixed; boundary=b',
        '',
        '--b',
        '',
        'one',
        '--b',
        '',
        'two',
        '',
        '--b',
        '',
        'three',
        '--b--',
      ],
      'one\r\ntwo\r\nthree',
      null,
    ],
    ['a charset', ['Content-Type: text/plain; charset=iso-8859-15', '', '\u00a4'], '€', null],
    ['8-bit text without a charset that is UTF-8', ['', '\u00c3\u00a9'], 'é', null],
    ['or is not', ['', '\u00e9'], 'é', null],
    ['a charset nobody knows', ['Content-Type: text/plain; charset=x-none', '', '\u00c3\u00a9'], 'é', null],
    [
      'UTF-8 with a byte order mark',
      ['Content-Type: text/plain; charset=utf-8', '', '\u00ef\u00bb\u00bfx'],
      'x',
      null,
    ],
    ['ISO-2022-JP unannounced', ['', '\u001b$B%F\u001b(B'], 'テ', null],
    ['RFC 3676 §4: flowed', ['Content-Type: text/plain; format=flowed', '', 'one ', 'two'], 'one two', null],
    [
      'RFC 3676 §4.1: delsp',
      ['Content-Type: text/plain; format=flowed; DelSp=yes', '', 'one ', 'two'],
      'onetwo',
      null,
    ],
  ];
  for (const [name, lines, text, html] of cases) {
    test(name, () => {
      const parsed = parseMessage(message(...lines));
      assert.deepEqual([parsed.text, parsed.html], [text, html]);
    });
  }
});

describe('RFC 3676 §4.2: unflow', () => {
  const cases: [flowed: string, text: string][] = [
    ['a \nb\n', 'a b\n'],
    ['a\nb\n', 'a\nb\n'],
    ['> a \n> b\n>> c \nd\n', '> a b\n>> c \nd\n'],
    ['a \n-- \nSig \nmore', 'a \n-- \nSig more'],
    ['  stuffed \n>not quoted\r\n', ' stuffed \n> not quoted\r\n'],
    ['a ', 'a '],
    ['', ''],
  ];
  for (const [flowed, text] of cases)
    test(JSON.stringify(flowed), () => assert.equal(unflow(flowed, false), text));
});

describe('file names', () => {
  const cases: [name: string, safe: string][] = [
    ['report.pdf', 'report.pdf'],
    ['/etc/passwd', 'passwd'],
    ['..\\..\\x.exe', 'x.exe'],
    ['a\u0000b\r\n.txt', 'ab.txt'],
    ['invoice\u202efdp.exe', 'invoicefdp.exe'],
    ['a<b>:"c|?*.txt', 'a_b___c___.txt'],
    ['.htaccess', '_.htaccess'],
    ['aux', '_aux'],
    ['NUL.tar.gz', '_NUL.tar.gz'],
    ['com1', '_com1'],
    ['console.txt', 'console.txt'],
    ['end. . ', 'end'],
    ['...', 'none'],
    ['..', 'none'],
    ['dir/', 'none'],
    ['', 'none'],
    ['e\u0301.txt', 'é.txt'],
    [`${'x'.repeat(300)}.pdf`, `${'x'.repeat(251)}.pdf`],
    ['é'.repeat(200), 'é'.repeat(127)],
  ];
  for (const [name, safe] of cases)
    test(JSON.stringify(name), () => assert.equal(safeFileName(name, 'none'), safe));

  test('of parts: declared in either place, in encoded words, or made from the type', () => {
    const name = (...lines: string[]) => partFileName(scanMime(message(...lines, '', '')).root);
    assert.equal(
      name('Content-Type: text/plain; name=a.txt', 'Content-Disposition: attachment; filename=b.txt'),
      'b.txt',
    );
    assert.equal(name('Content-Type: application/pdf; name="=?utf-8?Q?=C3=A9.pdf?="'), 'é.pdf');
    assert.equal(name('Content-Type: image/png'), 'attachment.png');
    assert.equal(name('Content-Type: x/y'), 'attachment.bin');
  });
});

describe('RFC 8621 §4.1.4: which parts are text, which attachments', () => {
  /** `type(children)` with numbers for leaves, in order. */
  const multipart = (subtype: string, ...children: string[][]) => {
    const boundary = `b${depth++}`;
    return [
      `Content-Type: multipart/${subtype}; boundary="${boundary}"`,
      '',
      ...children.flatMap((child) => [`--${boundary}`, ...child]),
      `--${boundary}--`,
    ];
  };
  let depth = 100;
  const leaf = (type: string, ...fields: string[]) => [`Content-Type: ${type}`, ...fields, '', type];
  const attached = 'Content-Disposition: attachment; filename=x';
  const cases: [name: string, lines: string[], text: string, html: string, attachments: string][] = [
    ['an alternative', multipart('alternative', leaf('text/plain'), leaf('text/html')), '1', '2', ''],
    ['a related image', multipart('related', leaf('text/html'), leaf('image/png')), '1', '1', '2'],
    [
      'an alternative with related',
      multipart(
        'alternative',
        leaf('text/plain'),
        multipart('related', leaf('text/html'), leaf('image/png')),
      ),
      '1',
      '2',
      '3',
    ],
    [
      'an image between texts',
      multipart('mixed', leaf('text/plain'), leaf('image/png'), leaf('text/plain')),
      '1 2 3',
      '1 2 3',
      '',
    ],
    [
      'a text as attachment',
      multipart('mixed', leaf('text/plain'), leaf('text/plain', attached)),
      '1',
      '1',
      '2',
    ],
    ['a named text', multipart('mixed', leaf('text/plain'), leaf('text/plain; name=x')), '1', '1', '2'],
    [
      'a PDF and a message',
      multipart('mixed', leaf('text/plain'), leaf('application/pdf'), leaf('message/rfc822')),
      '1',
      '1',
      '2 3',
    ],
    ['an alternative of one', multipart('alternative', leaf('text/html')), '1', '1', ''],
  ];
  for (const [name, lines, ...expected] of cases) {
    test(name, () => {
      const { root } = scanMime(message(...lines));
      const leaves: unknown[] = [];
      const visit = (part: typeof root) =>
        part.kind === 'multipart' ? part.children.forEach(visit) : leaves.push(part);
      visit(root);
      const { text, html, attachments } = chooseBodyParts(root);
      const found = [text, html, attachments].map((parts) =>
        parts.map((part) => leaves.indexOf(part) + 1).join(' '),
      );
      assert.deepEqual(found, expected);
    });
  }
});

test('files: attachments, inline images by Content-ID, and uuencoded ones within text', () => {
  const { files, text } = parseMessage(
    message(
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      '',
      'Look:',
      'begin 644 ../cat.txt',
      '#0V%T',
      '`',
      'end',
      '--b',
      'Content-Type: multipart/related; boundary=c',
      '',
      '--c',
      'Content-Type: text/html',
      '',
      '<img src="cid:one@example.com">',
      '--c',
      'Content-Type: image/png',
      'Content-ID: <one@example.com>',
      'Content-Transfer-Encoding: base64',
      '',
      'AQID',
      '--c--',
      '--b--',
    ),
  );
  assert.match(text ?? '', /^Look:\r\nbegin/);
  assert.deepEqual(
    files.map((file) => [file.name, file.mediaType, file.contentId, file.isInline, [...file.octets].join()]),
    [
      ['attachment.png', 'image/png', 'one@example.com', true, '1,2,3'],
      ['cat.txt', 'application/octet-stream', null, false, '67,97,116'],
    ],
  );
});

test('a plain Uint8Array serves as well as a Buffer', () => {
  const octets = Uint8Array.from(
    message(
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      'h=C3=A9',
      '--b',
      'Content-Type: x/y',
      'Content-Transfer-Encoding: base64',
      '',
      'AQID',
      '--b--',
    ),
  );
  const { text, files, structure } = parseMessage(octets);
  assert.equal(text, 'hé');
  assert.deepEqual(
    files.map((file) => [...file.octets]),
    [[1, 2, 3]],
  );
  assert.deepEqual(structure.defects, []);
  assert.equal(structure.root.lines, 9);
});

test('files within text: several, of both kinds; what has no end is none', () => {
  const text = [
    'begin 600 one',
    '#0V%T',
    '`',
    'end',
    '=ybegin line=128 size=1 name=two x',
    'm',
    '=yend size=1',
    'begin 644 three',
    '',
  ];
  assert.deepEqual(
    findInlineFiles(Buffer.from(text.join('\n'))).map(({ format, name }) => [format, name]),
    [
      ['uuencode', 'one'],
      ['yenc', 'two x'],
    ],
  );
  assert.deepEqual(findInlineFiles(Buffer.from('to begin 644 with\nend\nbeginning 644 x\nend\n')), []);
});

test('RFC 8970 §3.1: a preview of the text, or of the HTML', () => {
  assert.equal(previewOf(parseMessage(message('Subject: x', '', 'Hello,', 'there.'))), 'Hello, there.');
  assert.equal(previewOf(parseMessage(message('Content-Type: text/html', '', '<p>Hello</p>'))), 'Hello');
  assert.equal(previewOf(parseMessage(message('Content-Type: image/png', '', 'x'))), '');
  assert.equal(previewOf(parseMessage(message('', 'x'.repeat(900))), 1000).length, 256);
});

test('one part out of a stream, in chunks of any size', () => {
  const octets = message(
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    '',
    'text',
    '--b',
    'Content-Type: application/pdf; name=x.pdf',
    'Content-Transfer-Encoding: base64',
    '',
    'SGVs',
    'bG8=',
    '--b',
    'Content-Type: message/rfc822',
    '',
    'Subject: y',
    '',
    'z',
    '--b--',
    '',
  );
  const extract = (type: string, size: number) => {
    const extractor = new PartExtractor((part) => part.type === type);
    const places = Array.from({ length: Math.floor(octets.length / size) }, (_, at) => at * size);
    // Pieces may be views of a chunk that is overwritten next.
    const pieces = cutAt(octets, places).flatMap((chunk) =>
      extractor.push(chunk).map((piece) => Buffer.from(piece)),
    );
    return Buffer.concat([...pieces, ...extractor.end()]).toString('latin1');
  };
  for (const size of [1, 2, 3, 10, 1000]) {
    assert.equal(extract('application', size), 'Hello');
    assert.equal(extract('message', size), 'Subject: y\r\n\r\nz');
    assert.equal(extract('image', size), '');
  }
});

test('RFC 2045 §6: encodings by name', () => {
  const decode = (encoding: string, text: string) => {
    const decoder = transferDecoder(encoding);
    const octets = Buffer.concat([decoder.push(Buffer.from(text)), decoder.end()]);
    return [octets.toString(), ...decoder.faults];
  };
  assert.deepEqual(decode('8bit', 'a=3D'), ['a=3D']);
  assert.deepEqual(decode('quoted-printable', 'a=3D'), ['a=']);
  assert.deepEqual(decode('x-uuencode', 'begin 644 x\n#0V%T\n`\nend\n'), ['Cat']);
  assert.deepEqual(decode('x-yenc', '=ybegin name=x\nm\n=yend\n'), ['C']);
  assert.deepEqual(decode('x-none', 'a=3D'), ['a=3D', 'unknown-encoding']);
});
