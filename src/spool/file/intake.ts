import type { Buffer } from 'node:buffer';
import { crc32 } from 'node:zlib';
import type { Bytes } from '../../machine/index.ts';
import { Gathering } from '../gathering.ts';
import type { LargeBody } from './large-body.ts';
import { storageError } from './storage-error.ts';

/** A message's octets when all have come: in memory, or durable in a file of their own. */
export type Taken =
  | { readonly where: 'memory'; readonly octets: Buffer; readonly crc: number }
  | { readonly where: 'file'; readonly crc: number };

/** The first buffer of a message of unknown size: most mail without attachments fits. */
const firstBuffer = 4096;

/** Takes a message in: small ones in memory, large ones through a buffer into a file. */
export class FileIntake {
  readonly #limit: number;
  readonly #makeLarge: () => LargeBody;
  #gathered: Gathering | undefined;
  #large: LargeBody | undefined;
  #failure: unknown;

  /** @param limit how many octets may stay in memory */
  constructor(limit: number, expected: number | undefined, makeLarge: () => LargeBody) {
    this.#limit = limit;
    this.#makeLarge = makeLarge;
    this.#gathered = new Gathering(Math.min(expected ?? firstBuffer, limit));
  }

  /** Takes a chunk. After a failure it drops everything; {@link FileIntake.finish} tells of it. */
  take(chunk: Bytes): void | Promise<void> {
    const gathered = this.#gathered;
    if (gathered === undefined) return;
    if (gathered.length + chunk.length <= this.#limit) gathered.append(chunk);
    else return this.#spill(gathered, chunk);
  }

  async #spill(gathered: Gathering, chunk: Bytes): Promise<void> {
    try {
      this.#large ??= this.#makeLarge();
      await this.#large.write(gathered.view());
      gathered.clear();
      if (chunk.length < this.#limit) gathered.append(chunk);
      else await this.#large.write(chunk);
    } catch (error) {
      this.#failure = error;
      this.#gathered = undefined;
      await this.#large?.discard();
    }
  }

  /** @throws SpoolError (as a rejection) when the octets could not be written; nothing is left behind */
  async finish(): Promise<Taken> {
    const gathered = this.#gathered;
    this.#gathered = undefined;
    if (gathered !== undefined && this.#large === undefined) {
      const octets = gathered.view();
      return { where: 'memory', octets, crc: crc32(octets) };
    }
    try {
      if (gathered === undefined || this.#large === undefined) throw this.#failure;
      if (gathered.length > 0) await this.#large.write(gathered.view());
      await this.#large.finish();
      return { where: 'file', crc: this.#large.crc };
    } catch (error) {
      await this.discard();
      throw storageError('could not store a large message', error);
    }
  }

  async discard(): Promise<void> {
    this.#gathered = undefined;
    await this.#large?.discard();
  }
}
