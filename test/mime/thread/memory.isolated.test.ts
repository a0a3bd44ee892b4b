import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { HeaderFields, threadMessage } from 'mailwright/mime';

test('what is kept of a message keeps nothing else of its header alive', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const header = Buffer.from(
    `Message-ID: <a.long.identifier@x.example>\r\nSubject: a long subject, long enough\r\nX: ${'x'.repeat(50_000)}\r\n\r\n`,
  );
  const kept: unknown[] = [];
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 400; i++) kept.push(threadMessage(i, HeaderFields.scan(header), 0));
  collect();
  const grown = process.memoryUsage().heapUsed - before;
  assert.equal(kept.length, 400);
  assert.ok(grown < 5_000_000, `${grown} octets for 400 messages`); // the headers are 20,000,000
});
