/**
 * The few file system calls that the file spool needs, as an interface, so that a test can fail any of
 * them. Paths are absolute or relative to the process's directory; errors are Node's own.
 */
import fs from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Bytes } from '../../machine/index.ts';

/** A file that is open. Reads and writes name their place, so that several may run at once. */
export interface OpenFile {
  /** How many octets were read: fewer than asked for at the end, or at the system's whim. */
  read(into: Bytes, at: number): Promise<number>;
  /** How many octets were written: fewer than asked for at the system's whim. */
  write(octets: Bytes, at: number): Promise<number>;
  /** Makes what was written durable. */
  sync(): Promise<void>;
  truncate(size: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

/**
 * How to open a file.
 *
 * - `read`: one that exists.
 * - `create`: a new one; it is an error when it exists.
 * - `durable`: one that exists, for writing; each write is durable when it resolves.
 */
export type OpenMode = 'read' | 'create' | 'durable';

/** A file system. */
export interface Files {
  open(path: string, mode: OpenMode): Promise<OpenFile>;
  /** The whole text of a small file. */
  readText(path: string): Promise<string>;
  list(directory: string): Promise<string[]>;
  /** Makes a directory and those above it, their names durable; one that exists is fine. */
  makeDirectory(path: string): Promise<void>;
  remove(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Gives a file a second name; it is an error when that exists. */
  link(existing: string, name: string): Promise<void>;
  /** Makes the names in a directory durable. */
  syncDirectory(path: string): Promise<void>;
}

// Only Linux defines O_DSYNC as what is meant here, down to the device's cache. Elsewhere a sync follows each write.
const synchronous = process.platform === 'linux' ? fs.constants.O_DSYNC : 0;

const flags: Record<OpenMode, number> = {
  read: fs.constants.O_RDONLY,
  create: fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_EXCL,
  durable: fs.constants.O_RDWR | synchronous,
};

/** The file system of the machine. New files can be read by their owner alone. */
export const systemFiles: Files = {
  open: async (path, mode) => {
    const fd = await settle<number>((done) => fs.open(path, flags[mode], 0o600, done));
    return openFile(fd, mode === 'durable' && synchronous === 0);
  },
  readText: (path) => fs.promises.readFile(path, 'utf8'),
  list: (directory) => fs.promises.readdir(directory),
  makeDirectory: async (path) => {
    const first = await fs.promises.mkdir(path, { recursive: true, mode: 0o700 });
    if (first === undefined) return;
    for (let made = resolve(path); made !== dirname(made); made = dirname(made)) {
      await syncDirectory(dirname(made));
      if (made === resolve(first)) break;
    }
  },
  remove: (path) => fs.promises.unlink(path),
  rename: (from, to) => fs.promises.rename(from, to),
  link: (existing, name) => fs.promises.link(existing, name),
  syncDirectory,
};

async function syncDirectory(path: string): Promise<void> {
  // Windows can not open a directory, and makes its names durable by itself.
  if (process.platform === 'win32') return;
  const handle = await fs.promises.open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

// Callbacks underneath: a FileHandle costs about twice the CPU time for each call.
function openFile(fd: number, syncEachWrite: boolean): OpenFile {
  const sync = () => settle<void>((done) => fs.fdatasync(fd, done));
  return {
    read: (into, at) => settle<number>((done) => fs.read(fd, into, 0, into.length, at, done)),
    write: async (octets, at) => {
      const written = await settle<number>((done) => fs.write(fd, octets, 0, octets.length, at, done));
      if (syncEachWrite) await sync();
      return written;
    },
    sync,
    truncate: (size) => settle<void>((done) => fs.ftruncate(fd, size, done)),
    size: async () => (await settle<fs.Stats>((done) => fs.fstat(fd, done))).size,
    close: () => settle<void>((done) => fs.close(fd, done)),
  };
}

function settle<T>(call: (done: (error: Error | null, value?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, value) => (error ? reject(error) : resolve(value as T)));
  });
}

/** Writes all octets, in as many calls as it takes. */
export async function writeAll(file: OpenFile, octets: Bytes, at: number): Promise<void> {
  for (let done = 0; done < octets.length; ) {
    const written = await file.write(done === 0 ? octets : octets.subarray(done), at + done);
    if (written === 0) throw new Error('the file system wrote nothing and gave no reason');
    done += written;
  }
}

/** Reads until the buffer is full or the file ends; how many octets were read. */
export async function readAll(file: OpenFile, into: Bytes, at: number): Promise<number> {
  let done = 0;
  while (done < into.length) {
    const read = await file.read(done === 0 ? into : into.subarray(done), at + done);
    if (read === 0) break;
    done += read;
  }
  return done;
}
