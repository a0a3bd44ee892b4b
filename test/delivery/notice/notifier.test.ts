/** Notifications as they are sent, and as they are read again. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Notification, type NotifierOptions, notifier, type RecipientNotice } from 'mailwright/delivery';
import { parseMail, parseMessage, toSevenBit } from 'mailwright/mime';
import { deliveryStatusOf } from 'mailwright/reports';
import type { Context, Recipient } from 'mailwright/spool';
import {
  bodyOf,
  delivered,
  hour,
  lines,
  messageFrom,
  noon,
  noticeOf,
  refused,
  unreachable,
} from './messages.ts';

const clock = { now: () => noon + hour, after: () => () => {} };
const options: NotifierOptions = { hostname: 'mx.example.org', clock };
const letter = lines(
  'Received: from client.example',
  'Message-ID: <one@example.com>',
  'Subject: Lunch?',
  '',
  'At one?',
  '',
);

async function notify(
  context: Context,
  recipients: readonly RecipientNotice[],
  body = bodyOf(letter),
  more: Partial<NotifierOptions> = {},
): Promise<readonly Notification[]> {
  return notifier({ ...options, ...more })(context, recipients, body);
}

async function only(...given: Parameters<typeof notify>): Promise<Notification> {
  const all = await notify(...given);
  assert.equal(all.length, 1, `${all.length} notifications`);
  return all[0] as Notification;
}

const text = ({ octets }: Notification) => Buffer.from(octets).toString();

/** The report without what is the same in each: by part, from its type on. */
function parts(notification: Notification): string[] {
  const [, boundary] = /boundary="([^"]+)"/.exec(text(notification)) as RegExpExecArray;
  return text(notification).split(`--${boundary}`).slice(1, -1);
}

describe('whole reports', () => {
  test('a failure (RFC 3464 §1, RFC 3461 §6.3)', async () => {
    const context = messageFrom(
      'zoe@example.com',
      [
        { path: 'sam@example.net', orcpt: { type: 'rfc822', address: 'Sam+x@example.net' } },
        { path: 'kim@example.net' },
      ],
      { dsn: { envid: 'QQ 1' } },
    );
    const gone = { result: 'failed', status: '5.4.7', text: 'No answer for five days' } as const;
    const report = await only(context, [noticeOf(context, 0, refused), noticeOf(context, 1, gone)]);
    assert.equal(report.kind, 'failure');
    assert.equal(
      text(report).replaceAll(/=_[0-9a-f]{24}_1/g, '=_1'),
      lines(
        'Date: Fri, 1 May 2026 13:00:00 +0000',
        'From: Mail Delivery System <postmaster@mx.example.org>',
        'To: zoe@example.com',
        'Subject: Your message could not be delivered',
        `Message-ID: <${context.id}.failure.0.${noon + hour}@mx.example.org>`,
        'In-Reply-To: <one@example.com>',
        'References: <one@example.com>',
        'Auto-Submitted: auto-replied',
        'MIME-Version: 1.0',
        'Content-Type: multipart/report; report-type=delivery-status;',
        ' boundary="=_1"',
        '',
        '--=_1',
        'Content-Type: text/plain; charset=utf-8',
        '',
        'This is the mail server mx.example.org.',
        '',
        'Your message could not be delivered to these recipients. It will not be tried again.',
        '',
        '<sam@example.net>',
        '    mx.example.net [192.0.2.7] answered: 550-5.1.1 No such 550 5.1.1 user here',
        '',
        '<kim@example.net>',
        '    No answer for five days',
        '',
        `The message came here on Fri, 1 May 2026 12:00:00 +0000 and is known as ${context.id}.`,
        '',
        '--=_1',
        'Content-Type: message/delivery-status',
        '',
        'Original-Envelope-Id: QQ 1',
        'Reporting-MTA: dns; mx.example.org',
        'Received-From-MTA: dns; client.example',
        'Arrival-Date: Fri, 1 May 2026 12:00:00 +0000',
        '',
        'Original-Recipient: rfc822; Sam+x@example.net',
        'Final-Recipient: rfc822; sam@example.net',
        'Action: failed',
        'Status: 5.1.1',
        'Remote-MTA: dns; mx.example.net',
        'Diagnostic-Code: smtp; 550-5.1.1 No such 550 5.1.1 user here',
        'Last-Attempt-Date: Fri, 1 May 2026 13:00:00 +0000',
        `Final-Log-ID: ${context.id}`,
        '',
        'Final-Recipient: rfc822; kim@example.net',
        'Action: failed',
        'Status: 5.4.7',
        'Diagnostic-Code: x-mailwright; No answer for five days',
        'Last-Attempt-Date: Fri, 1 May 2026 13:00:00 +0000',
        `Final-Log-ID: ${context.id}`,
        '',
        '--=_1',
        'Content-Type: text/rfc822-headers',
        '',
        'Received: from client.example',
        'Message-ID: <one@example.com>',
        'Subject: Lunch?',
        '',
        '--=_1--',
        '',
      ),
    );
    assert.deepEqual(report.context, {
      receivedAt: noon + hour,
      protocol: 'ESMTP',
      envelope: { from: '', recipients: [{ path: 'zoe@example.com', notify: ['never'] }] },
      metadata: { notification: { kind: 'failure', about: context.id } },
    });
  });

  test('a delay, with the deadline (RFC 2852 §5)', async () => {
    const context = messageFrom('zoe@example.com', [{ path: 'sam@example.net' }], {
      deliverBy: { at: noon + hour, mode: 'notify' },
    });
    const notice = { ...noticeOf(context, 0, unreachable), willRetryUntil: noon + 120 * hour };
    const report = await only(context, [notice]);
    assert.equal(report.kind, 'delay');
    assert.match(text(report), /^Subject: Your message is delayed\r$/m);
    assert.match(
      text(report),
      /No answer from mx\.example\.net\r\n {4}It will be tried until Wed, 6 May 2026 12:00:00/,
    );
    assert.match(text(report), /^Deliver-By-Date: Fri, 1 May 2026 13:00:00 \+0000\r$/m);
    assert.match(text(report), /^Action: delayed\r\nStatus: 4\.4\.1\r$/m);
    assert.match(text(report), /^Will-Retry-Until: Wed, 6 May 2026 12:00:00 \+0000\r$/m);
  });

  test('given up after answers that were meant for the time being', async () => {
    const context = messageFrom('zoe@example.com', [{ path: 'sam@example.net' }]);
    const busy = { code: 450, enhanced: '4.2.0', lines: ['Busy'] };
    const outcome = { ...refused, status: '5.4.7', text: 'given up after 25 attempts', reply: busy } as const;
    const report = await only(context, [noticeOf(context, 0, outcome)]);
    const said =
      '    mx.example.net [192.0.2.7] answered: 450 4.2.0 Busy\r\n    given up after 25 attempts\r\n';
    assert.ok(text(report).includes(said), text(report));
    assert.match(text(report), /^Status: 5\.4\.7\r$/m);
  });

  test('nothing was tried yet', async () => {
    const context = messageFrom('zoe@example.com', [{ path: 'sam@example.net' }]);
    const report = await only(context, [noticeOf(context, 0, { ...unreachable, text: '' })]);
    assert.ok(text(report).includes('<sam@example.net>\r\n\r\n'), text(report));
    assert.doesNotMatch(text(report), /Diagnostic-Code/);
  });

  test('success, one action for each recipient (RFC 3464 §2.3.3)', async () => {
    const notify: Recipient['notify'] = ['success'];
    const hows = ['delivered', 'relayed', 'expanded', 'passed'] as const;
    const context = messageFrom(
      'zoe@example.com',
      hows.map((how) => ({ path: `${how}@example.net`, notify })),
    );
    const report = await only(
      context,
      hows.map((how, place) => noticeOf(context, place, delivered(how))),
    );
    assert.equal(report.kind, 'success');
    const status = deliveryStatusOf(parseMessage(report.octets));
    assert.deepEqual(
      status?.recipients.map(({ action, finalRecipient }) => `${finalRecipient?.text} ${action}`),
      ['delivered@example.net delivered', 'relayed@example.net relayed', 'expanded@example.net expanded'],
    );
  });

  test('in the words of a host', async () => {
    const context = messageFrom('zoe@example.com', [{ path: 'sam@example.net' }]);
    const report = await only(context, [noticeOf(context, 0, refused)], bodyOf(letter), {
      from: { name: 'Postmeister', address: 'post@example.org' },
      subject: ({ kind }) => (kind === 'failure' ? 'Unzustellbar: zurück' : ''),
      text: ({ notices }) => `An ${notices[0]?.recipient.path}: unmöglich\n`,
    });
    const { text: shown } = parseMessage(report.octets);
    assert.match(text(report), /^From: Postmeister <post@example\.org>\r$/m);
    assert.match(text(report), /^Subject: =\?utf-8\?Q\?Unzustellbar:_zur=C3=BCck\?=\r$/m);
    assert.match(shown ?? '', /^An sam@example\.net: unmöglich\r\n/);
    assert.equal(report.context.envelope.body, undefined, 'it fits seven bits');
  });

  test('a name or an author that no field can hold is misuse', () => {
    for (const wrong of [{ hostname: 'mx example' }, { hostname: 'mx.example', from: 'nobody' }]) {
      assert.throws(() => notifier(wrong), { name: 'ComposeMisuse', code: 'ADDRESS' });
    }
    const own = { hostname: 'mx\u00e9.example', from: 'post@example.org' };
    assert.throws(() => notifier(own), { name: 'ComposeMisuse', code: 'MESSAGE_ID' });
  });

  test('as mailparser reads it', async () => {
    const context = messageFrom('zoe@example.com', [{ path: 'sam@example.net' }], { dsn: { ret: 'full' } });
    const { octets } = await only(context, [noticeOf(context, 0, refused)]);
    const parsed = await parseMail([octets]);
    assert.ok(parsed.ok);
    assert.equal(parsed.mail.subject, 'Your message could not be delivered');
    assert.match(parsed.mail.text ?? '', /answered: 550-5\.1\.1 No such/);
    assert.equal(parsed.mail.inReplyTo, '<one@example.com>');
  });
});

describe('who is told what (RFC 3461 §4.1)', () => {
  const wants = (notify: Recipient['notify']) => ({ path: 'sam@example.net', ...(notify && { notify }) });
  const cases: readonly (readonly [
    name: string,
    notify: Recipient['notify'],
    outcome: RecipientNotice['outcome'],
    kind: Notification['kind'] | undefined,
  ])[] = [
    ['failure by default (RFC 3461 §5.2.6 (c))', undefined, refused, 'failure'],
    ['failure on request', ['failure'], refused, 'failure'],
    ['no failure for those who asked for success (RFC 3461 §5.2.6 (b))', ['success'], refused, undefined],
    ['never means never', ['never'], refused, undefined],
    ['delay by default (RFC 3461 §5.2.5 (b))', undefined, unreachable, 'delay'],
    ['delay on request', ['delay'], unreachable, 'delay'],
    ['no delay for others (RFC 3461 §5.2.5 (c))', ['failure', 'success'], unreachable, undefined],
    ['no success by default (RFC 3461 §5.2.3 (c))', undefined, delivered('delivered'), undefined],
    ['success on request', ['success'], delivered('delivered'), 'success'],
    ['relayed on request (RFC 3461 §5.2.2)', ['success', 'failure'], delivered('relayed'), 'success'],
    ['not of what the next server tells (RFC 3461 §5.2.2)', ['success'], delivered('passed'), undefined],
    ['no success for others', ['failure', 'delay'], delivered('expanded'), undefined],
  ];
  for (const [name, asked, outcome, kind] of cases) {
    test(name, async () => {
      const context = messageFrom('zoe@example.com', [wants(asked)]);
      assert.deepEqual(
        (await notify(context, [noticeOf(context, 0, outcome)])).map((each) => each.kind),
        kind === undefined ? [] : [kind],
      );
      const quiet = messageFrom('', [wants(asked)]);
      assert.deepEqual(await notify(quiet, [noticeOf(quiet, 0, outcome)]), [], 'RFC 5321 §4.5.5');
    });
  }

  test('a host may keep delays to those who ask', async () => {
    const context = messageFrom('zoe@example.com', [wants(undefined), wants(['delay'])]);
    const notices = [noticeOf(context, 0, unreachable), noticeOf(context, 1, unreachable)];
    const report = await only(context, notices, bodyOf(letter), { delays: false });
    assert.equal(deliveryStatusOf(parseMessage(report.octets))?.recipients.length, 1);
  });

  const deadline = { at: noon + 2 * hour, mode: 'notify' } as const;
  const deadlines: readonly (readonly [
    name: string,
    deliverBy: NonNullable<Context['envelope']['deliverBy']>,
    notify: Recipient['notify'],
    outcome: RecipientNotice['outcome'],
    at: number,
    action: string | undefined,
  ])[] = [
    ['a deadline that has passed', deadline, ['failure'], unreachable, noon + 2 * hour, 'delayed'],
    ['a deadline that has not', deadline, ['failure'], unreachable, noon + hour, undefined],
    ['a deadline, and never', deadline, ['never'], unreachable, noon + 2 * hour, undefined],
    ['a server that would not tell of it', deadline, undefined, delivered('relayed'), noon, 'relayed'],
    ['a server that would', deadline, undefined, delivered('passed'), noon, undefined],
    [
      'a trace',
      { ...deadline, mode: 'return', trace: true },
      undefined,
      delivered('passed'),
      noon,
      'relayed',
    ],
    ['a trace ends here', { ...deadline, trace: true }, undefined, delivered('delivered'), noon, undefined],
  ];
  for (const [name, deliverBy, asked, outcome, at, action] of deadlines) {
    test(`${name} (RFC 2852 §4.1.4, §4.1.4.2)`, async () => {
      const context = messageFrom('zoe@example.com', [wants(asked)], { deliverBy });
      const clock = { now: () => at, after: () => () => {} };
      const [report] = await notify(context, [noticeOf(context, 0, outcome)], bodyOf(letter), { clock });
      const status = report && deliveryStatusOf(parseMessage(report.octets));
      assert.equal(status?.recipients[0]?.action, action);
    });
  }

  test('one notification of each kind, each about its own (RFC 3461 §5.2.8)', async () => {
    const paths = ['a', 'b', 'c', 'd'].map((name) => ({ path: `${name}@example.net` }));
    const context = messageFrom('zoe@example.com', paths);
    const outcomes = [refused, unreachable, refused, delivered('relayed')];
    const reports = await notify(
      context,
      outcomes.map((outcome, place) => noticeOf(context, place, outcome)),
    );
    const told = reports.map(({ kind, octets }) => [
      kind,
      ...(deliveryStatusOf(parseMessage(octets))?.recipients ?? []).map((each) => each.finalRecipient?.text),
    ]);
    assert.deepEqual(told, [
      ['failure', 'a@example.net', 'c@example.net'],
      ['delay', 'b@example.net'],
    ]);
  });
});

describe('what is given back (RFC 3461 §4.3, §6.2)', () => {
  const context = (envelope: Partial<Context['envelope']>) =>
    messageFrom('zoe@example.com', [{ path: 'sam@example.net' }], envelope);
  const full = { dsn: { ret: 'full' } } as const;

  const cases: readonly (readonly [
    string,
    Partial<Context['envelope']>,
    RecipientNotice['outcome'],
    string,
  ])[] = [
    ['the header by default', {}, refused, 'text/rfc822-headers'],
    ['the whole message for RET=FULL', full, refused, 'message/rfc822'],
    ['the header where nothing failed', full, unreachable, 'text/rfc822-headers'],
    [
      'the header where TLS was required (RFC 8689 §5)',
      { ...full, requireTls: true },
      refused,
      'text/rfc822-headers',
    ],
    ['the header of binary content', { ...full, body: 'binarymime' }, refused, 'text/rfc822-headers'],
  ];
  for (const [name, envelope, outcome, type] of cases) {
    test(name, async () => {
      const given = context(envelope);
      const report = await only(given, [noticeOf(given, 0, outcome)]);
      const part = parts(report)[2] as string;
      assert.ok(part.startsWith(`\r\nContent-Type: ${type}\r\n`), part);
      assert.equal(report.context.envelope.requireTls, envelope.requireTls);
      const { original } = deliveryStatusOf(parseMessage(report.octets)) ?? {};
      const back = Buffer.from(original?.octets ?? '').toString();
      assert.equal(back, type === 'message/rfc822' ? letter : `${letter.split('\r\n\r\n')[0]}\r\n`);
    });
  }

  test('a message that is too large comes back as its header, and no more of it is read', async () => {
    const given = context(full);
    const body = bodyOf(`${letter}${'x'.repeat(100_000)}`);
    const report = await only(given, [noticeOf(given, 0, refused)], body);
    assert.match(parts(report)[2] as string, /^\r\nContent-Type: text\/rfc822-headers\r\n/);
    assert.ok(body.read <= 16_384 + 10, `${body.read} octets read`);
  });

  test('a long header is cut at the end of a field', async () => {
    const given = context({});
    const fields = ['A: 1', 'B: 2', '\tfolded', 'C: 3'].join('\r\n');
    for (const [limit, kept] of [
      [4, ''],
      [6, ''],
      [7, 'A: 1\r\n'],
      [21, 'A: 1\r\n'],
      [22, 'A: 1\r\nB: 2\r\n\tfolded\r\n'],
      [27, 'A: 1\r\nB: 2\r\n\tfolded\r\n'],
      [29, `${fields}\r\n`],
    ] as const) {
      const body = bodyOf(`${fields}\r\n\r\nHello`);
      const report = await only(given, [noticeOf(given, 0, refused)], body, { headerLimit: limit });
      const { original } = deliveryStatusOf(parseMessage(report.octets)) ?? {};
      assert.equal(Buffer.from(original?.octets ?? '').toString(), kept, `${limit}`);
    }
  });

  test('a message that can be read no more keeps nobody from being told', async () => {
    const given = context({});
    const body = {
      size: 9,
      read: 0,
      // biome-ignore lint/correctness/useYield: it fails before
      async *open(): AsyncGenerator<Buffer> {
        throw new Error('disk');
      },
    };
    const report = await only(given, [noticeOf(given, 0, refused)], body);
    assert.equal(parts(report).length, 2);
  });
});

describe('beyond US-ASCII (RFC 6533)', () => {
  test('addresses bring the types of UTF-8', async () => {
    const context = messageFrom(
      'zoë@example.com',
      [{ path: 'sám@example.net', orcpt: { type: 'utf-8', address: 'Sám@x' } }],
      {
        smtputf8: true,
      },
    );
    const said = { ...refused, reply: { code: 550, enhanced: '5.1.1', lines: ['Unbekannt: sám'] } };
    const report = await only(
      context,
      [noticeOf(context, 0, said)],
      bodyOf('Subject: Grüße\r\n\r\nHallo\r\n'),
    );
    assert.match(text(report), /^To: zoë@example\.com\r$/m);
    assert.deepEqual(report.context.envelope, {
      from: '',
      recipients: [{ path: 'zoë@example.com', notify: ['never'] }],
      body: '8bitmime',
      smtputf8: true,
    });
    const types = parseMessage(report.octets).root.children.map(({ type, subtype }) => `${type}/${subtype}`);
    assert.deepEqual(types, ['text/plain', 'message/global-delivery-status', 'message/global-headers']);
    const [recipient] = deliveryStatusOf(parseMessage(report.octets))?.recipients ?? [];
    assert.deepEqual(recipient?.finalRecipient, { type: 'utf-8', text: 'sám@example.net' });
    assert.deepEqual(recipient?.originalRecipient, { type: 'utf-8', text: 'Sám@x' });
    assert.deepEqual(recipient?.diagnosticCode, { type: 'smtp', text: '550 5.1.1 Unbekannt: sám' });
  });

  test('to a sender of US-ASCII it passes a way of seven bits once its parts are encoded (RFC 6533 §4)', async () => {
    const context = messageFrom('zoe@example.com', [{ path: 'sám@example.net' }]);
    const report = await only(context, [noticeOf(context, 0, refused)]);
    assert.equal(report.context.envelope.smtputf8, undefined);
    assert.equal(report.context.envelope.body, '8bitmime');
    const fitting = toSevenBit(report.octets);
    assert.ok(fitting.ok);
    const [recipient] = deliveryStatusOf(parseMessage(fitting.octets))?.recipients ?? [];
    assert.equal(recipient?.finalRecipient?.text, 'sám@example.net');
  });

  test('texts in other characters are legible where they may be, and never break the form', async () => {
    const context = messageFrom('zoe@example.com', [{ path: 'sam@example.net' }]);
    const said = { ...refused, reply: { code: 550, lines: ['Unbekannter Empfänger'] } };
    const report = await only(context, [noticeOf(context, 0, said)]);
    assert.match(text(report), /^Diagnostic-Code: smtp; 550 Unbekannter Empf\?nger\r$/m);
    assert.match(parseMessage(report.octets).text ?? '', /550 Unbekannter Empfänger/);
  });
});

describe('what strangers say', () => {
  const hostile = fc.string({
    unit: fc.oneof(
      fc.constantFrom(
        '\r\n',
        '\n',
        '\r',
        ' ',
        '\t',
        ':',
        ';',
        'Action: delivered',
        '\r\n\r\nFinal-Recipient: rfc822; x',
        '=?utf-8?Q?a?=',
        '\u2028',
        '\0',
        '--=_',
        'é',
        '<',
        '\ud800',
      ),
      fc.string({ unit: 'grapheme' }),
    ),
    maxLength: 60,
  });

  test('law: whatever it is, the facts that are read again are those that were given', async () => {
    const oneLine = (said: string) =>
      said
        .replace(/[\s\p{Cc}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ')
        .trim()
        .replace(/[^\x20-\x7e]/gu, '?');
    await fc.assert(
      fc.asyncProperty(hostile, hostile, hostile, hostile, async (reply, host, envid, helo) => {
        const context = {
          ...messageFrom('zoe@example.com', [{ path: 'sam@example.net' }], { dsn: { envid } }),
          helo,
        };
        const said = { ...refused, reply: { code: 550, lines: [reply] }, remote: { host } };
        const { octets } = await only(context, [noticeOf(context, 0, said)], bodyOf(`X: ${reply}\r\n\r\n`));
        const status = deliveryStatusOf(parseMessage(octets));
        assert.equal(status?.recipients.length, 1);
        const [recipient] = status.recipients;
        assert.equal(recipient?.action, 'failed');
        assert.equal(recipient.finalRecipient?.text, 'sam@example.net');
        assert.deepEqual(recipient.diagnosticCode, { type: 'smtp', text: oneLine(`550 ${reply}`) });
        assert.equal(recipient.remoteMta?.text ?? '', oneLine(host));
        assert.equal(status.originalEnvelopeId ?? '', oneLine(envid));
        assert.equal(status.receivedFromMta?.text ?? '', oneLine(helo));
        assert.equal(status.arrivalDate, noon);
        assert.equal(recipient.lastAttemptDate, noon + hour);
        assert.equal(parseMessage(octets).root.children.length, 3);
      }),
      { numRuns: 200 },
    );
  });

  test('texts without end are cut, so that no line has more than 998 octets', async () => {
    for (const said of ['x'.repeat(1e6), 'é'.repeat(1e6), 'x '.repeat(1e6)]) {
      const context = messageFrom('zoe@example.com', [{ path: 'sám@example.net' }]);
      const outcome = { ...refused, reply: { code: 550, lines: [said] }, text: said, remote: { host: said } };
      const { octets } = await only(context, [noticeOf(context, 0, outcome)]);
      assert.ok(octets.length < 10_000, `${octets.length}`);
      assert.ok(
        Buffer.from(octets)
          .toString('latin1')
          .split('\r\n')
          .every((line) => line.length <= 998),
      );
    }
  });

  test('senders and identifiers that no field can hold', async () => {
    const context = messageFrom('not an address', [{ path: 'sam@example.net' }]);
    const report = await only(context, [noticeOf(context, 0, refused)], bodyOf('Message-ID: <a b>\r\n\r\n'));
    assert.doesNotMatch(text(report), /^(To|References|In-Reply-To):/m);
    assert.equal(report.context.envelope.recipients[0]?.path, 'not an address');
  });
});
