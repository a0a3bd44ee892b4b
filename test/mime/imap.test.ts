import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  binaryContent,
  bodyStructureOf,
  envelopeOf,
  jmapBody,
  jmapBodyValue,
  parseSection,
  partAt,
  scanMime,
  sectionOctets,
} from 'mailwright/mime';
import { message } from './outline.ts';

/** The tree of RFC 9051 §6.4.5, with a text in each leaf that is its number. */
const example = message(
  'Subject: whole',
  'Content-Type: multipart/mixed; boundary=a',
  '',
  '--a',
  '',
  'part 1',
  '--a',
  'Content-Type: application/octet-stream',
  'Content-Transfer-Encoding: base64',
  '',
  'cGFydCAy',
  '--a',
  'Content-Type: message/rfc822',
  'X-Mime: 3',
  '',
  'Subject: three',
  'To: b@example.com',
  'Content-Type: multipart/mixed; boundary=b',
  '',
  '--b',
  '',
  'part 3.1',
  '--b',
  'Content-Type: application/octet-stream',
  '',
  'part 3.2',
  '--b--',
  '--a',
  'Content-Type: multipart/mixed; boundary=c',
  '',
  '--c',
  'Content-Type: image/gif',
  'X-Mime: 4.1',
  '',
  'part 4.1',
  '--c',
  'Content-Type: message/rfc822',
  '',
  'Subject: four two',
  'Content-Type: multipart/mixed; boundary=d',
  '',
  '--d',
  '',
  'part 4.2.1',
  '--d',
  'Content-Type: multipart/alternative; boundary=e',
  '',
  '--e',
  '',
  'part 4.2.2.1',
  '--e',
  'Content-Type: text/richtext',
  '',
  'part 4.2.2.2',
  '--e--',
  '--d--',
  '--c--',
  '--a--',
  '',
);
const { root } = scanMime(example);

function section(text: string, octets = example, range?: { start: number; length: number }): string | null {
  const parsed = parseSection(text);
  assert.ok(parsed, `no section ${text}`);
  const found = sectionOctets(octets, scanMime(octets).root, parsed, range);
  return found === null ? null : Buffer.from(found).toString('latin1');
}

describe('RFC 9051 §6.4.5: sections', () => {
  for (const number of ['1', '3.1', '3.2', '4.1', '4.2.1', '4.2.2.1', '4.2.2.2']) {
    test(number, () => assert.equal(section(number), `part ${number}`));
  }

  const cases: [text: string, octets: string | null][] = [
    ['HEADER.FIELDS (SUBJECT)', 'Subject: whole\r\n\r\n'],
    ['HEADER.FIELDS.NOT ("Subject" X)', 'Content-Type: multipart/mixed; boundary=a\r\n\r\n'],
    ['HEADER.FIELDS (X-None)', '\r\n'],
    ['HEADER', 'Subject: whole\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n'],
    ['3.HEADER.FIELDS (To)', 'To: b@example.com\r\n\r\n'],
    ['3.MIME', 'Content-Type: message/rfc822\r\nX-Mime: 3\r\n\r\n'],
    ['4.1.MIME', 'Content-Type: image/gif\r\nX-Mime: 4.1\r\n\r\n'],
    ['4.2.HEADER', 'Subject: four two\r\nContent-Type: multipart/mixed; boundary=d\r\n\r\n'],
    ['4.2.TEXT', example.toString('latin1', example.indexOf('--d'), example.indexOf('\r\n--c--'))],
    [
      '3',
      example.toString(
        'latin1',
        example.indexOf('Subject: three'),
        example.indexOf('\r\n--a\r\nContent-Type: multipart/mixed; boundary=c'),
      ),
    ],
    ['', example.toString('latin1')],
    ['TEXT', example.toString('latin1', example.indexOf('--a'))],
    ['1.HEADER', null],
    ['1.TEXT', null],
    ['5', null],
    ['1.1', null],
    ['3.3', null],
    ['4.2.2.2.1', null],
  ];
  for (const [text, octets] of cases) test(`[${text}]`, () => assert.equal(section(text), octets));

  test('a message that is no multipart has one part, 1', () => {
    const single = message('Subject: x', 'Content-Type: text/plain', '', 'Hello');
    assert.equal(section('1', single), 'Hello');
    assert.equal(section('2', single), null);
    assert.equal(section('1.1', single), null);
    assert.equal(section('1.MIME', single), 'Subject: x\r\nContent-Type: text/plain\r\n\r\n');
    const within = message('Content-Type: message/rfc822', '', ...single.toString('latin1').split('\r\n'));
    assert.equal(section('1', within), single.toString('latin1'));
    assert.equal(section('1.1', within), 'Hello');
    assert.equal(section('1.HEADER.FIELDS (Subject)', within), 'Subject: x\r\n\r\n');
  });

  test('ranges: what goes beyond the end is cut off', () => {
    assert.equal(section('1', example, { start: 0, length: 4 }), 'part');
    assert.equal(section('1', example, { start: 5, length: 100 }), '1');
    assert.equal(section('1', example, { start: 100, length: 4 }), '');
  });

  for (const text of [
    ...['0', '01', '1.', '.1', '1..2', 'MIME', 'HEADERS', 'HEADER.FIELDS', 'HEADER.FIELDS ()', '99999999999'],
    ...['HEADER.FIELDS (a', 'HEADER.FIELDS (a  b)', 'HEADER.FIELDS ("a)', '1.FIELDS (a)', 'TEXT (a)', '1.0'],
  ]) {
    test(`no section: ${text}`, () => assert.equal(parseSection(text), null));
  }
});

test('RFC 3516 §4.3: BINARY decodes leaves, and says so when it cannot', () => {
  const text = (number: number[]) => {
    const content = binaryContent(example, root, number);
    return content.kind === 'octets' ? Buffer.from(content.octets).toString('latin1') : content.kind;
  };
  assert.equal(text([2]), 'part 2');
  assert.equal(text([1]), 'part 1');
  assert.equal(text([]), example.toString('latin1'));
  assert.equal(text([4, 2]), section('4.2'));
  assert.equal(text([7]), 'no-part');
  const odd = message('Content-Transfer-Encoding: x-mystery', '', 'y');
  assert.deepEqual(binaryContent(odd, scanMime(odd).root, [1]), { kind: 'unknown-encoding' });
  const range = binaryContent(example, root, [2], { start: 5, length: 9 });
  assert.equal(range.kind === 'octets' && Buffer.from(range.octets).toString(), '2');
});

test('RFC 9051 §7.5.2: ENVELOPE', () => {
  const { root } = scanMime(
    message(
      'Date: Mon, 7 Feb 1994 21:52:25 -0800 (PST)',
      'From: =?utf-8?Q?F=C3=A9d?= <fred@example.com>',
      'Subject: afternoon',
      ' meeting',
      'To: Team: "Joe Q." <@route:joe@example.com>, ann;, nobody:;',
      'Cc: ',
      'Message-Id: <B27397@example.com>',
      '',
      '',
    ),
  );
  const fred = { name: '=?utf-8?Q?F=C3=A9d?=', route: null, mailbox: 'fred', host: 'example.com' };
  const group = (name: string) => ({ name: null, route: null, mailbox: name, host: null });
  const end = { name: null, route: null, mailbox: null, host: null };
  assert.deepEqual(envelopeOf(root.header), {
    date: 'Mon, 7 Feb 1994 21:52:25 -0800 (PST)',
    subject: 'afternoon meeting',
    from: [fred],
    sender: [fred],
    replyTo: [fred],
    to: [
      group('Team'),
      { name: 'Joe Q.', route: '@route', mailbox: 'joe', host: 'example.com' },
      { name: null, route: null, mailbox: 'ann', host: '' },
      end,
      group('nobody'),
      end,
    ],
    cc: null,
    bcc: null,
    inReplyTo: null,
    messageId: '<B27397@example.com>',
  });
});

test('RFC 9051 §7.5.2: BODYSTRUCTURE', () => {
  const { root } = scanMime(
    message(
      'Content-Type: multipart/mixed; boundary=a',
      'Content-Language: en, de-DE',
      '',
      '--a',
      '',
      'one',
      'two',
      '',
      '--a',
      "Content-Type: application/pdf; name*=utf-8''%C3%A9.pdf",
      'Content-Transfer-Encoding: BASE64',
      'Content-Disposition: attachment; filename=x.pdf',
      'Content-ID: <id@example.com>',
      'Content-Description: a file',
      'Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==',
      'Content-Location: file.pdf',
      '',
      'AAAA',
      '--a',
      'Content-Type: message/rfc822',
      '',
      'Subject: within',
      '',
      'text',
      '',
      '--a--',
      '',
    ),
  );
  const none = { disposition: null, language: null, location: null };
  const plain = { id: null, description: null, encoding: '7bit', message: null, md5: null, ...none };
  const text = { ...plain, kind: 'single', type: 'text', subtype: 'plain' };
  const usAscii = [{ name: 'charset', value: 'us-ascii' }];
  const structure = bodyStructureOf(root);
  assert.ok(structure.kind === 'multipart');
  assert.equal(structure.subtype, 'mixed');
  assert.deepEqual(structure.parameters, [{ name: 'boundary', value: 'a' }]);
  assert.deepEqual(structure.language, ['en', 'de-de']);
  const [first, second, third] = structure.parts;
  assert.deepEqual(first, { ...text, parameters: usAscii, octets: 10, lines: 2 });
  assert.deepEqual(second, {
    ...plain,
    kind: 'single',
    type: 'application',
    subtype: 'pdf',
    parameters: [{ name: 'name*', value: "utf-8''%C3%A9.pdf" }],
    id: '<id@example.com>',
    description: 'a file',
    encoding: 'base64',
    octets: 4,
    lines: null,
    md5: 'Q2hlY2sgSW50ZWdyaXR5IQ==',
    disposition: { type: 'attachment', parameters: [{ name: 'filename', value: 'x.pdf' }] },
    location: 'file.pdf',
  });
  assert.ok(third?.kind === 'single' && third.message !== null);
  assert.deepEqual([third.octets, third.lines], [25, 3]);
  assert.equal(third.message.envelope.subject, 'within');
  assert.deepEqual(third.message.body, { ...text, parameters: usAscii, octets: 6, lines: 1 });
});

test('a multipart without parts is told as one empty part, since the grammar has no empty one', () => {
  for (const type of ['multipart/mixed', 'multipart/mixed; boundary=x']) {
    const body = bodyStructureOf(scanMime(message(`Content-Type: ${type}`, '', 'text')).root);
    assert.ok(body.kind === 'multipart');
    assert.deepEqual(
      body.parts.map((part) => part.kind === 'single' && part.octets),
      [0],
    );
  }
});

test('RFC 8621 §4.1.4: JMAP body parts and values', () => {
  const octets = message(
    'Content-Type: multipart/mixed; boundary=a',
    '',
    '--a',
    'Content-Type: multipart/alternative; boundary=b',
    '',
    '--b',
    '',
    'Plain',
    '--b',
    'Content-Type: text/html; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    'H=C3=A9 <b>llo</b>',
    '--b--',
    '--a',
    'Content-Type: application/pdf; name="a b.pdf"',
    'Content-Transfer-Encoding: base64',
    'Content-ID: <x@y>',
    '',
    'AAAA',
    '--a--',
  );
  const { root } = scanMime(octets);
  const body = jmapBody(octets, root);
  const ids = (parts: readonly { partId: string | null }[]) => parts.map(({ partId }) => partId);
  assert.equal(body.bodyStructure.partId, null);
  assert.deepEqual(
    [ids(body.textBody), ids(body.htmlBody), ids(body.attachments)],
    [['1.1'], ['1.2'], ['2']],
  );
  assert.equal(body.hasAttachment, true);
  const [file] = body.attachments;
  assert.deepEqual(
    [file?.name, file?.size, file?.cid, file?.type, file?.charset],
    ['a b.pdf', 3, 'x@y', 'application/pdf', null],
  );
  assert.deepEqual(file?.headers[0], { name: 'Content-Type', value: ' application/pdf; name="a b.pdf"' });
  assert.equal(body.textBody[0]?.charset, 'us-ascii');
  const html = partAt(root, [1, 2])!;
  const value = (maxOctets: number) => jmapBodyValue(octets, html, maxOctets).value;
  assert.deepEqual(jmapBodyValue(octets, html), {
    value: 'Hé <b>llo</b>',
    isEncodingProblem: false,
    isTruncated: false,
  });
  assert.deepEqual([value(2), value(3), value(5), value(7)], ['H', 'Hé', 'Hé ', 'Hé <b>']);
  assert.deepEqual(jmapBodyValue(octets, html, 3).isTruncated, true);
});
