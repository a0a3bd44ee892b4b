/**
 * Public conformance suites: their cases stand outside the repository, under `CONFORMANCE_DIR` (by
 * default `../shared/conformance` beside the repository), and any folder of the same layout will do.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { test } from 'node:test';

/** One case: it throws when it fails. */
export interface Case {
  readonly name: string;
  check(): void | Promise<void>;
  /** Why this case does not apply, found by a rule on the case itself. */
  readonly skip?: string | undefined;
}

const { CONFORMANCE_DIR } = process.env;
const root = CONFORMANCE_DIR ?? resolve(import.meta.dirname, '../../../shared/conformance');

/**
 * Runs a suite as one test and prints its counts.
 *
 * @param name - what the count line calls it: the folder, and what of it is checked
 * @param folder - under the conformance folder
 * @param skips - cases that do not apply, by name, each with its reason
 */
export function suite(
  name: string,
  folder: string,
  cases: (folder: string) => Iterable<Case>,
  skips: Readonly<Record<string, string>> = {},
): void {
  test(`suite ${name}`, async () => {
    const path = join(root, folder);
    if (!existsSync(path)) {
      console.log(`suite ${name}: no folder ${folder} under CONFORMANCE_DIR, nothing run`);
      return;
    }
    let total = 0;
    let skipped = 0;
    const failures: string[] = [];
    for (const each of cases(path)) {
      total++;
      if ((each.skip ?? skips[each.name]) !== undefined) {
        skipped++;
        continue;
      }
      try {
        await each.check();
      } catch (error) {
        failures.push(`${each.name}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    const passed = total - skipped - failures.length;
    console.log(`suite ${name}: ${total} cases, ${passed} passed, ${skipped} skipped`);
    assert.equal(failures.length, 0, `${failures.length} failed:\n${failures.slice(0, 20).join('\n')}`);
    assert.ok(total > 0, `no cases in ${folder}`);
  });
}

/** The files of a suite that end in `suffix`, in order, by their path inside it. */
export function filesOf(folder: string, suffix: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(suffix))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

/** The values of a file that holds one JSON value a line; none when there is no such file. */
export function jsonLines<T>(folder: string, file: string): T[] {
  const path = join(folder, file);
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}
