/** Postfix as sending peer: whole corpora, TLS, XFORWARD, DSN, SMTPUTF8, LMTP, and what it makes of our refusals. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networks } from 'mailwright/node';
import { spoolTo } from 'mailwright/reception';
import { mx, replies, xforward } from 'mailwright/smtp';
import { createTransport } from 'nodemailer';
import { tls } from './account.ts';
import { corpora, hasLoneCr, longLine, oddities, relayable, samples, withoutTrace } from './contents.ts';
import { mailboxes } from './mailboxes.ts';
import { Postfix } from './postfix.ts';
import { needing } from './programs.ts';
import { assertArrived, Reception } from './reception.ts';
import { submit } from './submit.ts';

const from = 'sender@example.org';

test(
  ...needing('postfix', 'whole corpora', async (program) => {
    await using reception = await Reception.open();
    await using postfix = await Postfix.start(program, reception.port);
    const contents = [...corpora, ...oddities, longLine].filter((each) => !hasLoneCr(each)).map(relayable);
    await submit(postfix.port, contents);
    await reception.until(contents.length);
    assertArrived(await reception.harvest(), contents, ({ content }) => withoutTrace(content));
  }),
);

test(
  ...needing('postfix', 'over STARTTLS, telling by XFORWARD whom it relays for', async (program) => {
    const extensions = [...mx.extensions, xforward({ trusts: networks(['127.0.0.1']) })];
    await using reception = await Reception.open({ tls, extensions });
    await using postfix = await Postfix.start(program, reception.port, {
      smtp_tls_security_level: 'encrypt',
      smtp_send_xforward_command: 'yes',
    });
    const contents = samples.map(relayable);
    await submit(postfix.port, contents);
    await reception.until(contents.length);
    const spooled = await reception.harvest();
    assertArrived(spooled, contents, ({ content }) => withoutTrace(content));
    for (const { context } of spooled) {
      assert.equal(context.protocol, 'ESMTPS');
      const { addr, proto } = context.metadata['xforward'] as Record<string, string>;
      assert.deepEqual({ addr, proto }, { addr: '127.0.0.1', proto: 'ESMTP' });
    }
  }),
);

test(
  ...needing('postfix', 'DSN and SMTPUTF8 go through it (RFC 3461 §4, RFC 6531 §3.4)', async (program) => {
    await using reception = await Reception.open();
    await using postfix = await Postfix.start(program, reception.port);
    const transport = createTransport({ host: '127.0.0.1', port: postfix.port });
    const raw = 'From: jõgeva@example.org\nSubject: ☃\n\n☃\n';
    await transport.sendMail({
      envelope: { from: 'jõgeva@example.org', to: 'δοκιμή@example.com', use8BitMime: true },
      raw,
      dsn: { id: 'an+id', return: 'full', notify: ['failure'], recipient: 'orig@example.net' },
    });
    await reception.until(1);
    const [spooled] = await reception.harvest();
    assert.deepEqual(spooled?.context.envelope, {
      from: 'jõgeva@example.org',
      recipients: [
        {
          path: 'δοκιμή@example.com',
          notify: ['failure'],
          orcpt: { type: 'rfc822', address: 'orig@example.net' },
        },
      ],
      body: '8bitmime',
      smtputf8: true,
      dsn: { ret: 'full', envid: 'an+id' },
    });
    assert.equal(withoutTrace(spooled.content).toString(), raw.replaceAll('\n', '\r\n'));
  }),
);

test(
  ...needing(
    'postfix',
    'a message that we refuse comes back to its sender with our reason',
    async (program) => {
      // Of lone CR there is nothing to refuse: Postfix makes spaces of them.
      await using reception = await Reception.open((spool) =>
        spoolTo(spool, {
          judge: ({ envelope }) => (envelope.from === null ? undefined : replies.messageRefused),
        }),
      );
      await using postfix = await Postfix.start(program, reception.port);
      await submit(postfix.port, [oddities[0]!]);
      await reception.until(1);
      const [bounce] = await reception.harvest();
      assert.equal(bounce?.context.envelope.from, '');
      assert.equal(bounce?.context.envelope.recipients[0]?.path, from);
      assert.match(
        String(bounce?.content),
        /^Status: 5\.7\.1\r\n(?:.*\r\n)*Diagnostic-Code: smtp; 554 5\.7\.1 Message/m,
      );
    },
  ),
);

test(
  ...needing('postfix', 'by LMTP: the recipient whose mailbox is full comes back', async (program) => {
    await using reception = await Reception.open(mailboxes);
    const route = { relayhost: '', default_transport: `lmtp:inet:127.0.0.1:${reception.port}` };
    await using postfix = await Postfix.start(program, reception.port, route);
    const transport = createTransport({ host: '127.0.0.1', port: postfix.port });
    const to = ['one@example.org', 'full@example.org', 'two@example.org'];
    await transport.sendMail({ envelope: { from, to }, raw: 'Subject: x\n\nx\n' });
    await reception.until(2);
    const [message, bounce] = await reception.harvest();
    assert.deepEqual(
      message?.context.envelope.recipients.map(({ path }) => path),
      ['one@example.org', 'two@example.org'],
    );
    assert.equal(bounce?.context.envelope.from, '');
    assert.match(
      String(bounce?.content),
      /^Final-Recipient: rfc822; ?full@example\.org\r\n(?:.*\r\n)*Status: 5\.2\.2/m,
    );
  }),
);
