/** Postfix, Exim and OpenSMTPD as the next hops of our queue, smtp-sink, and mail of Postfix through us. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RelayRouteOptions } from 'mailwright/delivery';
import { Secret } from 'mailwright/machine';
import { parseMessage } from 'mailwright/mime';
import { deliveryStatusOf } from 'mailwright/reports';
import { replies } from 'mailwright/smtp';
import { password, user } from './account.ts';
import {
  type Content,
  contentOf,
  corpora,
  hasLoneCr,
  longLine,
  oddities,
  relayable,
  withoutTrace,
} from './contents.ts';
import { Exim } from './exim.ts';
import { OpenSmtpd } from './opensmtpd.ts';
import { Postfix } from './postfix.ts';
import { freePort, needing, untilAnswers } from './programs.ts';
import { assertArrived, Reception } from './reception.ts';
import { Sending } from './sending.ts';
import { submit } from './submit.ts';
import { TlsFiles } from './tls-files.ts';

const contents = [...corpora, ...oddities, longLine].filter((each) => !hasLoneCr(each)).map(relayable);
const encrypted: Partial<RelayRouteOptions> = { tls: 'required', certificateNames: ['mx.test'] };
const authenticated: Partial<RelayRouteOptions> = {
  ...encrypted,
  credentials: { type: 'password', user, password: new Secret(password) },
};

interface Corpora {
  readonly settings?: Partial<RelayRouteOptions>;
  /** Whom to trust with certificates. */
  readonly authority?: string;
  readonly mails?: readonly Content[];
}

/** The whole corpora go to a next hop, and from there to a server of ours, byte by byte. */
async function sendsWholeCorpora(
  port: number,
  reception: Reception,
  { settings = {}, authority = '', mails = contents }: Corpora = {},
): Promise<void> {
  await using sending = new Sending(port, settings, authority);
  await sending.sendAll(mails);
  await sending.settled();
  assert.deepEqual(
    sending.outcomes.filter(({ outcome }) => outcome.result === 'failed'),
    [],
  );
  await reception.until(mails.length);
  assertArrived(await reception.harvest(), mails, ({ content }) => withoutTrace(content));
}

test(
  ...needing('postfix', 'our queue brings it whole corpora, by BDAT over STARTTLS', async (program) => {
    await using files = await TlsFiles.write();
    await using reception = await Reception.open();
    await using postfix = await Postfix.start(program, reception.port, {
      smtpd_tls_security_level: 'encrypt',
      smtpd_tls_cert_file: files.cert,
      smtpd_tls_key_file: files.key,
    });
    await sendsWholeCorpora(postfix.port, reception, { settings: encrypted, authority: files.authority });
  }),
);

test(
  ...needing('exim4', 'our queue brings it whole corpora, by BDAT, STARTTLS and AUTH', async (program) => {
    await using files = await TlsFiles.write();
    await using reception = await Reception.open();
    await using exim = await Exim.start(program, reception.port, [], {
      main: ['tls_advertise_hosts = *', `tls_certificate = ${files.both}`, 'acl_smtp_rcpt = authenticated'],
      sections: [
        'begin authenticators',
        'plain:',
        '  driver = plaintext',
        '  public_name = PLAIN',
        `  server_condition = \${if and{{eq{$auth2}{${user}}}{eq{$auth3}{${password}}}}}`,
        '  server_set_id = $auth2',
        'begin acl',
        'authenticated:',
        '  accept authenticated = *',
      ],
    });
    await sendsWholeCorpora(exim.port, reception, { settings: authenticated, authority: files.authority });
    assert.match(exim.log, / <= sender@example\.org .* P=esmtpsa .* A=plain:tim K /);
  }),
);

/** OpenSMTPD mends the headers of its neighbours, so that each mail goes to it as the body of another. */
function within({ name, raw }: Content): Content {
  const fields = 'Date: Thu, 1 Jan 2026 00:00:00 +0000\nMessage-ID: <1@example.org>\nSubject: within\n\n';
  return contentOf(name, Buffer.concat([Buffer.from(fields), raw]));
}

// In clear: Debian 12 builds it with an OpenSSL with which its own TLS does not work as a server.
test(
  ...needing('smtpd', 'our queue brings it whole corpora, by DATA', async (program) => {
    await using reception = await Reception.open();
    await using opensmtpd = await OpenSmtpd.start(program, reception.port);
    await sendsWholeCorpora(opensmtpd.port, reception, { mails: contents.map(within) });
  }),
);

const envelope = {
  from: 'sender@example.org',
  dsn: { ret: 'hdrs', envid: 'an+id=1' },
  recipients: [
    {
      path: 'one@example.net',
      notify: ['success', 'failure'],
      orcpt: { type: 'rfc822', address: 'first+one@example.net' },
    },
  ],
} as const;

for (const [name, start] of [
  ['postfix', (program: string, relay: number) => Postfix.start(program, relay)],
  ['exim4', (program: string, relay: number) => Exim.start(program, relay)],
  ['smtpd', (program: string, relay: number) => OpenSmtpd.start(program, relay)],
] as const) {
  test(
    ...needing(name, "RFC 3461 §5.2.1: a next hop with DSN is given the sender's wishes", async (program) => {
      await using reception = await Reception.open();
      await using hop = await start(program, reception.port);
      await using sending = new Sending(hop.port);
      const [content] = oddities;
      assert.ok(content);
      await sending.send(content, envelope);
      await sending.settled();
      await reception.until(1);
      const [spooled, ...others] = await reception.harvest();
      assert.ok(spooled);
      // We report no success: the next hop has taken that over.
      assert.equal(others.length, 0);
      const { dsn, recipients, from } = spooled.context.envelope;
      assert.deepEqual({ from, dsn, recipients }, envelope);
    }),
  );

  test(
    ...needing(name, 'what it refuses becomes a notification, which it brings back', async (program) => {
      await using reception = await Reception.open({
        mail: ({ from }) => (from === null ? undefined : replies.noSuchUser),
      });
      await using hop = await start(program, reception.port);
      await using sending = new Sending(hop.port);
      const [content] = oddities;
      assert.ok(content);
      // The hop takes this one, and has to tell the sender itself that we did not.
      await sending.send(content, envelope);
      await reception.until(1);
      const [notification] = await reception.harvest();
      assert.equal(notification?.context.envelope.from, '');
      assert.equal(notification.context.envelope.recipients[0]?.path, 'sender@example.org');
      const report = deliveryStatusOf(parseMessage(notification.content));
      assert.equal(report?.recipients[0]?.action, 'failed');
      assert.match(report.recipients[0]?.status ?? '', /^5\./);
    }),
  );
}

test(
  ...needing(
    'postfix',
    'a recipient that it refuses at once: our notification to the sender',
    async (program) => {
      await using reception = await Reception.open();
      await using postfix = await Postfix.start(program, reception.port, {
        smtpd_recipient_restrictions: 'check_recipient_access inline:{{nobody@example.net = 550 5.1.1 Who?}}',
      });
      await using sending = new Sending(postfix.port);
      const [content] = oddities;
      assert.ok(content);
      const recipients = [{ path: 'nobody@example.net' }, { path: 'somebody@example.net' }];
      await sending.send(content, { from: 'sender@example.org', recipients });
      await sending.settled();
      await reception.until(2);
      const spooled = await reception.harvest();
      const report = spooled.find(({ context }) => context.envelope.from === '');
      assert.equal(report?.context.envelope.recipients[0]?.path, 'sender@example.org');
      const status = deliveryStatusOf(parseMessage(report.content));
      assert.deepEqual(
        status?.recipients.map(({ finalRecipient, action, status }) => [
          finalRecipient?.text,
          action,
          status,
        ]),
        [['nobody@example.net', 'failed', '5.1.1']],
      );
    },
  ),
);

test(
  ...needing('exim4', 'greylists us: deferred, tried again, delivered', async (program) => {
    await using files = await TlsFiles.write();
    const known = join(files.folder, 'known');
    await using reception = await Reception.open();
    await using exim = await Exim.start(program, reception.port, [], {
      main: ['tls_advertise_hosts =', 'acl_smtp_rcpt = greylist'],
      sections: [
        'begin acl',
        'greylist:',
        `  accept condition = \${if exists{${known}}}`,
        '  defer message = Greylisted',
      ],
    });
    await using sending = new Sending(exim.port);
    const [content] = oddities;
    assert.ok(content);
    await sending.send(content, { from: 'sender@example.org', recipients: [{ path: 'late@example.net' }] });
    await sending.queue.idle();
    const { messages } = await sending.queue.list();
    const [recipient] = messages.flatMap(({ recipients }) => recipients);
    assert.equal(recipient?.status, 'delayed');
    assert.match(recipient.text ?? '', /said: 451 Greylisted/);
    assert.ok(recipient.due !== undefined && recipient.due > Date.now() + 200_000, 'tried again in minutes');
    await writeFile(known, '');
    await sending.queue.retry({ destination: 'example.net' });
    await sending.settled();
    await reception.until(1);
  }),
);

test(
  ...needing('smtp-sink', 'two thousand messages, each once', async (program) => {
    const port = await freePort();
    const become = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
    const sink = spawn(program, ['-c', ...become, `127.0.0.1:${port}`, '100'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let counters = '';
    sink.stdout.on('data', (chunk) => {
      counters = `${counters}${chunk}`.slice(-100);
    });
    try {
      await untilAnswers(port, () => counters);
      await using sending = new Sending(port);
      const wire = Buffer.from('Subject: one of many\r\n\r\ntext\r\n');
      const message = { from: 'sender@example.org', recipients: [{ path: 'b@example.net' }] };
      await Promise.all(Array.from({ length: 2000 }, () => sending.send({ wire }, message)));
      await sending.settled();
      for (let tries = 0; tries < 100 && !/mesg=2000\D/.test(counters); tries++) {
        await new Promise((done) => setTimeout(done, 20));
      }
      assert.match(counters, /mesg=2000\D/);
    } finally {
      sink.kill();
    }
  }),
);

test(
  ...needing('postfix', 'its mail goes through us, byte by byte', async (program) => {
    await using reception = await Reception.open();
    await using sending = new Sending(reception.port);
    await using through = await Reception.open({ ...sending.reception });
    await using postfix = await Postfix.start(program, through.port);
    await submit(postfix.port, contents);
    await reception.until(contents.length);
    await sending.settled();
    assertArrived(await reception.harvest(), contents, ({ content }) => withoutTrace(content));
  }),
);
