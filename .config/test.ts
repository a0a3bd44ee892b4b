/**
 * Runs tiers of tests: `node .config/test.ts unit conformance --only address --coverage`.
 *
 * | tier | files | how |
 * |---|---|---|
 * | `unit` | `test/**`, without the folders below | one process for all |
 * | `conformance` | `test/conformance/**`, where the folder of the public suites is present | one process for all |
 * | `peers` | `test/peers/**` | a process for each file |
 * | `nightly` | `test/nightly/**` | a process for each file, hours allowed |
 *
 * Files named `*.isolated.test.ts` get a process of their own in every tier. Processes run with
 * `--expose-gc`. What counts as failure beside failed tests: a process that ends before its tests
 * did, a file that does not load or holds no test, a handle left open, no news for too long, and a
 * tier without tests. The last line is `N passed, N failed`, and `, N skipped` where any were.
 */
import { fork } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { LineCoverage } from './coverage.ts';
import type { GroupReport, GroupTask } from './test-group.ts';

const root = resolve(import.meta.dirname, '..');
const separate = ['conformance', 'peers', 'nightly'];
const tiers = ['unit', ...separate];

/** How long a process may give no news of a test ended, in seconds. */
const silence: Readonly<Record<string, number>> = {
  unit: 120,
  conformance: 180,
  peers: 600,
  nightly: 4 * 3600,
};

const { values: options, positionals: asked } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' }, coverage: { type: 'boolean', default: false } },
});
const unknown = asked.filter((tier) => !tiers.includes(tier));
if (asked.length === 0 || unknown.length > 0) {
  console.error(`usage: .config/test.ts ${tiers.join('|')} ... [--only PATTERN] [--coverage]`);
  process.exit(2);
}

const counts = { passed: 0, failed: 0, skipped: 0 };
const failures: string[] = [];
const coverage = new LineCoverage(root);

function fail(what: string): void {
  counts.failed++;
  failures.push(what);
  console.log(`FAILED ${what}`);
}

function filesOf(tier: string): string[] {
  const folder = tier === 'unit' ? 'test' : `test/${tier}`;
  return globSync(`${folder}/**/*.test.ts`, { cwd: root })
    .filter((file) => tier !== 'unit' || !separate.some((name) => file.startsWith(`test/${name}/`)))
    .filter((file) => options.only === undefined || file.includes(options.only))
    .sort();
}

/** The files that share a process. */
function groupsOf(tier: string, files: readonly string[]): string[][] {
  const shares = (file: string) =>
    (tier === 'unit' || tier === 'conformance') && !file.endsWith('.isolated.test.ts');
  const shared = files.filter(shares);
  const alone = files.filter((file) => !shares(file)).map((file) => [file]);
  return shared.length > 0 ? [shared, ...alone] : alone;
}

async function runGroup(tier: string, files: readonly string[]): Promise<void> {
  const task: GroupTask = { root, files, coverage: options.coverage };
  const child = fork(resolve(import.meta.dirname, 'test-group.ts'), [JSON.stringify(task)], {
    cwd: root,
    execArgv: ['--conditions=mailwright-source', '--expose-gc', '--disable-warning=ExperimentalWarning'],
    serialization: 'advanced',
  });
  const limit = (silence[tier] ?? 120) * 1000;
  let lastNews = Date.now();
  let running = `loading ${files.length === 1 ? files[0] : `${files.length} files`}`;
  let ended = false;
  let killed = false;
  let file = '';
  let tally = { passed: 0, failed: 0, skipped: 0, ms: 0 };
  const closeFile = () => {
    if (file !== '') console.log(fileLine(file, tally));
    tally = { passed: 0, failed: 0, skipped: 0, ms: 0 };
  };

  const watch = setInterval(() => {
    const quiet = Date.now() - lastNews;
    if (quiet > limit && !killed) {
      killed = true;
      fail(`no news for ${limit / 1000} s; the last was: ${running}`);
      child.kill('SIGKILL');
    } else if (quiet > 30_000) console.log(`  ... ${Math.round(quiet / 1000)} s: ${running}`);
  }, 30_000);

  child.on('message', (report: GroupReport) => {
    lastNews = Date.now();
    switch (report.kind) {
      case 'running':
        running = `${report.file}: ${report.name}`;
        return;
      case 'result':
        if (report.file !== file) {
          closeFile();
          file = report.file;
        }
        tally[report.outcome]++;
        tally.ms += report.ms;
        if (report.outcome === 'failed') fail(`${report.file}: ${report.name}\n${indent(report.text)}`);
        else counts[report.outcome]++;
        if (report.outcome === 'skipped' && report.text !== '')
          console.log(`  skipped ${report.name}: ${report.text}`);
        return;
      case 'fault':
        fail(report.text);
        return;
      case 'note':
        console.log(`  ${report.text}`);
        return;
      case 'coverage':
        coverage.add(report.path, report.lines);
        return;
      case 'end':
        ended = true;
    }
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((done) => {
    child.once('close', (code, signal) => done([code, signal]));
  });
  clearInterval(watch);
  closeFile();
  if (killed) return;
  if (!ended)
    fail(`the process ended (${signal ?? `code ${code}`}) before its tests did; the last was: ${running}`);
  else if (code !== 0 || signal !== null)
    fail(`the process ended with ${signal ?? `code ${code}`} after ${running}`);
}

function fileLine(file: string, { passed, failed, skipped, ms }: typeof counts & { ms: number }): string {
  const words = [`${passed} passed`];
  if (failed > 0) words.push(`${failed} failed`);
  if (skipped > 0) words.push(`${skipped} skipped`);
  return `${failed > 0 ? '✖' : '✔'} ${file}  ${words.join(', ')}  ${Math.round(ms)} ms`;
}

function indent(text: string): string {
  return text.replace(/^/gm, '    ');
}

for (const tier of asked) {
  const suites = resolve(root, process.env['CONFORMANCE_DIR'] ?? '../shared/conformance');
  if (tier === 'conformance' && !existsSync(suites)) {
    console.log(`conformance: ${relative(root, suites)} is absent, the public suites are not run`);
    continue;
  }
  const files = filesOf(tier);
  const before = counts.passed + counts.failed + counts.skipped;
  for (const group of groupsOf(tier, files)) await runGroup(tier, group);
  const none = counts.passed + counts.failed + counts.skipped === before;
  if (none && options.only === undefined) fail(`tier ${tier}: no test ran`);
}
if (options.only !== undefined && counts.passed + counts.failed + counts.skipped === 0) {
  fail(`no file matches ${options.only}`);
}

if (options.coverage) console.log(`\n${coverage.table()}\n`);
if (failures.length > 0)
  console.log(`\n${failures.map((what) => `FAILED ${what.split('\n')[0]}`).join('\n')}\n`);
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
console.log(`${counts.passed} passed, ${counts.failed} failed${skipped}`);
process.exitCode = counts.failed > 0 ? 1 : 0;
