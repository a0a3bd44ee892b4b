import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

/** A host that never installed the optional peer. */
const program = `
import { registerHooks } from 'node:module';
registerHooks({
  resolve(specifier, context, next) {
    if (specifier === 'sanitize-html') throw new Error('Cannot find package');
    return next(specifier, context);
  },
});
const { loadHtmlSanitizer } = await import('mailwright/mime');
await loadHtmlSanitizer().catch((error) => console.log(error.name, error.code, error.cause.message));
`;

test('without sanitize-html the rest works, and asking for it tells what to install', async () => {
  const args = ['--conditions=mailwright-source', '--input-type=module', '--eval', program];
  const cwd = new URL('../../..', import.meta.url);
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd });
  assert.equal(stdout, 'SanitizerMissing SANITIZER_MISSING Cannot find package\n');
});
