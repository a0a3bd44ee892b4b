/**
 * Writes `docs/standards.md` from the citations in src and test: `npm run standards`. With `--check`
 * it writes nothing and fails where the table is out of date.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { citationsIn, type Source, standardsTable } from './citations.ts';

const root = resolve(import.meta.dirname, '..');
const target = join(root, 'docs/standards.md');

const sources: Source[] = ['src', 'test'].flatMap((place) =>
  globSync(`${place}/**/*.ts`, { cwd: root, exclude: ['test/tooling/**'] }).map((path) => ({
    path,
    citations: citationsIn(readFileSync(join(root, path), 'utf8')),
  })),
);
const table = standardsTable(sources);

if (!process.argv.includes('--check')) writeFileSync(target, table);
else if (readFileSync(target, 'utf8') !== table) {
  console.error('docs/standards.md is out of date: run `npm run standards`');
  process.exitCode = 1;
}
