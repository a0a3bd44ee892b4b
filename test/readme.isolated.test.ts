/**
 * The code in README.md, in the guides and in docstrings is true: every block marked `ts` type-checks
 * as a module of its own, and one that stands below a line `<!-- runs -->` runs and exits with 0.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';

const root = resolve(import.meta.dirname, '..');

interface Block {
  /** File and line of the code's first line. */
  readonly place: string;
  readonly code: string;
  readonly runs: boolean;
}

/** The blocks between lines of three backquotes whose info string is `ts`. */
function blocksOf(path: string, text: string): Block[] {
  const blocks: Block[] = [];
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at++) {
    if (lines[at]?.trim() !== '```ts') continue;
    const end = lines.findIndex((line, index) => index > at && line.trim() === '```');
    assert.ok(end > 0, `${path}:${at + 1}: the block has no end`);
    const before = lines.slice(0, at).findLast((line) => line.trim() !== '');
    const code = lines.slice(at + 1, end).join('\n');
    blocks.push({ place: `${path}:${at + 2}`, code, runs: before?.trim() === '<!-- runs -->' });
    at = end;
  }
  return blocks;
}

/** The text of the comments of a source file, without their stars; line numbers stay. */
function commentsOf(source: string): string {
  return source.replace(/^ *\*(?!\/) ?/gm, '');
}

const prose = ['README.md', ...globSync('docs/*.md', { cwd: root })]
  .filter((path) => existsSync(join(root, path)))
  .flatMap((path) => blocksOf(path, readFileSync(join(root, path), 'utf8')));
const docstrings = globSync('src/**/*.ts', { cwd: root }).flatMap((path) =>
  blocksOf(path, commentsOf(readFileSync(join(root, path), 'utf8'))),
);

// Within the checkout, so that the blocks find the package by its own name; git and linter leave it alone.
mkdirSync(join(root, 'coverage'), { recursive: true });
const folder = mkdtempSync(join(root, 'coverage/readme-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a command; its output is the error where it fails. */
function node(args: readonly string[]): Promise<{ readonly ok: boolean; readonly output: string }> {
  return new Promise((done) => {
    execFile(process.execPath, args, { cwd: root, timeout: 60_000 }, (error, stdout, stderr) =>
      done({ ok: error === null, output: stdout + stderr }),
    );
  });
}

/** Type-checks blocks together; every complaint begins with the place of its block. */
async function typeFaults(blocks: readonly Block[]): Promise<string[]> {
  const place = mkdtempSync(join(folder, 'types-'));
  for (const [index, { code }] of blocks.entries())
    writeFileSync(join(place, `${index}.ts`), `${code}\nexport {};\n`);
  const config = { extends: join(root, 'tsconfig.json'), include: [place], exclude: [] };
  writeFileSync(join(place, 'tsconfig.json'), JSON.stringify(config));
  const { output } = await node([
    join(root, 'node_modules/typescript/bin/tsc'),
    '--pretty',
    'false',
    '-p',
    place,
  ]);
  return output
    .split('\n')
    .filter((line) => line.includes(': error '))
    .map((line) =>
      line.replace(/^.*?(\d+)\.ts\((\d+),\d+\)/, (_, index, row) => `${blocks[index]?.place} +${row - 1}`),
    );
}

/** Runs a block by itself. */
async function runFault({ place, code }: Block): Promise<string | undefined> {
  const file = join(mkdtempSync(join(folder, 'runs-')), 'block.ts');
  writeFileSync(file, code);
  const { ok, output } = await node(['--conditions=mailwright-source', file]);
  return ok ? undefined : `${place}: ${output}`;
}

test('the code of README, guides and docstrings type-checks', async () => {
  assert.ok(docstrings.length > 0);
  assert.deepEqual(await typeFaults([...prose, ...docstrings]), []);
});

test('the code that is marked to run runs', async (t) => {
  const running = prose.filter(({ runs }) => runs);
  t.diagnostic(
    `${prose.length} blocks in README and guides, ${running.length} run; ${docstrings.length} in docstrings`,
  );
  for (const block of running) assert.equal(await runFault(block), undefined);
});

test('blocks are found, with their place and whether they run', () => {
  const text =
    'About.\n\n```ts\nconst a = 1;\n```\n\n<!-- runs -->\n\n```ts\nb();\nc();\n```\n\n```sh\nnpm ci\n```\n';
  assert.deepEqual(blocksOf('x.md', text), [
    { place: 'x.md:4', code: 'const a = 1;', runs: false },
    { place: 'x.md:10', code: 'b();\nc();', runs: true },
  ]);
  assert.deepEqual(blocksOf('y.ts', commentsOf('/**\n * ```ts\n * a();\n * ```\n */')), [
    { place: 'y.ts:3', code: 'a();', runs: false },
  ]);
});

test('code that does not type-check, or that fails when run, is a fault at its line', async () => {
  const wrong = { place: 'x.md:7', code: 'const a = 1;\nconst b: string = a;', runs: true };
  const sound = {
    place: 'x.md:1',
    code: "import { Secret } from 'mailwright/machine';\nnew Secret('a');",
    runs: true,
  };
  const faults = await typeFaults([sound, wrong]);
  assert.equal(faults.length, 1);
  assert.match(faults[0] ?? '', /^x\.md:7 \+1: error TS2322/);
  assert.equal(await runFault(sound), undefined);
  assert.match(
    (await runFault({ ...wrong, code: "throw new Error('no');" })) ?? '',
    /^x\.md:7: [\s\S]*Error: no/,
  );
});
