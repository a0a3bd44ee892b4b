/** A data handler behind the duties of a submission server: completed, checked, signed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateDkimKey, verifyDkim } from 'mailwright/dkim';
import { ZoneResolver } from 'mailwright/dns';
import { type ContentSink, type SubmittedOptions, submitted } from 'mailwright/policy';
import { SigningKey } from 'mailwright/signature';
import { type Envelope, isPositive, type Reply, replies, type SmtpSession } from 'mailwright/smtp';

const defaults: SubmittedOptions = { hostname: 'mail.example.org', now: () => 0, uniqueId: () => 'one' };
const envelope: Envelope = {
  from: { localPart: 'me', domain: 'example.org' },
  parameters: {},
  recipients: [{ path: { localPart: 'b', domain: 'example.com' }, parameters: {} }],
};

/** What is answered to one message of a user, or of nobody, and what reaches the handler behind. */
async function submit(
  message: string,
  options: Partial<SubmittedOptions> = {},
  user: string | null = 'me@example.org',
): Promise<{ verdict: Reply; taken: string | null }> {
  let text = '';
  let taken: string | null = null;
  let ends = 0;
  const inner: ContentSink = {
    write(chunk) {
      text += Buffer.from(chunk).toString('latin1');
    },
    end() {
      ends++;
      taken = text;
      return replies.ok;
    },
    abort: () => void ends++,
  };
  const handler = submitted({ data: () => inner }, { ...defaults, ...options });
  const identity = user === null ? null : { user, authenticated: user };
  const session = { identity } as unknown as SmtpSession;
  const sink = await handler.data(envelope, { session, signal: new AbortController().signal });
  assert.ok('write' in sink);
  await sink.write(Buffer.from(message, 'latin1').subarray(0, 7));
  await sink.write(Buffer.from(message, 'latin1').subarray(7));
  const verdict = (await sink.end({ type: 'message', envelope, size: message.length })) as Reply;
  assert.equal(ends, 1, 'the sink behind is ended once, or aborted once');
  return { verdict, taken };
}

const whole = 'Date: Thu, 1 Jan 1970 00:00:00 +0000\r\nMessage-ID: <a@example.org>\r\n';

test('RFC 6409 §8: Date and Message-ID are added where they lack, Bcc is taken out', async () => {
  const { taken } = await submit(
    'From: me@example.org\r\nBcc: x@example.net\r\nTo: b@example.com\r\n\r\nHi\xff\r\n',
  );
  assert.equal(
    taken,
    'Date: Thu, 1 Jan 1970 00:00:00 +0000\r\nMessage-ID: <one@mail.example.org>\r\n' +
      'From: me@example.org\r\nTo: b@example.com\r\n\r\nHi\xff\r\n',
  );
});

test('a complete message goes on octet by octet, and so does any of somebody who is not logged in', async () => {
  const complete = `${whole}From: me@example.org\r\n\r\nHi\r\n`;
  assert.equal((await submit(complete)).taken, complete);
  assert.equal((await submit('no header\r\n', {}, null)).taken, 'no header\r\n');
});

const owns = (user: string, address: string) => user === address;
const refusals: readonly [name: string, message: string, answer: string][] = [
  ['no author', `${whole}\r\nHi\r\n`, '554 5.6.0 Message has no From field (RFC 5322 section 3.6)'],
  [
    'two From fields',
    `${whole}From: me@example.org\r\nFrom: me@example.org\r\n\r\n`,
    '554 5.6.0 Message has more than one from field (RFC 5322 section 3.6)',
  ],
  [
    'a From that is none',
    `${whole}From: me@@example.org\r\n\r\n`,
    '554 5.6.0 Message has a malformed from field',
  ],
  [
    'several authors without a Sender',
    `${whole}From: me@example.org, you@example.org\r\n\r\n`,
    '554 5.6.0 Message has several authors and no Sender field (RFC 5322 section 3.6.2)',
  ],
  [
    "another's name",
    `${whole}From: chief@example.org\r\n\r\n`,
    '550 5.7.1 You may not send as chief@example.org in the from field',
  ],
];
for (const [name, message, answer] of refusals) {
  test(`refused: ${name}`, async () => {
    const { verdict, taken } = await submit(message, { owns });
    assert.equal(`${verdict.code} ${verdict.enhanced} ${verdict.text}`, answer);
    assert.equal(taken, null);
  });
}

test("what the author's domain has keys for is signed, with the fields that were added", async () => {
  const { privateKey, record } = await generateDkimKey('ed25519');
  const key = new SigningKey({ domain: 'example.org', selector: 's', privateKey });
  const keys = (domain: string) => (domain === 'example.org' ? [key] : undefined);
  const { verdict, taken } = await submit('From: me@example.org\r\n\r\nHi\r\n', { keys });
  assert.ok(isPositive(verdict));
  assert.match(taken ?? '', /^DKIM-Signature: v=1; a=ed25519-sha256;/);
  const resolver = new ZoneResolver({ 's._domainkey.example.org': { TXT: [record] } });
  const verdicts = await verifyDkim(Buffer.from(taken ?? '', 'latin1'), { resolver });
  assert.deepEqual(
    verdicts.map(({ status }) => status),
    ['pass'],
  );
  const unsigned = await submit('From: me@example.net\r\n\r\nHi\r\n', { keys });
  assert.doesNotMatch(unsigned.taken ?? '', /DKIM-Signature/);
});
