import { crc32 } from 'node:zlib';
import type { Bytes } from '../../machine/index.ts';
import { type Files, type OpenFile, writeAll } from './files.ts';

/** A large message on its way into a file of its own. */
export class LargeBody {
  readonly #files: Files;
  readonly #path: string;
  #file: OpenFile | undefined;
  #size = 0;
  #crc = 0;

  constructor(files: Files, path: string) {
    this.#files = files;
    this.#path = path;
  }

  get crc(): number {
    return this.#crc;
  }

  async write(octets: Bytes): Promise<void> {
    this.#file ??= await this.#files.open(this.#path, 'create');
    await writeAll(this.#file, octets, this.#size);
    this.#size += octets.length;
    this.#crc = crc32(octets, this.#crc);
  }

  /** Makes the content durable; the directory's entry is left to {@link DirectorySync}. */
  async finish(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    try {
      await file?.sync();
    } finally {
      await file?.close();
    }
  }

  /** Removes the file. Never rejects. */
  async discard(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => undefined);
    // The next start removes what can not be removed now.
    await this.#files.remove(this.#path).catch(() => undefined);
  }
}

/** Syncs a directory for many callers at once: one who comes during a sync shares the next. */
export class DirectorySync {
  readonly #files: Files;
  readonly #path: string;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(files: Files, path: string) {
    this.#files = files;
    this.#path = path;
  }

  /** Resolves when every name that the directory has now is durable. */
  sync(): Promise<void> {
    if (this.#running === undefined) return this.#start();
    this.#next ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.#start();
      });
    return this.#next;
  }

  #start(): Promise<void> {
    const running = this.#files.syncDirectory(this.#path).finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }
}
