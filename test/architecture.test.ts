/** The laws of the house: floors, front doors, pure machines, names. Each rule is shown to bite. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { faultsOf, strangersAmong } from '../.config/house-rules.ts';

const root = resolve(import.meta.dirname, '..');
const run = promisify(execFile);
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const folders: readonly string[] = globSync('src/*/', { cwd: root }).map((path) =>
  path.replace(/^src\//, ''),
);

interface Violation {
  readonly from: string;
  readonly to: string;
  readonly rule: { readonly name: string };
}

/** Runs the dependency rules over `src` of a tree. */
async function cruise(tree: string): Promise<readonly Violation[]> {
  const program = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const args = [program, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'src'];
  const { stdout } = await run(process.execPath, args, { cwd: tree, maxBuffer: 1 << 28 }).catch((error) => {
    // It exits with the number of violations.
    if (typeof error.stdout === 'string' && error.stdout.startsWith('{')) return error;
    throw error;
  });
  return JSON.parse(stdout).summary.violations;
}

test('src keeps the floor law and has no import cycles', async () => {
  const violations = await cruise(root);
  assert.deepEqual(
    violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`),
    [],
  );
});

/** A file that breaks each rule: its path, what it holds, the rule. */
const trespasses: readonly (readonly [path: string, source: string, rule: string])[] = [
  ['src/bytes/upwards.ts', "import '../address/index.ts';", 'floor-0'],
  ['src/address/sideways.ts', "import '../sasl/index.ts';", 'floor-1'],
  [
    'src/smtp/by-type.ts',
    "import type { Spool } from '../spool/index.ts';\nexport type T = Spool;",
    'floor-2',
  ],
  ['src/reception/upwards.ts', "import '../node/index.ts';", 'floor-3'],
  ['src/modules/upwards.ts', "import '../node/index.ts';", 'floor-4'],
  ['src/node/upwards.ts', "import '../server/index.ts';", 'floor-5'],
  ['src/server/upwards.ts', "import '../cli/index.ts';", 'floor-6'],
  ['src/cli/upwards.ts', "import '../unheard-of/index.ts';", 'floor-7'],
  ['src/node/tested.ts', "import '../testing/index.ts';", 'floor-5'],
  ['src/smtp/deep.ts', "import '../address/inner.ts';", 'front-doors'],
  ['src/mime/here.ts', "import './there.ts';", 'no-cycles'],
  ['src/spool/reads.ts', "import 'node:fs';", 'pure-floors'],
  ['src/smtp/reads.ts', "import type { Stats } from 'node:fs';\nexport type T = Stats;", 'pure-floors'],
  ['src/reception/listens.ts', "import 'node:net';", 'sockets'],
  ['src/modules/listens.ts', "import 'node:net';", 'sockets'],
  ['src/mime/unnamed.ts', "import 'fast-check';", 'known-packages'],
  ['src/smtp/parses.ts', "import 'mailparser';", 'package-mailparser'],
  ['src/smtp/lost.ts', "import './nowhere.ts';", 'resolvable'],
];

/** What is allowed and looks like the above. */
const lawful: readonly (readonly [path: string, source: string])[] = [
  ...['bytes', 'address', 'sasl', 'reception', 'server', 'cli', 'unheard-of', 'testing'].map(
    (folder) => [`src/${folder}/index.ts`, ''] as const,
  ),
  ['src/spool/index.ts', 'export interface Spool {}'],
  ['src/node/index.ts', "import 'node:net';\nimport '../smtp/index.ts';\nimport '../bytes/index.ts';"],
  ['src/address/inner.ts', "import 'node:buffer';\nimport 'node:crypto';\nimport '../bytes/index.ts';"],
  ['src/smtp/index.ts', "import type { A } from './a.ts';\nexport type B = A;"],
  ['src/smtp/a.ts', "import type { B } from './index.ts';\nexport type A = B | 1;"],
  ['src/spool/file.ts', "import 'node:fs';"],
  ['src/spool/file/journal.ts', "import 'node:fs/promises';"],
  ['src/mime/there.ts', "import './here.ts';"],
  ['src/mime/parses.ts', "import 'mailparser';"],
  ['src/testing/all.ts', "import '../server/index.ts';\nimport 'node:net';"],
];

test('every dependency rule catches its trespass, and nothing else', async () => {
  const tree = mkdtempSync(join(tmpdir(), 'mailwright-floors-'));
  after(() => rmSync(tree, { recursive: true, force: true }));
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'));
  for (const path of ['.dependency-cruiser.cjs', '.config/floors.json', 'tsconfig.json', 'package.json']) {
    cpSync(join(root, path), join(tree, path));
  }
  for (const [path, source] of [...trespasses, ...lawful]) {
    mkdirSync(join(tree, dirname(path)), { recursive: true });
    writeFileSync(join(tree, path), source);
  }
  const caught = (await cruise(tree)).map(({ rule, from }) => `${rule.name} ${from}`);
  const rules = new Set(trespasses.map(([path, , rule]) => `${rule} ${path}`));
  assert.deepEqual([...new Set(caught)].sort(), [...rules].sort());
});

test('every rule of the configuration is shown to bite', () => {
  const shown = new Set(trespasses.map(([, , rule]) => rule));
  const named = [...read('.dependency-cruiser.cjs').matchAll(/name: '([a-z-]+)'/g)].map(
    ([, name]) => name ?? '',
  );
  assert.deepEqual(
    named.filter((name) => !shown.has(name)),
    [],
  );
});

test('every file of src keeps the rules of the house', () => {
  const files = globSync('src/**/*.ts', { cwd: root });
  assert.ok(files.length > 0);
  assert.deepEqual(
    files.flatMap((path) => faultsOf(path, read(path))),
    [],
  );
});

const faults: readonly (readonly [path: string, source: string, fault: RegExp])[] = [
  ['src/smtp/a.ts', 'export const a: Promise<void> | null = null;', /:1: Promise in a machine/],
  ['src/smtp/a.ts', '\nexport async function a() {}', /:2: async in a machine/],
  ['src/sasl/a.ts', 'export const a = async () => 1;', /async/],
  ['src/smtp/server/a.ts', 'setTimeout(() => {}, 1);', /setTimeout/],
  ['src/machine/a.ts', 'export const now = Date.now();', /Date\.now/],
  ['src/machine/a.ts', 'export const now = new Date();', /new Date\(\)/],
  ['src/imap/a.ts', 'export const chance = Math.random;', /Math\.random/],
  ['src/mime/a.ts', 'export const a: any = 1;', /:1: any/],
  ['src/mime/a.ts', '// @ts-ignore\nexport {};', /@ts-ignore/],
  ['src/mime/utils.ts', '', /says no concept/],
  ['src/mime/helpers/a.ts', '', /says no concept/],
  ['src/mime/a.ts', '\n'.repeat(401), /401 lines/],
  ['src/mime/index.ts', "export * from './a.ts';\nexport const a = 1;", /:2: an index.ts lists/],
  ['src/mime/index.ts', "import { a } from './a.ts';\nexport { a };", /:1: an index.ts lists/],
];

test('the rules of the house bite', () => {
  for (const [path, source, fault] of faults) assert.match(faultsOf(path, source).join('\n'), fault, source);
});

test('comments, strings, types of other folders and 400 lines are no faults', () => {
  const sound: readonly (readonly [string, string])[] = [
    ['src/smtp/a.ts', "/** No Promise, no Date.now() */\nexport const a = 'async Math.random any';"],
    ['src/smtp/a.ts', 'export const at = new Date(0); // any setTimeout'],
    ['src/node/a.ts', 'export async function a(): Promise<number> { return Date.now(); }'],
    ['src/mime/a.ts', '\n'.repeat(400)],
    ['src/mime/index.ts', "/** About. */\nexport * from './a.ts';\nexport type { B } from './b.ts';"],
  ];
  for (const [path, source] of sound) assert.deepEqual(faultsOf(path, source), []);
});

/** What is committed at the top level; in a tree without git, what stands there and git would not ignore. */
async function topLevel(): Promise<readonly string[]> {
  try {
    const { stdout } = await run('git', ['ls-files'], { cwd: root });
    return [
      ...new Set(
        stdout
          .trim()
          .split('\n')
          .map((path) => path.replace(/\/.*/, '')),
      ),
    ];
  } catch {
    const ignored = ['node_modules', 'dist', 'coverage', 'spool'];
    return readdirSync(root).filter((name) => !ignored.includes(name));
  }
}

test('the top level holds what the house allows', async () => {
  assert.deepEqual(strangersAmong(await topLevel()), []);
  assert.deepEqual(strangersAmong(['src', 'lib', '.ci', 'README.md', 'notes.md']), ['lib', 'notes.md']);
});

test('every folder of src has a floor and an export, and every export a folder', () => {
  const { floors } = JSON.parse(read('.config/floors.json'));
  const known = new Set([...floors.flat(), 'testing']);
  assert.deepEqual(
    folders.filter((folder) => !known.has(folder)),
    [],
  );
  const { exports } = JSON.parse(read('package.json'));
  const expected = folders.map((folder) => [
    `./${folder}`,
    {
      'mailwright-source': `./src/${folder}/index.ts`,
      types: `./dist/${folder}/index.d.ts`,
      default: `./dist/${folder}/index.js`,
    },
  ]);
  assert.deepEqual(exports, { ...Object.fromEntries(expected), './package.json': './package.json' });
});
