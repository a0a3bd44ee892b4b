/** The test runner on small trees of tests that go wrong: what must fail does. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, test } from 'node:test';

const root = resolve(import.meta.dirname, '../..');
const base = mkdtempSync(join(tmpdir(), 'mailwright-runner-'));
after(() => rmSync(base, { recursive: true, force: true }));

interface Outcome {
  readonly code: number;
  readonly output: string;
  readonly last: string;
}

/** Runs tiers over test files given as path and source. */
async function outcomeOf(files: Readonly<Record<string, string>>, ...args: string[]): Promise<Outcome> {
  const tree = mkdtempSync(join(base, 'tree-'));
  cpSync(join(root, '.config'), join(tree, '.config'), { recursive: true });
  writeFileSync(join(tree, 'package.json'), '{ "type": "module" }');
  for (const [path, source] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), source);
  }
  // A test process marks itself to its children by this variable, which would make theirs report to it.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return new Promise((done) => {
    const runner = ['--disable-warning=ExperimentalWarning', '.config/test.ts', ...args];
    execFile(process.execPath, runner, { cwd: tree, env }, (error, stdout, stderr) => {
      const output = stdout + stderr;
      done({ code: Number(error?.code ?? 0), output, last: stdout.trim().split('\n').at(-1) ?? '' });
    });
  });
}

const begin = "import { test } from 'node:test';\n";
const passing = `${begin}test('well', () => {});\n`;

test('tests that pass, and those left out with a reason', async () => {
  const skipping = `${begin}test('one', (t) => t.skip('no reason'));\ntest('two', () => {});`;
  const outcome = await outcomeOf({ 'test/a.test.ts': passing, 'test/b/c.test.ts': skipping }, 'unit');
  assert.equal(outcome.last, '2 passed, 0 failed, 1 skipped');
  assert.match(outcome.output, /skipped one: no reason/);
  assert.equal(outcome.code, 0);
});

test('tiers do not mix, and --only picks files', async () => {
  const files = {
    'test/a.test.ts': passing,
    'test/peers/b.test.ts': passing,
    'test/nightly/c.test.ts': passing,
  };
  assert.equal((await outcomeOf(files, 'unit')).last, '1 passed, 0 failed');
  assert.equal((await outcomeOf(files, 'peers', 'nightly', '--only', 'b.test')).last, '1 passed, 0 failed');
});

const faults: readonly (readonly [name: string, source: string, output: RegExp])[] = [
  ['a failing test', `${begin}test('bad', () => { throw new Error('boom'); });`, /a\.test\.ts: bad\n.*boom/],
  [
    'a failing subtest',
    `${begin}test('p', (t) => t.test('kid', () => { throw 1; }));`,
    /a\.test\.ts: p > kid/,
  ],
  ['a file that does not load', "import 'nowhere';", /Cannot find package 'nowhere'/],
  ['a file without tests', 'export {};', /a\.test\.ts: holds no test/],
  ['an early end', `${begin}test('ends', () => process.exit(0));`, /ended \(code 0\) before its tests did/],
  [
    'a killed process',
    `${begin}test('dies', () => process.kill(process.pid, 'SIGKILL'));`,
    /ended \(SIGKILL\)/,
  ],
  [
    'a late error',
    `${begin}test('late', () => { setTimeout(() => { throw new Error('late'); }, 5); });
    test('next', () => new Promise((done) => setTimeout(done, 50)));`,
    /asynchronous activity after the test ended/,
  ],
];

for (const [name, source, output] of faults) {
  test(`${name} is a failure`, async () => {
    const outcome = await outcomeOf({ 'test/a.test.ts': source, 'test/b.isolated.test.ts': passing }, 'unit');
    assert.match(outcome.output, output);
    assert.match(outcome.last, /^[0-9]+ passed, [1-9][0-9]* failed$/);
    assert.equal(outcome.code, 1);
  });
}

test('a handle left open is a failure that names the line', async () => {
  const leaking = `import { createServer } from 'node:net';\n${begin}
    test('leaks', () => void createServer().listen(0, '127.0.0.1'));`;
  const outcome = await outcomeOf({ 'test/a.test.ts': passing, 'test/b.test.ts': leaking }, 'unit');
  assert.match(outcome.output, /FAILED tests are over .*: Server opened at .*test\/b\.test\.ts:/);
  assert.equal(outcome.last, '2 passed, 1 failed');
});

test('no test at all is a failure', async () => {
  const outcome = await outcomeOf({ 'test/a.test.ts': passing }, 'unit', 'nightly');
  assert.match(outcome.output, /tier nightly: no test ran/);
  assert.equal(outcome.last, '1 passed, 1 failed');
});

test('an absent folder of public suites is said and is no failure', async () => {
  const outcome = await outcomeOf({ 'test/conformance/a.test.ts': passing }, 'conformance');
  assert.match(outcome.output, /is absent, the public suites are not run/);
  assert.equal(outcome.last, '0 passed, 0 failed');
  assert.equal(outcome.code, 0);
});
