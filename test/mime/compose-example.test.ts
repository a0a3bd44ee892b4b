import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { parseMessage } from 'mailwright/mime';

const program = resolve(import.meta.dirname, '../../examples/compose.ts');

test('examples/compose.ts writes a message that holds what it put in', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'compose-'));
  try {
    const file = join(folder, 'message.eml');
    await promisify(execFile)(process.execPath, ['--conditions=mailwright-source', program, file]);
    const message = parseMessage(await readFile(file));
    assert.deepEqual(message.structure.defects, []);
    assert.match(message.text ?? '', /Dear Zoë/);
    assert.match(message.html ?? '', /cid:picture@example\.com/);
    const attachment = message.files.find(({ name }) => name === 'this program.ts');
    assert.deepEqual(Buffer.from(attachment?.octets ?? []), await readFile(program));
  } finally {
    await rm(folder, { recursive: true });
  }
});
