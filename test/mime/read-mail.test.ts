import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { message } from './outline.ts';

const example = join(import.meta.dirname, '../../examples/read-mail.ts');

function read(...args: string[]): string {
  return execFileSync(process.execPath, ['--conditions=mailwright-source', example, ...args], {
    encoding: 'utf8',
  });
}

test('examples/read-mail.ts tells what is in a message', () => {
  const output = read();
  assert.match(output, /^From: {4}Renée <renee@example.com>$/m);
  assert.match(output, /^ {4}image\/gif, 40 octets/m);
  assert.match(output, /^Look at the café!$/m);
  assert.match(output, /^ {2}café.gif \(image\/gif, 29 octets\)$/m);
});

test('examples/read-mail.ts saves files, and none over another', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'mailwright-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = (text: string) => ['--b', 'Content-Type: x/y; name="../same.txt"', '', text];
  const lines = [
    'Content-Type: multipart/mixed; boundary=b',
    '',
    ...file('one'),
    ...file('two'),
    '--b--',
    '',
  ];
  writeFileSync(join(folder, 'mail.eml'), message(...lines));
  read(join(folder, 'mail.eml'), join(folder, 'files'));
  assert.deepEqual(readdirSync(join(folder, 'files')).sort(), ['same-2.txt', 'same.txt']);
  assert.equal(readFileSync(join(folder, 'files', 'same-2.txt'), 'latin1'), 'two');
});
