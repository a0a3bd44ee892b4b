/** Postfix's smtp-source: many sessions and messages at once, and none of them lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lmtp } from 'mailwright/smtp';
import { needing, run } from './programs.ts';
import { Reception } from './reception.ts';

const envelope = ['-f', 'sender@example.org', '-t', 'one@example.org'];

/** How smtp-source is to send: messages of one size, over so many sessions at once. */
interface Load {
  readonly messages: number;
  readonly sessions: number;
  readonly size: number;
  readonly args?: readonly string[];
  /** Over a Unix socket, by LMTP. */
  readonly local?: true;
}

const loads: Readonly<Record<string, Load>> = {
  '2000 messages in sessions of their own, 20 at once': { messages: 2000, sessions: 20, size: 1000 },
  '4000 messages in 100 sessions': { messages: 4000, sessions: 100, size: 1000, args: ['-d'] },
  '100 messages of 300 KB in 10 sessions': { messages: 100, sessions: 10, size: 300_000, args: ['-d'] },
  '500 messages to 5 recipients each by LMTP': {
    messages: 500,
    sessions: 10,
    size: 1000,
    args: ['-L', '-r', '5'],
    local: true,
  },
};

for (const [name, { messages, sessions, size, args = [], local }] of Object.entries(loads)) {
  test(
    ...needing('smtp-source', name, async (source) => {
      await using reception = await Reception.open(local ? lmtp : {}, local ? { unix: true } : {});
      const to = local ? `unix:${reception.path}` : `inet:127.0.0.1:${reception.port}`;
      const load = ['-m', String(messages), '-s', String(sessions), '-l', String(size)];
      // It fails when a single reply is not what it should be.
      await run(source, [...load, ...args, ...envelope, to]);
      const spooled = await reception.harvest();
      assert.equal(spooled.length, messages);
      // Each has a Message-Id of its own; the rest is the same.
      const ids = spooled.map(
        ({ content }) => /^Message-Id: (\S+)\r$/m.exec(content.toString('latin1'))?.[1],
      );
      assert.equal(new Set(ids).size, messages);
      const lengths = new Set(spooled.map(({ content }) => content.length));
      assert.ok(Math.min(...lengths) >= size, [...lengths].join());
    }),
  );
}
