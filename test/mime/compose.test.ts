import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeBase64Body, decodeQuotedPrintable } from 'mailwright/bytes';
import {
  alternative,
  ComposeMisuse,
  type ComposeMisuseCode,
  composeMessage,
  decodeEncodedWords,
  type FieldValue,
  formatAddress,
  formatField,
  HeaderFields,
  htmlPart,
  type MessageInput,
  type MimePart,
  mailboxes,
  mixed,
  type PartInput,
  parseAddressList,
  parseContentType,
  parseDate,
  parseMessageIds,
  related,
  report,
  scanMime,
  textPart,
} from 'mailwright/mime';

const base: MessageInput = {
  from: { name: 'Zoë Doe', address: 'zoe@example.com' },
  to: ['sam@example.org'],
  subject: 'Hello',
  date: 880127706000,
  offset: -360,
  messageId: '1@example.com',
  body: textPart('Hi\n'),
};

test('a message is composed to the octet, the same each time', () => {
  const expected = [
    'Date: Fri, 21 Nov 1997 09:55:06 -0600',
    'From: =?utf-8?Q?Zo=C3=AB_Doe?= <zoe@example.com>',
    'To: sam@example.org',
    'Subject: Hello',
    'Message-ID: <1@example.com>',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'Hi',
    '',
  ].join('\r\n');
  assert.equal(String(composeMessage(base).octets()), expected);
  assert.equal(String(composeMessage(base).octets()), expected);
});

test('alternative, related, mixed and report nest, each with a boundary of its own', () => {
  const image = {
    kind: 'file',
    type: 'image/gif',
    contentId: 'i@x.example',
    content: 'GIF',
    disposition: 'inline',
  } as const;
  const file = { kind: 'file', filename: 'Übung.bin', content: Uint8Array.of(0, 255) } as const;
  const inner = composeMessage({ ...base, body: mixed(textPart('inner')) }).octets();
  const body = mixed(
    alternative(textPart('plain'), related(htmlPart('<img src="cid:i@x.example">'), image)),
    file,
    { kind: 'message', octets: inner },
  );
  const octets = composeMessage({ ...base, body }).octets();
  const { root, defects } = scanMime(octets);
  assert.deepEqual(defects, []);
  assert.equal(
    outline(root),
    'multipart/mixed(multipart/alternative(text/plain,multipart/related(text/html,image/gif)),' +
      'application/octet-stream,message/rfc822(multipart/mixed(text/plain)))',
  );
  const [first, second] = root.children;
  assert.equal(second?.disposition?.parameters.get('filename'), 'Übung.bin');
  assert.equal(second?.contentType?.parameters.get('name'), 'Übung.bin');
  assert.deepEqual([...decoded(octets, second as MimePart)], [0, 255]);
  assert.equal(first?.children[1]?.contentType?.parameters.get('type'), 'text/html');
});

test('a report carries fields for programs as they are (RFC 6522 §3)', () => {
  const status = {
    kind: 'text',
    type: 'message/delivery-status',
    text: 'Reporting-MTA: dns; a.example\n',
  } as const;
  const headers = {
    kind: 'message',
    type: 'text/rfc822-headers',
    octets: Buffer.from('Subject: x\r\n'),
  } as const;
  const octets = composeMessage({
    ...base,
    body: report('delivery-status', textPart('no'), status, headers),
  }).octets();
  const { root } = scanMime(octets);
  assert.equal(root.contentType?.parameters.get('report-type'), 'delivery-status');
  assert.equal(root.children[1]?.encoding, '7bit');
  assert.equal(String(decoded(octets, root.children[1] as MimePart)), 'Reporting-MTA: dns; a.example\r\n');
});

test('streamed content is read when it is due, and each time anew', async () => {
  let opened = 0;
  const content = {
    async *open() {
      opened++;
      for (let i = 0; i < 100; i++) yield new Uint8Array(1000).fill(i);
    },
  };
  const message = composeMessage({ ...base, body: mixed(textPart('see'), { kind: 'file', content }) });
  assert.equal(opened, 0);
  for (let round = 1; round <= 2; round++) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of message.chunks()) chunks.push(chunk);
    const octets = Buffer.concat(chunks);
    const file = scanMime(octets).root.children[1] as MimePart;
    assert.equal(decoded(octets, file).length, 100_000);
    assert.equal(opened, round);
  }
  assert.throws(() => message.octets(), misuse('STREAMED'));
});

test('the transfer encoding is the plainest that is safe', () => {
  const cases: [text: string, eightBit: boolean, encoding: string][] = [
    ['plain\n', false, '7bit'],
    ['café\n', false, 'quoted-printable'],
    ['café\n', true, '8bit'],
    ['日本語\n', false, 'base64'],
    [`${'x'.repeat(999)}\n`, true, 'quoted-printable'], // RFC 5322 §2.1.1
    ['From here on\n', false, 'quoted-printable'], // RFC 4155
    ['--=_not a boundary\n', true, 'quoted-printable'],
    ['\0', true, 'quoted-printable'], // RFC 2045 §2.8
  ];
  for (const [text, eightBit, encoding] of cases) {
    const message = composeMessage({ ...base, body: textPart(text) }, { eightBit });
    const octets = message.octets();
    assert.equal(scanMime(octets).root.encoding, encoding, JSON.stringify(text));
    assert.equal(message.needs.eightBit, encoding === '8bit');
    assert.equal(String(decoded(octets, scanMime(octets).root)).trimEnd(), text.trimEnd());
  }
});

test('a multipart has the encoding of what is in it (RFC 2045 §6.4)', () => {
  const body = mixed(textPart('a'), mixed(textPart('é')), { kind: 'file', content: 'é' });
  const encodings = (eightBit: boolean) => {
    const message = composeMessage({ ...base, body }, { eightBit });
    assert.equal(message.needs.eightBit, eightBit);
    const { root } = scanMime(message.octets());
    return [root, ...root.children].map(({ encoding }) => encoding);
  };
  assert.deepEqual(encodings(true), ['8bit', '7bit', '8bit', 'base64']);
  assert.deepEqual(encodings(false), ['7bit', '7bit', '7bit', 'base64']);
});

test('UTF-8 stands in the header only where the way carries it (RFC 6532)', () => {
  const message = { ...base, from: 'søren@exämple.com', subject: 'Smørrebrød' };
  assert.throws(() => composeMessage(message), misuse('NEEDS_UTF8'));
  const composed = composeMessage(message, { utf8: true });
  assert.ok(composed.needs.utf8);
  assert.match(String(composed.octets()), /^From: søren@exämple\.com\r\n/m);
  assert.match(String(composed.octets()), /^Subject: Smørrebrød\r\n/m);
  assert.equal(formatAddress('soren@exämple.com'), 'soren@xn--exmple-cua.com'); // RFC 5891 §5
});

test('no value can begin a field of its own', () => {
  const evil = 'x\r\nBcc: victim@example.com\r\n\r\nbody';
  const values: FieldValue[] = [
    { text: evil },
    { text: `é${evil}` },
    { addresses: [{ name: evil, address: 'a@example.com' }] },
    { addresses: [{ group: evil, members: [] }] },
    { value: 'attachment', parameters: { filename: evil } },
  ];
  for (const value of values) {
    const octets = Buffer.from(`${formatField({ name: 'X', value })}\r\n`);
    const fields = HeaderFields.scan(octets);
    assert.equal(fields.length, 1);
    assert.equal(fields.bodyStart, octets.length);
  }
  const refused: [() => unknown, ComposeMisuseCode][] = [
    [() => formatField({ name: 'X: y\r\nZ', value: { text: '' } }), 'FIELD_NAME'],
    [() => formatField({ name: 'To', value: { addresses: [`a@b.example\r\nBcc: c@d.example`] } }), 'ADDRESS'],
    [() => formatField({ name: 'To', value: { addresses: ['a@b.example, c@d.example'] } }), 'ADDRESS'],
    [() => formatField({ name: 'To', value: { addresses: ['nobody'] } }), 'ADDRESS'],
    [() => formatField({ name: 'References', value: { ids: ['a@b>\r\nX: y'] } }), 'MESSAGE_ID'],
    [() => formatField({ name: 'List-Help', value: { uris: ['https://x.example/>,\r\n'] } }), 'URI'],
    [() => formatField({ name: 'X', value: { token: 'a\r\nB: c' } }), 'TOKEN'],
    [() => formatField({ name: 'X', value: { value: 'a/b\r\nC: d' } }), 'CONTENT_TYPE'],
    [() => formatField({ name: 'X', value: { value: 'a/b', parameters: { 'x\r\n': '' } } }), 'PARAMETER'],
  ];
  const twice = { name: 'subject', value: { text: 'x' } };
  refused.push([() => composeMessage({ ...base, fields: [twice] }), 'FIELD_NAME']);
  for (const [run, code] of refused) assert.throws(run, misuse(code));
});

const anyText = fc.string({ unit: 'grapheme', maxLength: 200 });
/** What a header text becomes: one line, whole characters. */
const asLine = (text: string) => text.replace(/[\0\r\n]+/g, ' ').toWellFormed();

test('law: a header text is read back, on lines of at most 78 where there is a space to fold at', () => {
  const texts = fc.oneof(anyText, fc.string({ unit: 'binary', maxLength: 100 }), fc.lorem({ maxCount: 40 }));
  fc.assert(
    fc.property(texts, fc.boolean(), (text, utf8) => {
      const written = formatField({ name: 'Subject', value: { text } }, utf8);
      for (const line of written.split('\r\n')) assert.ok(line.length <= 998);
      if (!utf8) assert.match(written, /^[\t\r\n\x20-\x7e]*$/);
      const field = HeaderFields.scan(Buffer.from(`${written}\r\n`)).get('subject');
      assert.equal(decodeEncodedWords(field?.value ?? ''), asLine(text));
    }),
  );
});

test('law: mailboxes are read back', () => {
  const local = fc.stringMatching(/^[a-z "@.\\()<>,;:[\]]{1,20}$/);
  const mailbox = fc.record({ name: anyText, local });
  fc.assert(
    fc.property(fc.array(mailbox, { minLength: 1, maxLength: 5 }), (list) => {
      const addresses = list.map(({ name, local }) => ({
        name,
        address: `"${local.replace(/["\\]/g, '\\$&')}"@example.com`,
      }));
      const written = formatField({ name: 'To', value: { addresses } });
      const field = HeaderFields.scan(Buffer.from(`${written}\r\n`)).get('to');
      const parsed = parseAddressList(field?.value ?? '');
      assert.deepEqual(parsed.defects, []);
      assert.deepEqual(
        mailboxes(parsed).map(({ name, localPart, domain }) => [name, localPart, domain]),
        list.map(({ name, local }) => [asLine(name), local, 'example.com']),
      );
    }),
  );
});

test('law: parameters, dates and identifiers are read back', () => {
  fc.assert(
    fc.property(
      anyText,
      fc.integer({ min: -1e12, max: 1e13 }),
      fc.integer({ min: -1439, max: 1439 }),
      (text, time, offset) => {
        const type = formatField({ name: 'X', value: { value: 'a/b', parameters: { name: text } } });
        assert.equal(parseContentType(fieldText(type)).parameters.get('name'), asLine(text));
        const seconds = Math.floor(time / 1000) * 1000;
        const date = parseDate(fieldText(formatField({ name: 'X', value: { date: seconds, offset } })));
        assert.deepEqual([date?.time, date?.offset, date?.defects], [seconds, offset, []]);
        const ids = [`${offset}@a.example`, 'b@c'];
        assert.deepEqual(parseMessageIds(fieldText(formatField({ name: 'X', value: { ids } }))), ids);
      },
    ),
  );
});

test('law: what is composed is parsed into the parts it was composed of', () => {
  const text = fc.oneof(anyText, fc.constantFrom('--=_x\r\n', 'From a\n', '.\r\n', '--\n', 'a\rb'));
  const leaf: fc.Arbitrary<PartInput> = fc.oneof(
    text.map((each): PartInput => textPart(each)),
    fc.uint8Array({ maxLength: 200 }).map((content): PartInput => ({ kind: 'file', content })),
  );
  const { tree } = fc.letrec<{ tree: PartInput; many: PartInput }>((tie) => ({
    tree: fc.oneof({ maxDepth: 3 }, leaf, tie('many')),
    many: fc.array(tie('tree'), { minLength: 1, maxLength: 4 }).map((parts): PartInput => mixed(...parts)),
  }));
  fc.assert(
    fc.property(tree, fc.boolean(), (body, eightBit) => {
      const octets = composeMessage({ ...base, body }, { eightBit }).octets();
      const { root, defects } = scanMime(octets);
      assert.deepEqual(defects, []);
      compare(body, root, octets, true);
    }),
  );
});

function compare(input: PartInput, part: MimePart, octets: Uint8Array, top: boolean): void {
  if (input.kind === 'multipart') {
    assert.equal(part.children.length, input.parts.length);
    for (const [index, child] of input.parts.entries())
      compare(child, part.children[index] as MimePart, octets, false);
  } else if (input.kind === 'text') {
    const text = input.text.toWellFormed().replace(/\r\n|\r|\n/g, '\r\n');
    const found = Buffer.from(decoded(octets, part)).toString('utf8');
    if (top && !text.endsWith('\n')) assert.equal(found.replace(/\r\n$/, ''), text);
    else assert.equal(found, text);
  } else if (input.kind === 'file') {
    assert.deepEqual([...decoded(octets, part)], [...(input.content as Uint8Array)]);
  }
}

function decoded(octets: Uint8Array, part: MimePart): Uint8Array {
  const body = octets.subarray(part.bodyStart, part.bodyEnd);
  if (part.encoding === 'base64') return decodeBase64Body(body).octets;
  return part.encoding === 'quoted-printable' ? decodeQuotedPrintable(body).octets : body;
}

function outline(part: MimePart): string {
  const children = part.children.map(outline).join();
  return `${part.type}/${part.subtype}${children === '' ? '' : `(${children})`}`;
}

function fieldText(field: string): string {
  return HeaderFields.scan(Buffer.from(`${field}\r\n`)).get('x')?.value ?? '';
}

function misuse(code: ComposeMisuseCode) {
  return (error: unknown) => error instanceof ComposeMisuse && error.code === code;
}
