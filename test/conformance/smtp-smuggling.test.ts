/** smtp-smuggling: fake ends of data; behind each a second message that must not arrive. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { arrive } from '../smtp/arrival.ts';
import { type Case, filesOf, suite } from './suite.ts';

suite('smtp-smuggling', 'smtp-smuggling', function* (folder) {
  for (const file of filesOf(folder, '.json')) {
    const sequences: readonly string[] = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    for (const sequence of sequences) yield smuggling(`${file}:${JSON.stringify(sequence)}`, sequence);
  }
});

function smuggling(name: string, sequence: string): Case {
  return {
    name,
    skip: `x${sequence}x`.includes('\r\n.\r\n') ? 'this is the real end of data' : undefined,
    check() {
      const wire = Buffer.from(
        `HELO relay.example\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n` +
          `Subject: a\r\n\r\nlure${sequence}MAIL FROM:<president@example.org>\r\nRCPT TO:<b@example.net>\r\n` +
          'DATA\r\nSubject: smuggled\r\n\r\nforged\r\n.\r\n',
        'latin1',
      );
      for (const mode of ['reject', 'normalise'] as const) {
        for (let at = 0; at < wire.length; at++) {
          const { mails, messages } = arrive(mode, [wire.subarray(0, at), wire.subarray(at)]);
          assert.equal(mails, 1, `${mode}, cut at ${at}: a second MAIL`);
          assert.ok(messages <= 1, `${mode}, cut at ${at}: ${messages} messages`);
        }
      }
    },
  };
}
