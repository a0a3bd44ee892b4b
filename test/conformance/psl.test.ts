/**
 * psl: the public suffix list's own tests, `checkPublicSuffix(name, registrable domain or null)`.
 *
 * The list that answers is the one that tldts ships, of another day than the suite's.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { registrableDomain } from 'mailwright/dmarc';
import { filesOf, suite } from './suite.ts';

suite('psl', 'psl', function* (folder) {
  for (const file of filesOf(folder, '.txt')) {
    for (const line of readFileSync(join(folder, file), 'utf8').split('\n')) {
      const [, name, expected] = /^checkPublicSuffix\((null|'[^']*'), (null|'[^']*')\);/.exec(line) ?? [];
      if (name === undefined || expected === undefined) continue;
      yield {
        name,
        check: () => assert.equal(registrableDomain(textOf(name) ?? ''), textOf(expected)),
      };
    }
  }
});

function textOf(literal: string): string | null {
  return literal === 'null' ? null : literal.slice(1, -1);
}
