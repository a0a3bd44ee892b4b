/**
 * Both sides of a session agree on what was delivered to whom, whatever the server's host decides, in whatever
 * pieces octets come.
 */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { lmtp, mx } from 'mailwright/smtp';
import { SeededRandom } from 'mailwright/testing';
import { mailOf, Pair, type PairOptions } from './back-to-back.ts';

const servers: Readonly<Record<string, PairOptions>> = {
  'step by step, DATA': {},
  'pipelined, DATA': { server: mx, client: { chunking: false } },
  'pipelined, BDAT': { server: mx },
  'LMTP, DATA': { server: lmtp, client: { protocol: 'lmtp', chunking: false } },
  'LMTP, BDAT': { server: lmtp, client: { protocol: 'lmtp' } },
};

/** Mostly yes; `undefined` is the default, which is yes. */
const words = [
  undefined,
  undefined,
  undefined,
  '250 2.0.0 fine',
  '450 4.2.0 later',
  '550 5.1.1 no',
  '452 4.5.3 enough',
];
const farewell = '421 4.3.2 bye';

interface Stored {
  readonly content: string;
  readonly to: readonly string[];
}

/** A session of several messages with random decisions: what each side has of it. */
function session(options: PairOptions, seed: number) {
  const random = new SeededRandom(seed);
  const lasting = random.below(4) > 0;
  const word = () => (!lasting && random.below(20) === 0 ? farewell : random.pick(words));
  const drawn = Object.fromEntries(
    ['mail', 'rcpt', 'data', 'message'].map((name) => [name, Array.from({ length: 40 }, word)]),
  );
  const perRecipient = options.client?.protocol === 'lmtp';
  const verdicts =
    drawn['message']?.map((first) =>
      perRecipient
        ? Array.from({ length: 5 }, (_, at) => (at === 0 ? first : random.pick(words)) ?? 'ok')
        : [first ?? 'ok'],
    ) ?? [];
  const said = verdicts.map((each) =>
    each.length === 1 ? each[0]?.replace('ok', '250 ok') : each.join(' | '),
  );
  const cut = () => 1 + random.below(200);
  const pair = new Pair({ ...options, decisions: { ...drawn, message: said }, cut, feed: cut });
  const mails = Array.from({ length: 8 }, (_, number) =>
    mailOf(
      `Subject: ${number}\r\n\r\n${'.line\r\n'.repeat(random.below(40))}`,
      Array.from({ length: 1 + random.below(4) }, (_, at) => `r${number}-${at}@example.net`),
    ),
  );
  const results = pair.send(...mails);
  pair.client.abandon();
  pair.run();

  const delivered = results.flatMap(({ recipients }, number): Stored[] => {
    const { transaction, content } = mails[number] as (typeof mails)[number];
    const to = transaction.recipients
      .filter((_, at) => recipients[at]?.result === 'accepted')
      .map(({ path }) => path);
    return to.length === 0 ? [] : [{ content: Buffer.from(content).toString(), to }];
  });
  const stored = pair.host.messages.flatMap(({ content, envelope }, number): Stored[] => {
    const { recipients } = envelope as { recipients: { path: { localPart: string } }[] };
    const words = verdicts[number] ?? [];
    const to = recipients
      .filter((_, at) => /^(?:ok|2)/.test(words[perRecipient ? at : 0] ?? 'ok'))
      .map(({ path }) => `${path.localPart}@example.net`);
    return to.length === 0 ? [] : [{ content, to }];
  });
  return { results, delivered, stored };
}

suite('what the client calls accepted is what the server has', () => {
  for (const [name, options] of Object.entries(servers)) {
    test(name, () => {
      let given = 0;
      let told = 0;
      for (let seed = 0; seed < 150; seed += 1) {
        const { results, delivered, stored } = session(options, seed);
        assert.deepEqual(delivered, stored, `seed ${seed}`);
        // Nothing was cut off, so nothing is unknown; but a 421 of LMTP leaves the recipients behind it so.
        const all = results.flatMap(({ recipients }) => recipients);
        const unknown = all.filter((each) => each.result === 'failed' && each.ambiguous).length;
        assert.ok(unknown === 0 || options.client?.protocol === 'lmtp', `seed ${seed}`);
        given += results.length;
        told += delivered.length;
      }
      // The decisions are of every kind, or the law says nothing.
      assert.ok(told > given / 10 && told < given * 0.9, `${told} of ${given}`);
    });
  }
});
