/** A data handler behind authentication: stamped, cleaned of forgeries, refused as DMARC asks. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { type Zone, ZoneResolver } from 'mailwright/dns';
import { type AuthenticatedOptions, authenticated, dmarcReply, type SessionVisit } from 'mailwright/policy';
import type { SmtpHandlers } from 'mailwright/reception';
import { mx, replies } from 'mailwright/smtp';
import { TestSession } from '../reception/session.ts';

const from = (message: string) => `From: a@example.com\r\n${message}`;

/** What a server answers to one message, and what reaches the handler behind. */
async function receive(
  message: string,
  zone: Zone,
  more: Partial<AuthenticatedOptions<SessionVisit>> = {},
): Promise<{ reply: string; taken: string | null; aborted: number }> {
  const outcome = { reply: '', taken: null as string | null, aborted: 0 };
  const handlers: SmtpHandlers = authenticated(
    {
      data() {
        let text = '';
        return {
          write(chunk) {
            text += Buffer.from(chunk).toString('latin1');
          },
          end() {
            outcome.taken = text;
            return replies.ok;
          },
          abort: () => void outcome.aborted++,
        };
      },
    },
    { resolver: new ZoneResolver(zone), authservId: 'mx.example.org', iprev: false, ...more },
  );
  const session = new TestSession(handlers, { ...mx, hostname: 'mx.example.org' });
  const commands = [
    '',
    'EHLO client.example',
    'MAIL FROM:<a@example.com>',
    'RCPT TO:<b@example.org>',
    'DATA',
    `${message}.`,
  ];
  for (const command of commands) outcome.reply = await session.say(`${command}\r\n`.replace(/^\r\n$/, ''));
  assert.deepEqual(session.errors, []);
  return outcome;
}

const rejecting = { '_dmarc.example.com': { TXT: ['v=DMARC1; p=reject'] } };

test('mail that fails is refused where its domain asks for it, and never reaches the handler', async () => {
  const { reply, taken, aborted } = await receive(from('\r\nHello\r\n'), rejecting);
  assert.equal(reply, '550 5.7.1 Rejected by the DMARC policy of example.com\r\n');
  assert.deepEqual([taken, aborted], [null, 1]);
});

test('mail that is taken is stamped at its top, every other octet as it was', async () => {
  const message = from('Subject: \xe9\r\n\r\nHello \xff\r\n');
  const { reply, taken, aborted } = await receive(message, {});
  assert.match(reply, /^250 /);
  assert.equal(aborted, 0);
  assert.ok(
    taken?.startsWith('Authentication-Results: mx.example.org;\r\n\tspf=none smtp.mailfrom=example.com;'),
  );
  assert.ok(taken?.endsWith(`\r\n${message}`));
});

test('fields that claim to be ours are removed, others stay (RFC 8601 §5)', async () => {
  const forged = [
    'Authentication-Results: mx.example.org; dmarc=pass',
    'Authentication-Results: MX.Example.Org. 1; dkim=pass',
    'Authentication-Results: inner.example.org; spf=pass',
    'Authentication-Results: (unreadable',
  ];
  const kept = 'Authentication-Results: mx.example.net; spf=pass';
  const message = from(`${[...forged, kept].join('\r\n')}\r\n\r\nHello\r\n`);
  const { taken } = await receive(message, {}, { otherIds: ['inner.example.org'] });
  assert.equal(taken?.match(/^Authentication-Results:/gm)?.length, 2);
  assert.ok(taken?.includes(kept));
});

test('a header that cannot be read to its end is refused: forgeries might hide in it', async () => {
  const { reply, taken } = await receive(from(`${'X-A: b\r\n'.repeat(20_000)}\r\nHello\r\n`), {});
  assert.equal(reply, '554 5.6.0 Header section too large\r\n');
  assert.equal(taken, null);
});

test('a From field of more domains than are looked at is refused', async () => {
  const authors = Array.from({ length: 20 }, (_, index) => `a@d${index}.example`).join(',\r\n ');
  const { reply } = await receive(`From: ${authors}\r\n\r\nHello\r\n`, rejecting);
  assert.equal(reply, '554 5.6.0 Too many domains in From\r\n');
});

test('a host judges for itself', async () => {
  const { reply } = await receive(from('\r\nHello\r\n'), rejecting, {
    judge: async ({ dmarc }, { size }, { session }) => {
      assert.equal(session.greeting?.name, 'client.example');
      return dmarc.result === 'fail' && size > 0 ? replies.mailboxBusy : undefined;
    },
  });
  assert.match(reply, /^450 /);
});

test('what is refused and what is taken by default', () => {
  const verdict = {
    result: 'fail',
    reason: 'not-aligned',
    authorDomain: 'example.com',
    policy: null,
    text: '',
  } as const;
  const aligned = { dkim: false, spf: false };
  for (const [disposition, code] of [
    ['reject', 550],
    ['quarantine', undefined],
    ['none', undefined],
  ] as const) {
    assert.equal(dmarcReply({ ...verdict, aligned, disposition })?.code, code);
  }
});

test('examples/authenticate.ts takes the signed message and refuses the forged one', async () => {
  const program = join(import.meta.dirname, '../../examples/authenticate.ts');
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, ['--conditions=mailwright-source', program]);
  const [taken = '', refused = ''] = stdout.split('not taken');
  assert.match(taken, /dmarc=pass \(p=reject\)/);
  assert.doesNotMatch(taken, /^Authentication-Results: mx\.example\.org; dmarc=pass/m);
  assert.match(refused, /550 5\.7\.1 Rejected by the DMARC policy of example\.com/);
});
