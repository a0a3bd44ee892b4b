/**
 * A report store in a folder: one file for each group, of lines that are only ever appended.
 *
 * The first line names the group, each other adds to an item; a line that was torn by a crash is passed
 * over. Nothing is forced to the disk: a power cut may cost the last seconds of a report's counts, which
 * are statistics.
 */
import { createHash } from 'node:crypto';
import { appendFile, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReportStore } from './store.ts';

/** Octets of one file; events that would go beyond are not recorded: peers choose what goes into them. */
const largestFile = 268_435_456;

/**
 * A store that outlives the process.
 *
 * One process writes a folder. Methods reject with the errors of `node:fs`.
 *
 * @example
 * ```ts
 * import { FileReportStore } from 'mailwright/reports';
 *
 * const store = new FileReportStore('/var/lib/mail/reports');
 * await store.add('group', 'item', 1);
 * ```
 */
export class FileReportStore implements ReportStore {
  readonly #folder: string;
  readonly #sizes = new Map<string, number>();
  #last: Promise<void> = Promise.resolve();

  /** @param folder - made when it is first needed */
  constructor(folder: string) {
    this.#folder = folder;
  }

  add(group: string, item: string, count: number): Promise<void> {
    return this.#inOrder(async () => {
      const path = this.#pathOf(group);
      let size = this.#sizes.get(path);
      if (size === undefined) {
        await mkdir(this.#folder, { recursive: true });
        size = await sizeOf(path);
      }
      // A line break first: what a crash tore ends there.
      const line = `\n${size === 0 ? `${JSON.stringify([group])}\n` : ''}${JSON.stringify([item, count])}\n`;
      if (size + line.length > largestFile) return;
      await appendFile(path, line);
      this.#sizes.set(path, size + line.length);
    });
  }

  async groups(): Promise<readonly string[]> {
    await this.#last;
    const names = await readdir(this.#folder).catch(missingAs<string[]>([]));
    const groups: string[] = [];
    for (const name of names) {
      if (!name.endsWith(suffix)) continue;
      const [first] = linesOf(await readFile(join(this.#folder, name), 'utf8'));
      if (typeof first?.[0] === 'string') groups.push(first[0]);
    }
    return groups;
  }

  async read(group: string): Promise<ReadonlyMap<string, number>> {
    await this.#last;
    const text = await readFile(this.#pathOf(group), 'utf8').catch(missingAs(''));
    const items = new Map<string, number>();
    for (const [item, count] of linesOf(text)) {
      if (typeof item === 'string' && typeof count === 'number')
        items.set(item, (items.get(item) ?? 0) + count);
    }
    return items;
  }

  drop(group: string): Promise<void> {
    return this.#inOrder(async () => {
      const path = this.#pathOf(group);
      await rm(path, { force: true });
      this.#sizes.delete(path);
    });
  }

  #pathOf(group: string): string {
    return join(this.#folder, createHash('sha256').update(group).digest('hex') + suffix);
  }

  /** One write after another; a failed one is its caller's, and the next goes on. */
  #inOrder(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }
}

const suffix = '.counts';

function linesOf(text: string): (readonly unknown[])[] {
  return text.split('\n').flatMap((line) => {
    try {
      const value: unknown = JSON.parse(line);
      return Array.isArray(value) ? [value] : [];
    } catch {
      return [];
    }
  });
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch(missingAs(null));
  return found?.size ?? 0;
}

/** A file that is not there reads as `instead`; other trouble stays trouble. */
function missingAs<T>(instead: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return instead;
    throw error;
  };
}
