import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

test('examples/read-mail.ts tells what is in a message and saves its files', () => {
  const example = join(import.meta.dirname, '../../examples/read-mail.ts');
  const folder = mkdtempSync(join(tmpdir(), 'mailwright-'));
  const script = ['--conditions=mailwright-source', example];
  const output = execFileSync(process.execPath, script, { encoding: 'utf8' });
  assert.match(output, /^From: {4}Renée <renee@example.com>$/m);
  assert.match(output, /^ {4}image\/gif, 40 octets/m);
  assert.match(output, /^Look at the café!$/m);
  assert.match(output, /^ {2}café.gif \(image\/gif, 29 octets\)$/m);
  const empty = join(folder, 'files');
  execFileSync(process.execPath, [...script, example, empty]);
  assert.throws(() => readdirSync(empty), { code: 'ENOENT' });
  rmSync(folder, { recursive: true });
});
