/** The package as shipped: built, packed, put into an empty consumer, imported and type-checked there. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

const root = resolve(import.meta.dirname, '..');
const run = promisify(execFile);
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const subpaths: readonly string[] = Object.keys(manifest.exports)
  .filter((path) => path !== './package.json')
  .map((path) => path.replace('./', 'mailwright/'));

const consumer = mkdtempSync(join(tmpdir(), 'mailwright-consumer-'));
const installed = join(consumer, 'node_modules/mailwright');
after(() => rmSync(consumer, { recursive: true, force: true }));

/** Links a package of this checkout into the consumer; what it needs itself is found from its true place. */
function link(name: string): void {
  const place = join(consumer, 'node_modules', name);
  mkdirSync(dirname(place), { recursive: true });
  symlinkSync(join(root, 'node_modules', name), place);
}

/** Runs a program of a package of this checkout; what it printed is the error where it fails. */
async function node(args: readonly string[], cwd: string): Promise<string> {
  const { stdout } = await run(process.execPath, args, { cwd, maxBuffer: 1 << 26 }).catch((error) => {
    assert.fail(`${args.join(' ')}\n${error.stdout}${error.stderr}`);
  });
  return stdout;
}

const tsc = join(root, 'node_modules/typescript/bin/tsc');

before(async () => {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  await node([tsc, '-p', '.config/tsconfig.build.json'], root);
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', consumer], { cwd: root });
  mkdirSync(installed, { recursive: true });
  const [tarball] = globSync('*.tgz', { cwd: consumer });
  await run('tar', ['-xzf', join(consumer, tarball ?? ''), '-C', installed, '--strip-components=1']);
  // Only what the package declares is there: an undeclared import fails. `npm install` would do the
  // same from a registry; links need none.
  for (const name of Object.keys(manifest.dependencies)) link(name);
  writeFileSync(join(consumer, 'package.json'), '{ "type": "module" }');
});

test('the tarball holds what is to be published and nothing else', () => {
  const files = globSync('**', { cwd: installed, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(installed.length + 1));
  const expected =
    /^(?:dist\/[a-z0-9/-]+\.(?:js|d\.ts)(?:\.map)?|src\/[a-z0-9/-]+(?:\.d)?\.ts|package\.json|LICENSE|README\.md|CHANGELOG\.md)$/;
  assert.deepEqual(
    files.filter((file) => !expected.test(file)),
    [],
  );
  assert.match(readFileSync(join(installed, 'LICENSE'), 'utf8'), /MIT License/);
  for (const file of ['README.md', 'CHANGELOG.md'])
    assert.ok(existsSync(join(installed, file)), `${file} is missing`);
  const sources = files.filter((file) => /^src\/.*(?<!\.d)\.ts$/.test(file));
  const missing = sources.filter((file) => !files.includes(file.replace(/^src(.*)\.ts$/, 'dist$1.js')));
  assert.deepEqual(missing, [], 'sources without built module');
});

test('every export can be imported', async () => {
  const script = subpaths
    .map((path) => `console.log('${path}', Object.keys(await import('${path}')).length);`)
    .join('\n');
  writeFileSync(join(consumer, 'imports.mjs'), script);
  const lines = (await node(['imports.mjs'], consumer)).trim().split('\n');
  assert.deepEqual(
    lines.map((line) => line.split(' ')[0]),
    subpaths,
  );
  assert.deepEqual(
    lines.filter((line) => line.endsWith(' 0')),
    [],
    'exports without a name',
  );
});

test('every export type-checks in a strict consumer, declarations of the package included', async () => {
  link('@types/node');
  link('undici-types');
  const names = subpaths.map((path) => path.replace('mailwright/', ''));
  const source = [
    ...names.map((name) => `import * as ${name} from 'mailwright/${name}';`),
    `export const all = { ${names.join(', ')} };`,
    "import { Secret } from 'mailwright/machine';",
    '// @ts-expect-error the types are there: a secret is made of text',
    'new Secret(1);',
  ];
  writeFileSync(join(consumer, 'consumer.ts'), source.join('\n'));
  const compilerOptions = {
    target: 'es2024',
    lib: ['es2024', 'esnext.disposable'],
    module: 'nodenext',
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    types: ['node'],
  };
  writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
  await node([tsc, '-p', '.'], consumer);
});

/** Most kilobytes of JavaScript that importing a subpath may load from this package, comments included. */
const budgets: Readonly<Record<string, number>> = {
  'mailwright/address': 80,
  'mailwright/arc': 520,
  'mailwright/authres': 85,
  'mailwright/bimi': 30,
  'mailwright/bytes': 40,
  'mailwright/dane': 10,
  'mailwright/delivery': 1080,
  'mailwright/dkim': 520,
  'mailwright/dmarc': 510,
  'mailwright/dns': 95,
  'mailwright/machine': 5,
  'mailwright/mime': 400,
  'mailwright/modules': 360,
  'mailwright/mtasts': 20,
  'mailwright/node': 1230,
  'mailwright/policy': 940,
  'mailwright/reception': 800,
  'mailwright/reports': 780,
  'mailwright/sasl': 110,
  'mailwright/signature': 90,
  'mailwright/smtp': 350,
  'mailwright/spf': 210,
  'mailwright/spool': 120,
  'mailwright/testing': 1500,
  'mailwright/tlsrpt': 12,
  'mailwright/upstream': 1160,
  'mailwright/users': 130,
  'mailwright/web': 3,
  'mailwright/xml': 12,
};

/** The modules that importing `module` loads, itself included, packages and Node's own left out. */
function closure(module: string, seen = new Set<string>()): Set<string> {
  if (seen.has(module)) return seen;
  seen.add(module);
  for (const [, target] of readFileSync(module, 'utf8').matchAll(
    /^(?:import|export)\b[^'"]*['"](\.[^'"]+)['"]/gm,
  )) {
    closure(join(dirname(module), target ?? ''), seen);
  }
  return seen;
}

test('no subpath is larger than its budget', (t) => {
  assert.deepEqual(Object.keys(budgets), [...subpaths].sort());
  const over: string[] = [];
  for (const path of subpaths) {
    const entry = join(installed, 'dist', path.replace('mailwright/', ''), 'index.js');
    const modules = [...closure(entry)];
    const size = modules.reduce((sum, module) => sum + readFileSync(module).length, 0) / 1024;
    t.diagnostic(`${path}: ${size.toFixed(1)} of ${budgets[path]} kB in ${modules.length} modules`);
    if (size > (budgets[path] ?? 0)) over.push(path);
  }
  assert.deepEqual(over, []);
});
