/** A hash of octets that come in pieces, and of their beginnings. */
import { createHash, type Hash, hash } from 'node:crypto';
import type { Bytes } from '../machine/index.ts';

/** The hash functions of signatures; SHA-1 is only read, never written (RFC 8301 §3.1). */
export type HashName = 'sha1' | 'sha256';

/** Most bodies are shorter: hashing them in one call costs half of what a hash object does. */
const scratchSize = 8192;
/** Scratch space of bodies that have ended, for the next ones. */
const spare: Uint8Array[] = [];
const mostSpare = 64;

/** Collects what is short, and goes on with a hash object when it gets long. */
export class RunningHash {
  readonly #name: HashName;
  #scratch: Uint8Array | undefined;
  #used = 0;
  #hash: Hash | undefined;

  constructor(name: HashName) {
    this.#name = name;
  }

  /** Takes octets; they are not kept. */
  update(octets: Bytes): void {
    if (this.#hash !== undefined) {
      this.#hash.update(octets);
      return;
    }
    if (this.#used + octets.length <= scratchSize) {
      this.#scratch ??= spare.pop() ?? new Uint8Array(scratchSize);
      this.#scratch.set(octets, this.#used);
      this.#used += octets.length;
      return;
    }
    this.#hash = createHash(this.#name).update(this.#collected());
    this.#release();
    this.#hash.update(octets);
  }

  /** The hash of what came so far, in base64; more may come. */
  soFar(): string {
    return this.#hash?.copy().digest('base64') ?? hash(this.#name, this.#collected(), 'base64');
  }

  /** The hash of everything, in base64. */
  digest(): string {
    if (this.#hash !== undefined) return this.#hash.digest('base64');
    const digest = hash(this.#name, this.#collected(), 'base64');
    this.#release();
    return digest;
  }

  #collected(): Uint8Array {
    return this.#scratch?.subarray(0, this.#used) ?? new Uint8Array(0);
  }

  #release(): void {
    if (this.#scratch !== undefined && spare.length < mostSpare) spare.push(this.#scratch);
    this.#scratch = undefined;
    this.#used = 0;
  }
}
