/** Python's smtplib as client: whole corpora octet by octet, and what of SMTP it knows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ListenOn } from 'mailwright/node';
import { password, submissionFor, tls, user } from './account.ts';
import { type Content, contentOf, corpora, hasLoneCr, longLine, oddities, samples } from './contents.ts';
import { mailboxes } from './mailboxes.ts';
import { needing, run } from './programs.ts';
import { addressOf, assertArrived, Reception } from './reception.ts';

/**
 * Sends a plan, read as JSON; writes the replies as JSON: one for each message, or for each recipient
 * in LMTP. Contents go out as they are but for dots (smtplib leaves octets alone).
 */
const script = `
import base64, json, smtplib, ssl, sys
plan = json.load(sys.stdin)
context = ssl._create_unverified_context()
if plan["kind"] == "lmtp": client = smtplib.LMTP(plan["path"])
elif plan["kind"] == "smtps": client = smtplib.SMTP_SSL("127.0.0.1", plan["port"], context=context)
else: client = smtplib.SMTP("127.0.0.1", plan["port"])
if plan["kind"] == "starttls": client.starttls(context=context)
if plan.get("user"):
    client.ehlo()
    client.user, client.password = plan["user"], plan["password"]
    client.auth(plan["mechanism"], getattr(client, "auth_" + plan["mechanism"].lower().replace("-", "_")),
        initial_response_ok=plan["initial"])
if plan.get("utf8"): client.command_encoding = "utf-8"
replies = []
for message in plan["messages"]:
    client.ehlo_or_helo_if_needed()
    client.mail("sender@example.org", message.get("options", []))
    for to in message["to"]: client.rcpt(to)
    reply = [client.data(base64.b64decode(message["content"]))]
    if plan["kind"] == "lmtp": reply += [client.getreply() for _ in message["to"][1:]]
    replies.append([[code, text.decode("latin1")] for code, text in reply])
client.quit()
json.dump(replies, sys.stdout)
`;

interface Plan {
  readonly kind: 'smtp' | 'smtps' | 'starttls' | 'lmtp';
  readonly path?: string;
  /** Commands are written in UTF-8. */
  readonly utf8?: boolean;
  readonly user?: string;
  readonly password?: string;
  readonly mechanism?: 'PLAIN' | 'LOGIN' | 'CRAM-MD5';
  /** Whether the mechanism's first response goes with AUTH itself. */
  readonly initial?: boolean;
}

interface Message {
  readonly to: readonly string[];
  readonly content: Buffer;
  readonly options?: readonly string[];
}

type Replies = readonly (readonly [code: number, text: string][])[];

async function send(
  python: string,
  { port }: Reception,
  plan: Plan,
  messages: readonly Message[],
): Promise<Replies> {
  const encoded = messages.map((each) => ({ ...each, content: each.content.toString('base64') }));
  const input = JSON.stringify({ port, ...plan, messages: encoded });
  return JSON.parse(await run(python, ['-c', script], { input }));
}

function mailsOf(contents: readonly Content[]): Message[] {
  return contents.map(({ wire }, at) => ({ to: [addressOf(at)], content: wire, options: ['BODY=8BITMIME'] }));
}

test(
  ...needing('python3', 'whole corpora arrive byte for byte, a lone CR is refused', async (python) => {
    await using reception = await Reception.open();
    const lone = contentOf('lone CR', Buffer.from('Subject: x\n\none\rtwo\n'));
    const nul = contentOf('NUL', Buffer.from('Subject: x\n\n\0\n'));
    const contents = [...corpora, ...oddities, longLine, nul, lone];
    const replies = await send(python, reception, { kind: 'smtp' }, mailsOf(contents));
    for (const [at, content] of contents.entries()) {
      const [code, text = ''] = replies[at]?.[0] ?? [];
      // RFC 5321 §2.3.8: CR and LF only ever together.
      if (hasLoneCr(content)) assert.equal(`${code} ${text.slice(0, 6)}`, '550 5.6.11', content.name);
      else assert.match(`${code} ${text}`, /^250 2\.0\.0 Queued as [0-9A-Z]{26}$/, content.name);
    }
    const spooled = await reception.harvest();
    assertArrived(spooled, contents);
    assert.ok(spooled.every(({ context }) => context.envelope.body === '8bitmime'));
  }),
);

for (const kind of ['smtps', 'starttls'] as const) {
  test(
    ...needing('python3', `mail over ${kind}`, async (python) => {
      const on: ListenOn = { tls: kind === 'smtps' ? 'implicit' : 'starttls' };
      await using reception = await Reception.open({ tls }, on);
      await send(python, reception, { kind }, mailsOf(samples));
      const spooled = await reception.harvest();
      assertArrived(spooled, samples);
      assert.deepEqual(
        new Set(spooled.map(({ context }) => `${context.protocol} ${context.tls?.version}`)),
        new Set(['ESMTPS TLSv1.3']),
      );
    }),
  );
}

for (const mechanism of ['PLAIN', 'LOGIN', 'CRAM-MD5'] as const) {
  // RFC 2195 §2: in CRAM-MD5 the server speaks first.
  for (const initial of mechanism === 'CRAM-MD5' ? [false] : [true, false]) {
    test(
      ...needing(
        'python3',
        `AUTH ${mechanism} with${initial ? '' : 'out'} initial response`,
        async (python) => {
          await using reception = await Reception.open(submissionFor);
          const plan: Plan = { kind: 'starttls', user, password, mechanism, initial };
          await send(python, reception, plan, mailsOf(oddities));
          const spooled = await reception.harvest();
          assertArrived(spooled, oddities);
          assert.equal(spooled[0]?.context.user, user);
          assert.equal(spooled[0]?.context.protocol, 'ESMTPSA');
        },
      ),
    );
  }
}

test(
  ...needing(
    'python3',
    'LMTP over a Unix socket: each recipient has a verdict of its own',
    async (python) => {
      await using reception = await Reception.open(mailboxes, { unix: true });
      const to = ['one@example.org', 'full@example.org', 'two@example.org'];
      const content = oddities[0]!.wire;
      const plan: Plan = { kind: 'lmtp', path: reception.path };
      const [mixed = [], refused = []] = await send(python, reception, plan, [
        { to, content },
        { to: ['full@example.org'], content },
      ]);
      const codes = (replies: Replies[number]) =>
        replies.map(([code, text]) => `${code} ${text.slice(0, 5)}`);
      assert.deepEqual(codes(mixed), ['250 2.0.0', '552 5.2.2', '250 2.0.0']);
      assert.deepEqual(codes(refused), ['552 5.2.2']);
      const [spooled, ...others] = await reception.harvest();
      assert.equal(others.length, 0);
      assert.deepEqual(
        spooled?.context.envelope.recipients.map(({ path }) => path),
        ['one@example.org', 'two@example.org'],
      );
      assert.ok(spooled?.content.equals(content));
      assert.equal(spooled?.context.protocol, 'LMTP');
    },
  ),
);

test(
  ...needing('python3', 'addresses and header fields in UTF-8', async (python) => {
    await using reception = await Reception.open();
    const content = Buffer.from('Subject: übergrößenträger\r\n\r\n☃\r\n');
    const options = ['BODY=8BITMIME', 'SMTPUTF8'];
    // smtplib writes its commands in ASCII unless told otherwise; sendmail() tells it.
    await send(python, reception, { kind: 'smtp', utf8: true }, [
      { to: ['δοκιμή@παράδειγμα.example'], content, options },
    ]);
    const [spooled] = await reception.harvest();
    assert.ok(spooled?.content.equals(content));
    assert.equal(spooled?.context.envelope.recipients[0]?.path, 'δοκιμή@παράδειγμα.example');
    assert.equal(spooled?.context.envelope.smtputf8, true);
    assert.equal(spooled?.context.protocol, 'UTF8SMTP');
  }),
);
