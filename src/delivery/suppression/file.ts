/**
 * A suppression list in a file: lines of JSON that are only ever appended, each an entry or the address of one
 * that was removed. A line that was torn by a crash is passed over. When most lines are outdated, the file is
 * written anew beside itself and put in its own place.
 */
import { appendFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MemorySuppressionList } from './memory.ts';
import type { Suppression, SuppressionList } from './suppression.ts';

/** Fewer outdated lines than this are not worth a new file. */
const fewLines = 1000;

/**
 * A suppression list that outlives the process.
 *
 * One process writes a file. Nothing is forced to the disk: a power cut may cost the last entries, which the
 * next bounces bring back. Methods reject with the errors of `node:fs`; the list in memory has the change
 * nevertheless.
 *
 * @example
 * ```ts
 * import { FileSuppressionList } from 'mailwright/delivery';
 *
 * const list = await FileSuppressionList.open('/var/lib/mail/suppressed', Date.now());
 * await list.add({ address: 'sam@example.net', reason: 'by hand', at: Date.now() });
 * ```
 */
export class FileSuppressionList implements SuppressionList {
  readonly #path: string;
  readonly #memory: MemorySuppressionList;
  #lines: number;
  #last: Promise<void> = Promise.resolve();

  private constructor(path: string, memory: MemorySuppressionList, lines: number) {
    this.#path = path;
    this.#memory = memory;
    this.#lines = lines;
  }

  /**
   * Reads the file, which is made when it is first needed. Its folder is made too.
   *
   * @param now - in ms since 1970: entries whose time has passed are left behind
   * @param most - as of {@link MemorySuppressionList}
   */
  static async open(path: string, now: number, most?: number): Promise<FileSuppressionList> {
    await mkdir(dirname(path), { recursive: true });
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    const memory = new MemorySuppressionList(most);
    const lines = text.split('\n');
    for (const line of lines) {
      const entry = parsed(line);
      if (entry === null) continue;
      if ('removed' in entry) memory.remove(entry.removed);
      else if (entry.until === undefined || entry.until > now) memory.add(entry);
      else memory.remove(entry.address);
    }
    return new FileSuppressionList(path, memory, lines.length);
  }

  find(address: string, now: number): Suppression | undefined {
    return this.#memory.find(address, now);
  }

  add(suppression: Suppression): Promise<void> {
    this.#memory.add(suppression);
    return this.#append(suppression);
  }

  async remove(address: string): Promise<void> {
    this.#memory.remove(address);
    await this.#append({ removed: address });
  }

  list(now: number): Iterable<Suppression> {
    return this.#memory.list(now);
  }

  /** One write after another; a failed one is its caller's, and the next goes on. */
  #append(line: Line): Promise<void> {
    const done = this.#last.then(async () => {
      // A line break first: what a crash tore ends there.
      await appendFile(this.#path, `\n${JSON.stringify(line)}\n`);
      this.#lines += 2;
      if (this.#lines > 4 * this.#memory.size + fewLines) await this.#rewrite();
    });
    this.#last = done.catch(() => {});
    return done;
  }

  async #rewrite(): Promise<void> {
    const entries = [...this.#memory.list(Number.NEGATIVE_INFINITY)];
    const next = `${this.#path}.new`;
    await writeFile(next, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
    await rename(next, this.#path);
    this.#lines = entries.length;
  }
}

type Line = Suppression | { readonly removed: string };

function parsed(line: string): Line | null {
  try {
    const value: unknown = JSON.parse(line);
    return isLine(value) ? value : null;
  } catch {
    return null;
  }
}

function isLine(value: unknown): value is Line {
  if (typeof value !== 'object' || value === null) return false;
  if ('removed' in value) return typeof value.removed === 'string';
  return (
    'address' in value &&
    typeof value.address === 'string' &&
    'reason' in value &&
    typeof value.reason === 'string' &&
    'at' in value &&
    typeof value.at === 'number' &&
    (!('until' in value) || typeof value.until === 'number')
  );
}
