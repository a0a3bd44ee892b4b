import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import {
  composeMessage,
  htmlPart,
  mixed,
  type ParseMailLimits,
  type PartInput,
  parseMail,
  related,
  textPart,
} from 'mailwright/mime';

const base = {
  from: { name: 'Zoë', address: 'zoe@example.com' },
  to: ['sam@example.org'],
  date: 0,
  messageId: '1@example.com',
};
const octets = (text: string) => Buffer.from(text);

test('the familiar shape', async () => {
  const image = {
    kind: 'file',
    type: 'image/gif',
    contentId: 'i@x',
    disposition: 'inline',
    filename: 'ü.gif',
    content: 'GIF',
  } as const;
  const message = composeMessage({
    ...base,
    subject: 'Grüße',
    references: ['0@example.com'],
    body: mixed(textPart('Hello\n'), related(htmlPart('<p>Hi <img src="cid:i@x">'), image)),
  });
  const result = await parseMail(message.chunks());
  assert.ok(result.ok);
  const { mail } = result;
  assert.equal(mail.subject, 'Grüße');
  assert.deepEqual(mail.from?.value, [{ address: 'zoe@example.com', name: 'Zoë' }]);
  assert.equal(mail.date?.getTime(), 0);
  assert.equal(mail.messageId, '<1@example.com>');
  assert.match(mail.text ?? '', /^Hello/);
  assert.match(mail.html ?? '', /cid:i@x/);
  const [file] = mail.attachments;
  assert.deepEqual(
    [file?.filename, file?.contentType, file?.cid, String(file?.content)],
    ['ü.gif', 'image/gif', 'i@x', 'GIF'],
  );
});

test('the text of a message that has only HTML', async () => {
  const result = await parseMail([composeMessage({ ...base, body: htmlPart('<p>a<p>b') }).octets()]);
  assert.equal(result.ok && result.mail.text, 'a\n\nb');
});

test('what would be too much is refused before it is parsed', async () => {
  const nested = (depth: number): PartInput => (depth === 0 ? textPart('x') : mixed(nested(depth - 1)));
  const cases: [name: string, message: Uint8Array, limits: ParseMailLimits, why: string][] = [
    ['size', octets('x'.repeat(100)), { bytes: 99 }, 'too-large'],
    ['depth', composeMessage({ ...base, body: nested(31) }).octets(), {}, 'too-deep'],
    [
      'parts',
      composeMessage({ ...base, body: mixed(...Array(10).fill(textPart('x'))) }).octets(),
      { parts: 10 },
      'too-many-parts',
    ],
    ['header', octets(`${'A: b\r\n'.repeat(50_000)}\r\n`), {}, 'header-too-large'],
    ['field', octets(`To: ${'a,'.repeat(50_000)}\r\n\r\n`), {}, 'header-too-large'],
  ];
  for (const [name, message, limits, why] of cases) {
    const result = await parseMail([message], limits);
    assert.equal(!result.ok && result.why, why, name);
  }
  assert.equal((await parseMail([composeMessage({ ...base, body: nested(30) }).octets()])).ok, true);
});

test('an error of the source is passed on', async () => {
  const broken = async function* () {
    yield octets('Subject: x\r\n');
    throw new Error('disk');
  };
  await assert.rejects(parseMail(broken()), /disk/);
});
