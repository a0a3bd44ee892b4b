/**
 * Segments: the files that make up the journal.
 *
 * A segment is written once, from its beginning to its end, and then only read. It is named by its number
 * and its tag, `00000001-0123456789abcdef.journal`, so that its records can be read even when its first
 * line is damaged.
 */
import { join } from 'node:path';
import type { Files, OpenFile } from './files.ts';

const namePattern = /^(\d{8})-([0-9a-f]{16})\.journal$/;

/** The version of the format, in the first line of each segment. */
export const formatVersion = 1;

/** One file of the journal, and how much of it still matters. */
export class Segment {
  readonly number: number;
  readonly tag: string;
  readonly path: string;
  /** Octets of records, from the beginning of the file. */
  end = 0;
  /** Octets of records that are still needed. */
  live = 0;
  /** Octets were found in it that are no record though they should be; it is kept for a person to look at. */
  damaged = false;
  #users = 0;
  #released: (() => void) | undefined;

  constructor(directory: string, number: number, tag: string) {
    this.number = number;
    this.tag = tag;
    this.path = join(directory, `${String(number).padStart(8, '0')}-${tag}.journal`);
  }

  /** The segment that a file's name tells of; `undefined` for another file. */
  static named(directory: string, name: string): Segment | undefined {
    const found = namePattern.exec(name);
    return found?.[1] && found[2] ? new Segment(directory, Number(found[1]), found[2]) : undefined;
  }

  /** The first line: for people, and for the version. */
  get title(): string {
    return `mailwright spool journal, format ${formatVersion}, segment ${this.number}, tag ${this.tag}\n`;
  }

  /** Someone reads from it: its file must stay. */
  use(): void {
    this.#users++;
  }

  release(): void {
    this.#users--;
    if (this.#users === 0) this.#released?.();
  }

  get inUse(): boolean {
    return this.#users > 0;
  }

  /** Resolves when nobody reads from it. There must be no new readers. */
  async unused(): Promise<void> {
    if (this.#users > 0) await new Promise<void>((resolve) => (this.#released = resolve));
  }
}

/** Files kept open for reading: enough for a busy queue, few beside the usual limit of 1024. */
const keptOpen = 32;

/** Opens segments for reading, and keeps the latest used ones open. */
export class SegmentReader {
  readonly #files: Files;
  readonly #open = new Map<Segment, Promise<OpenFile>>();

  constructor(files: Files) {
    this.#files = files;
  }

  /** Calls `act` with the segment's open file, which stays open and in place until it is done. */
  async with<T>(segment: Segment, act: (file: OpenFile) => Promise<T>): Promise<T> {
    segment.use();
    try {
      return await act(await this.#file(segment));
    } finally {
      segment.release();
      await this.#closeOldest();
    }
  }

  /** Closes a segment's file once nobody reads from it. */
  async close(segment: Segment): Promise<void> {
    await segment.unused();
    const file = this.#open.get(segment);
    this.#open.delete(segment);
    await (await file)?.close();
  }

  async closeAll(): Promise<void> {
    for (const segment of [...this.#open.keys()]) await this.close(segment);
  }

  #file(segment: Segment): Promise<OpenFile> {
    const present = this.#open.get(segment);
    if (present !== undefined) {
      // To the end of the order: the latest used.
      this.#open.delete(segment);
      this.#open.set(segment, present);
      return present;
    }
    const file = this.#files.open(segment.path, 'read');
    this.#open.set(segment, file);
    file.catch(() => this.#open.delete(segment));
    return file;
  }

  async #closeOldest(): Promise<void> {
    if (this.#open.size <= keptOpen) return;
    for (const segment of this.#open.keys()) {
      if (segment.inUse) continue;
      const file = this.#open.get(segment);
      this.#open.delete(segment);
      await (await file)?.close();
      return;
    }
  }
}
