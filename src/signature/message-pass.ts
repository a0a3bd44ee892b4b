/** One pass over a message, shared by everything that signs it or checks its signatures. */
import { Buffer } from 'node:buffer';
import type { Bytes } from '../machine/index.ts';
import { type BodyHash, BodyHasher } from './body-hash.ts';
import type { Canonicalization, SignedField } from './canonical-field.ts';
import type { HashName } from './running-hash.ts';
import { SignedHeader } from './signed-header.ts';

/** What a {@link MessagePass} needs to know. */
export interface MessagePassOptions<Field extends SignedField> {
  /** Splits a header section into its fields: `HeaderFields.scan` of `mailwright/mime`. */
  readonly scan: (section: Bytes) => Iterable<Field>;
  /** Longest header section in octets, 1 MiB by default; of a longer one no signature is looked at. */
  readonly maxHeader?: number;
}

/** A body hash that was asked for; `result` may be read after the message's end. */
export interface WantedBodyHash {
  readonly result: BodyHash;
}

/** Called once, when the header section is complete and before the body passes. */
export type HeaderListener<Field extends SignedField> = (
  header: SignedHeader<Field>,
  pass: MessagePass<Field>,
) => void;

const defaultMaxHeader = 1_048_576;
const LF = 0x0a;
const CR = 0x0d;
const emptyLine = Buffer.from('\n\r\n');
const bareEmptyLine = Buffer.from('\n\n');

/**
 * Takes a message in chunks, splits off its header section, and hashes the body once for each form and
 * hash function that somebody asks for. Nothing of the body is kept.
 *
 * Listeners are added before the first chunk: verifiers and signers that are given a pass do so
 * themselves. Then `write` each chunk, and `end`. Lines end in CRLF, as they do in SMTP: a bare LF in a
 * body is an octet like any other.
 *
 * @example
 * ```ts
 * import { HeaderFields } from 'mailwright/mime';
 * import { MessagePass } from 'mailwright/signature';
 *
 * const pass = new MessagePass({ scan: HeaderFields.scan });
 * pass.onHeader((header) => header.all('from').length); // 1
 * pass.write(Buffer.from('From: a@example.com\r\n\r\nHello'));
 * pass.end();
 * ```
 */
export class MessagePass<Field extends SignedField = SignedField> {
  readonly #scan: (section: Bytes) => Iterable<Field>;
  readonly #maxHeader: number;
  readonly #listeners: HeaderListener<Field>[] = [];
  readonly #hashers = new Map<string, BodyHasher>();
  #head: Bytes[] = [];
  #headSize = 0;
  /** The last octets before the next chunk: a section's end may lie across two chunks. */
  #tail: Bytes = Uint8Array.of(LF);
  #state: 'header' | 'body' | 'oversized' | 'ended' = 'header';
  #header: SignedHeader<Field> | undefined;
  #oversized = false;

  constructor({ scan, maxHeader = defaultMaxHeader }: MessagePassOptions<Field>) {
    this.#scan = scan;
    this.#maxHeader = maxHeader;
  }

  /** The header section, once it is complete. */
  get header(): SignedHeader<Field> | undefined {
    return this.#header;
  }

  /** The header section was longer than allowed; no listener is called. */
  get oversized(): boolean {
    return this.#oversized;
  }

  /** Adds a listener; one that comes after the header section is complete is called at once. */
  onHeader(listener: HeaderListener<Field>): void {
    if (this.#header === undefined) this.#listeners.push(listener);
    else listener(this.#header, this);
  }

  /**
   * Asks for a hash of the body, from a {@link HeaderListener}.
   *
   * @param length - of how many octets of the canonical body; all of them by default
   */
  bodyHash(canonicalization: Canonicalization, hash: HashName, length?: number): WantedBodyHash {
    const key = `${canonicalization} ${hash}`;
    const hasher = this.#hashers.get(key) ?? new BodyHasher(canonicalization, hash);
    this.#hashers.set(key, hasher);
    if (length !== undefined) hasher.want(length);
    return {
      get result() {
        return hasher.result(length);
      },
    };
  }

  /** Takes the next chunk of the message. It is not kept beyond the header section. */
  write(chunk: Bytes): void {
    if (this.#state === 'header') this.#collect(chunk);
    else if (this.#state === 'body') for (const hasher of this.#hashers.values()) hasher.write(chunk);
  }

  /** The message is complete. */
  end(): void {
    if (this.#state === 'header') this.#begin();
    if (this.#state === 'body') for (const hasher of this.#hashers.values()) hasher.end();
    this.#state = 'ended';
  }

  #collect(chunk: Bytes): void {
    const size = sectionEnd(this.#tail, chunk);
    const part = size === -1 ? chunk : chunk.subarray(0, size);
    this.#headSize += part.length;
    if (this.#headSize > this.#maxHeader) {
      this.#state = 'oversized';
      this.#oversized = true;
      this.#head = [];
      return;
    }
    // Chunks may be reused by whoever reads them; the section is needed until the verdicts are out.
    this.#head.push(new Uint8Array(part));
    if (size === -1) {
      this.#tail = Buffer.concat([this.#tail, chunk.subarray(-2)]).subarray(-2);
      return;
    }
    this.#begin();
    if (size < chunk.length) this.write(chunk.subarray(size));
  }

  #begin(): void {
    const [only, ...more] = this.#head;
    const section = only !== undefined && more.length === 0 ? only : Buffer.concat(this.#head);
    this.#head = [];
    this.#state = 'body';
    this.#header = new SignedHeader(section, this.#scan(section));
    for (const listener of this.#listeners) listener(this.#header, this);
  }
}

/**
 * Where in `chunk` the header section ends, after its empty line, or -1. `tail` is what came before:
 * the last two octets, or LF at the beginning of a message.
 */
function sectionEnd(tail: Bytes, chunk: Bytes): number {
  const last = tail[tail.length - 1];
  if (last === LF && chunk[0] === LF) return 1;
  if (last === LF && chunk[0] === CR && chunk[1] === LF) return 2;
  if (last === CR && tail[tail.length - 2] === LF && chunk[0] === LF) return 1;
  const buffer = Buffer.isBuffer(chunk)
    ? chunk
    : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  const crlf = buffer.indexOf(emptyLine);
  const head = crlf === -1 ? buffer : buffer.subarray(0, crlf + 1);
  const bare = head.indexOf(bareEmptyLine);
  if (bare !== -1) return bare + 2;
  return crlf === -1 ? -1 : crlf + 3;
}
