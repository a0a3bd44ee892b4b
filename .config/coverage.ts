/** Line coverage of several processes put together. */
import { globSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';

export class LineCoverage {
  readonly #root: string;
  readonly #files = new Map<string, Map<number, number>>();

  constructor(root: string) {
    this.#root = root;
  }

  /** Adds how often each line of `path` (relative to the root) ran in one process. */
  add(path: string, lines: readonly (readonly [line: number, count: number])[]): void {
    const sums = this.#files.get(path) ?? new Map<number, number>();
    this.#files.set(path, sums);
    for (const [line, count] of lines) sums.set(line, (sums.get(line) ?? 0) + count);
  }

  /** A line for each folder of src, one for each file below 90 %, and the total. */
  table(): string {
    const folders = new Map<string, [covered: number, total: number]>();
    const low: string[] = [];
    for (const file of globSync('src/**/*.ts', { cwd: this.#root }).sort()) {
      const folder = file.split('/').slice(0, 2).join('/');
      const lines = this.#files.get(file);
      const unloaded = lines ? 0 : linesOfCode(readFileSync(`${this.#root}/${file}`, 'utf8'));
      if (!lines && unloaded === 0) continue;
      const covered = lines ? [...lines.values()].filter((count) => count > 0).length : 0;
      const total = lines?.size ?? unloaded;
      if (!lines) low.push(`  never loaded  ${file}`);
      else if (covered / total < 0.9) low.push(`${percent(covered, total)}  ${file}`);
      for (const key of [folder, 'all of src']) {
        const sum = folders.get(key) ?? [0, 0];
        folders.set(key, [sum[0] + covered, sum[1] + total]);
      }
    }
    const all = folders.get('all of src') ?? [0, 0];
    folders.delete('all of src');
    return [
      'line coverage',
      ...[...folders].map(([folder, [covered, total]]) => `${percent(covered, total)}  ${folder}`),
      ...low,
      `${percent(...all)}  all of src, ${all[0]} of ${all[1]} lines`,
    ].join('\n');
  }
}

function percent(covered: number, total: number): string {
  return `${(total === 0 ? 0 : (100 * covered) / total).toFixed(1).padStart(5)} %`;
}

/** Lines that are left of a module without types, comments and blanks: none where it holds types only. */
function linesOfCode(source: string): number {
  const code = stripTypeScriptTypes(source).replace(/\/\*[\s\S]*?\*\/|\/\/.*$|export \{\};?/gm, '');
  return code.split('\n').filter((line) => line.trim() !== '').length;
}
