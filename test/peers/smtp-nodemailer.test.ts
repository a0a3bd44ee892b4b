/** nodemailer as client: whole corpora through a pool, DSN, SMTPUTF8, LMTP, and every way to log in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatMailbox } from 'mailwright/address';
import { mx, replies } from 'mailwright/smtp';
import { createTransport } from 'nodemailer';
import { password, submissionFor, tls, token, user } from './account.ts';
import { corpora, hasLoneCr, longLine, oddities, samples } from './contents.ts';
import { mailboxes } from './mailboxes.ts';
import { addressOf, assertArrived, Reception } from './reception.ts';

const from = 'sender@example.org';
const host = '127.0.0.1';
const unverified = { rejectUnauthorized: false };

/** Nodemailer makes CRLF of a lone CR, which is its good right: there is nothing to compare then. */
const contents = [...corpora, ...oddities, longLine].filter((content) => !hasLoneCr(content));

for (const security of ['clear', 'STARTTLS', 'implicit TLS'] as const) {
  const secure = security === 'implicit TLS';
  test(`nodemailer: whole corpora through a pool of connections, ${security}`, async () => {
    await using reception = await Reception.open(
      security === 'clear' ? {} : { tls },
      secure ? { tls: 'implicit' } : {},
    );
    const { port } = reception;
    const options = { host, port, secure, requireTLS: security === 'STARTTLS', tls: unverified };
    const transport = createTransport({ ...options, pool: true, maxConnections: 5, maxMessages: 20 });
    await Promise.all(
      contents.map(({ raw }, at) =>
        transport.sendMail({ envelope: { from, to: addressOf(at), use8BitMime: true }, raw }),
      ),
    );
    transport.close();
    const spooled = await reception.harvest();
    assertArrived(spooled, contents);
    const protocol = security === 'clear' ? 'ESMTP' : 'ESMTPS';
    assert.ok(spooled.every(({ context }) => context.protocol === protocol));
  });
}

for (const auth of [
  { method: 'PLAIN', user, pass: password },
  { method: 'LOGIN', user, pass: password },
  { method: 'CRAM-MD5', user, pass: password },
  { method: 'XOAUTH2', type: 'OAuth2', user, accessToken: token },
]) {
  test(`nodemailer: AUTH ${auth.method}`, async () => {
    await using reception = await Reception.open(submissionFor);
    const options = { host, port: reception.port, requireTLS: true, tls: unverified, auth };
    for (const [at, { raw }] of samples.entries()) {
      const transport = createTransport(options);
      await transport.sendMail({ envelope: { from, to: addressOf(at) }, raw });
    }
    const spooled = await reception.harvest();
    assertArrived(spooled, samples);
    assert.ok(spooled.every(({ context }) => context.user === user && context.protocol === 'ESMTPSA'));
  });
}

test('nodemailer: a wrong password is refused', async () => {
  await using reception = await Reception.open(submissionFor);
  const { port } = reception;
  const auth = { user, pass: 'wrong' };
  const transport = createTransport({ host, port, requireTLS: true, tls: unverified, auth });
  await assert.rejects(transport.sendMail({ envelope: { from, to: addressOf(0) }, raw: 'x' }), /535 5\.7\.8/);
});

test('nodemailer: what DSN asks for is kept (RFC 3461 §4)', async () => {
  await using reception = await Reception.open();
  const transport = createTransport({ host, port: reception.port });
  await transport.sendMail({
    envelope: { from, to: ['one@example.org', 'two@example.org'] },
    raw: 'Subject: x\n\nx\n',
    dsn: { id: 'an+id', return: 'headers', notify: ['success', 'delay'], recipient: 'orig@example.net' },
  });
  const [spooled] = await reception.harvest();
  const { dsn, recipients } = spooled?.context.envelope ?? {};
  assert.deepEqual(dsn, { ret: 'hdrs', envid: 'an+id' });
  const asked = { notify: ['success', 'delay'], orcpt: { type: 'rfc822', address: 'orig@example.net' } };
  assert.deepEqual(recipients, [
    { path: 'one@example.org', ...asked },
    { path: 'two@example.org', ...asked },
  ]);
});

test('nodemailer: addresses in UTF-8 (RFC 6531 §3.4)', async () => {
  await using reception = await Reception.open();
  const transport = createTransport({ host, port: reception.port });
  const raw = 'From: jõgeva@example.org\nSubject: ☃\n\n☃\n';
  await transport.sendMail({ envelope: { from: 'jõgeva@example.org', to: ['δοκιμή@example.com'] }, raw });
  const [spooled] = await reception.harvest();
  assert.equal(spooled?.context.envelope.from, 'jõgeva@example.org');
  assert.equal(spooled?.context.envelope.recipients[0]?.path, 'δοκιμή@example.com');
  assert.equal(spooled?.context.envelope.smtputf8, true);
  assert.equal(spooled?.content.toString(), raw.replaceAll('\n', '\r\n'));
});

test('nodemailer: a message that must not leave TLS (RFC 8689 §2)', async () => {
  await using reception = await Reception.open({ tls });
  const transport = createTransport({ host, port: reception.port, requireTLS: true, tls: unverified });
  await transport.sendMail({
    envelope: { from, to: 'one@example.org', requireTLSExtensionEnabled: true },
    raw: 'Subject: x\n\nx\n',
  });
  const [spooled] = await reception.harvest();
  assert.equal(spooled?.context.envelope.requireTls, true);
});

test('nodemailer: LMTP, where one of three mailboxes is full', async () => {
  await using reception = await Reception.open(mailboxes);
  const transport = createTransport({ host, port: reception.port, lmtp: true });
  const to = ['one@example.org', 'full@example.org', 'two@example.org'];
  const info = await transport.sendMail({ envelope: { from, to }, raw: 'Subject: x\n\nx\n' });
  assert.deepEqual(info.accepted, ['one@example.org', 'two@example.org']);
  assert.deepEqual(info.rejected, ['full@example.org']);
  const [spooled] = await reception.harvest();
  assert.equal(spooled?.context.envelope.recipients.length, 2);
});

test('nodemailer: refusals of recipient and message come through with their reasons', async () => {
  await using reception = await Reception.open({
    ...mx,
    rcpt: ({ to }) =>
      to !== 'postmaster' && formatMailbox(to) === 'nobody@example.org' ? replies.noSuchUser : undefined,
    limits: { message: 1000 },
  });
  const transport = createTransport({ host, port: reception.port });
  const send = (to: string[], raw: string) => transport.sendMail({ envelope: { from, to }, raw });
  const { rejected } = await send(['nobody@example.org', 'one@example.org'], 'x');
  assert.deepEqual(rejected, ['nobody@example.org']);
  await assert.rejects(send(['nobody@example.org'], 'x'), /550 5\.1\.1/);
  // RFC 1870 §6.1: told its size at MAIL or not, a message over the limit is refused.
  await assert.rejects(send(['one@example.org'], 'x'.repeat(2000)), /552 5\.3\.4/);
  assert.equal((await reception.harvest()).length, 1);
});
