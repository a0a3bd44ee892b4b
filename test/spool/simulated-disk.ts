/**
 * A disk that forgets: what was not synced is lost, in part or whole, when the power fails.
 *
 * It is meaner than file systems are: a name lasts only once its directory was synced, and of unsynced data any
 * page may have been written and any other not. Each call is a step; a step can be made to fail.
 */
import { Buffer } from 'node:buffer';
import { dirname } from 'node:path';
import type { Files, OpenFile } from 'mailwright/spool';
import type { SeededRandom } from 'mailwright/testing';

interface Content {
  cached: Buffer;
  durable: Buffer;
}

/** What a step does instead of its work. `times` is how many steps in a row, `Infinity` for a disk that stays so. */
export interface Fault {
  readonly atStep: number;
  readonly times: number;
  readonly code: string;
}

const pageSize = 4096;

export class SimulatedDisk implements Files {
  #names = new Map<string, Content>();
  #durableNames = new Map<string, Content>();
  #fault: Fault | undefined;
  #full = false;
  #mostPerCall = Number.POSITIVE_INFINITY;
  /** How many calls there were, reading ones not counted. */
  steps = 0;

  /** Makes steps fail from now on. */
  failing(fault: Fault): this {
    this.#fault = fault;
    return this;
  }

  /** Refuses new files from now on, as a disk without room does. */
  onlyExistingFiles(): void {
    this.#full = true;
  }

  /** Lets each read and write do at most so many octets. */
  handing(octets: number): this {
    this.#mostPerCall = octets;
    return this;
  }

  /** The disk as the next start finds it. With `luck`, some of what was not synced made it. */
  afterPowerLoss(luck?: SeededRandom): SimulatedDisk {
    const disk = new SimulatedDisk();
    const made = () => luck !== undefined && luck.below(2) === 0;
    const names = new Map(this.#durableNames);
    for (const [path, content] of this.#names) if (!names.has(path) && made()) names.set(path, content);
    for (const path of this.#durableNames.keys()) if (!this.#names.has(path) && made()) names.delete(path);
    for (const [path, { cached, durable }] of names) {
      // The lock tells of a process that is no more; this one only plays its part.
      if (path.endsWith('/lock')) continue;
      const left = Buffer.from(
        cached.length > durable.length && made() ? grown(durable, cached.length) : durable,
      );
      for (let at = 0; at < Math.min(left.length, cached.length); at += pageSize) {
        if (made()) cached.copy(left, at, at, Math.min(at + pageSize, left.length));
      }
      const content = { cached: left, durable: Buffer.from(left) };
      disk.#names.set(path, content);
      disk.#durableNames.set(path, content);
    }
    return disk;
  }

  /** Changes an octet of a file, as a failing disk does. */
  damage(path: string, at: number): void {
    const content = this.#content(path);
    content.cached = Buffer.from(content.cached);
    content.cached[at] = (content.cached[at] ?? 0) ^ 0xff;
    content.durable = Buffer.from(content.cached);
  }

  paths(): string[] {
    return [...this.#names.keys()];
  }

  octets(path: string): Buffer {
    return this.#content(path).cached;
  }

  put(path: string, octets: Buffer): void {
    this.#names.set(path, { cached: octets, durable: Buffer.from(octets) });
    this.#durableNames.set(path, this.#content(path));
  }

  async open(path: string, mode: 'read' | 'create' | 'durable'): Promise<OpenFile> {
    if (mode === 'create') {
      if (this.#names.has(path)) throw systemError('EEXIST', path);
      this.#step();
      if (this.#full) throw systemError('ENOSPC', path);
      this.#names.set(path, { cached: Buffer.alloc(0), durable: Buffer.alloc(0) });
    }
    return this.#file(this.#content(path), mode === 'durable');
  }

  async readText(path: string): Promise<string> {
    return this.#content(path).cached.toString();
  }

  async list(directory: string): Promise<string[]> {
    return this.paths()
      .filter((path) => dirname(path) === directory)
      .map((path) => path.slice(directory.length + 1));
  }

  async makeDirectory(): Promise<void> {
    this.#step();
  }

  async remove(path: string): Promise<void> {
    this.#content(path);
    this.#step();
    this.#names.delete(path);
  }

  async rename(from: string, to: string): Promise<void> {
    const content = this.#content(from);
    this.#step();
    this.#names.delete(from);
    this.#names.set(to, content);
  }

  async link(existing: string, name: string): Promise<void> {
    if (this.#names.has(name)) throw systemError('EEXIST', name);
    this.#step();
    this.#names.set(name, this.#content(existing));
  }

  async syncDirectory(path: string): Promise<void> {
    this.#step();
    for (const name of this.#durableNames.keys()) if (dirname(name) === path) this.#durableNames.delete(name);
    for (const [name, content] of this.#names)
      if (dirname(name) === path) this.#durableNames.set(name, content);
  }

  #file(content: Content, durable: boolean): OpenFile {
    return {
      read: async (into, at) => {
        const part = content.cached.subarray(at, at + Math.min(into.length, this.#mostPerCall));
        into.set(part);
        return part.length;
      },
      write: async (octets, at) => {
        const part = Buffer.from(octets.subarray(0, this.#mostPerCall));
        // A write that fails may have been done in part.
        this.#step(() => writeAt(content, part.subarray(0, part.length / 2), at, false));
        writeAt(content, part, at, durable);
        return part.length;
      },
      sync: async () => {
        this.#step();
        content.durable = Buffer.from(content.cached);
      },
      truncate: async (size) => {
        this.#step();
        content.cached = Buffer.from(content.cached.subarray(0, size));
      },
      size: async () => content.cached.length,
      close: async () => undefined,
    };
  }

  #step(inPart?: () => void): void {
    const step = this.steps++;
    const fault = this.#fault;
    if (fault === undefined || step < fault.atStep || step >= fault.atStep + fault.times) return;
    inPart?.();
    throw systemError(fault.code, `step ${step}`);
  }

  #content(path: string): Content {
    const content = this.#names.get(path);
    if (content === undefined) throw systemError('ENOENT', path);
    return content;
  }
}

function writeAt(content: Content, octets: Buffer, at: number, durable: boolean): void {
  content.cached = grown(content.cached, at + octets.length);
  octets.copy(content.cached, at);
  if (!durable) return;
  content.durable = grown(content.durable, at + octets.length);
  octets.copy(content.durable, at);
}

function grown(octets: Buffer, size: number): Buffer {
  return octets.length >= size ? octets : Buffer.concat([octets], size);
}

function systemError(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code });
}
