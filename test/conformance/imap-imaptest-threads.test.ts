/** imap-imaptest, those scripts that only ask for threads of the messages of their mbox file. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  HeaderFields,
  orderedSubject,
  readMbox,
  type Thread,
  type ThreadMessage,
  threadByReferences,
  threadMessage,
} from 'mailwright/mime';
import { filesOf, suite } from './suite.ts';

suite('imap-imaptest (threads)', 'imap-imaptest/tests', function* (folder) {
  for (const file of filesOf(folder, '')) {
    if (!existsSync(join(folder, `${file}.mbox`))) continue;
    const script = readFileSync(join(folder, file), 'utf8');
    const commands = script
      .slice(script.indexOf('\n\n'))
      .split('\n')
      .filter((line) => /^(ok|no|bad|\*)/i.test(line));
    if (!/^capabilities:.*THREAD=/m.test(script)) continue;
    yield {
      name: file,
      skip: /^state:/m.test(script) ? 'appends and expunges: a script for an IMAP server' : undefined,
      async check() {
        const messages = await read(join(folder, `${file}.mbox`));
        for (let i = 0; i < commands.length; i += 2) {
          const algorithm = /^ok thread (\w+) us-ascii all$/i.exec(commands[i] ?? '')?.[1]?.toLowerCase();
          const expected = /^\* thread (.*)$/i.exec(commands[i + 1] ?? '')?.[1];
          assert.ok(algorithm === 'references' || algorithm === 'orderedsubject', commands[i]);
          const threads =
            algorithm === 'references' ? threadByReferences(messages) : orderedSubject(messages);
          assert.equal(threads.map((thread) => `(${inner(thread)})`).join(''), expected);
        }
      },
    };
  }
});

async function read(path: string): Promise<ThreadMessage<number>[]> {
  const messages: ThreadMessage<number>[] = [];
  for await (const { octets, date } of readMbox([readFileSync(path)])) {
    messages.push(threadMessage(messages.length + 1, HeaderFields.scan(octets), date?.time ?? 0));
  }
  return messages;
}

/** RFC 5256 §4: thread-members, with parentheses where there are several children. */
function inner({ message, children }: Thread<number>): string {
  const own = message === null ? '' : String(message.key);
  const [only] = children;
  if (only === undefined) return own;
  const rest =
    children.length === 1 && own !== '' ? inner(only) : children.map((child) => `(${inner(child)})`).join('');
  return own === '' ? rest : `${own} ${rest}`;
}
