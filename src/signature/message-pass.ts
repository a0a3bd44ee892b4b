/** One pass over a message, shared by everything that signs it or checks its signatures. */
import { Buffer } from 'node:buffer';
import type { Bytes } from '../machine/index.ts';
import { type BodyHash, BodyHasher } from './body-hash.ts';
import type { Canonicalization, SignedField } from './canonical-field.ts';
import { SignatureMisuse } from './misuse.ts';
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
const nothing = new Uint8Array(0);

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
  /** The section so far, and room for more. */
  #head: Uint8Array = nothing;
  #headSize = 0;
  #state: 'header' | 'asking' | 'body' | 'oversized' | 'ended' = 'header';
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

  /**
   * Adds a listener.
   *
   * @throws SignatureMisuse when the header section is complete already
   */
  onHeader(listener: HeaderListener<Field>): void {
    if (this.#state !== 'header') throw new SignatureMisuse('the header section has passed');
    this.#listeners.push(listener);
  }

  /**
   * Asks for a hash of the body, from within a {@link HeaderListener}.
   *
   * @param length - of how many octets of the canonical body; all of them by default
   * @throws SignatureMisuse at any other time: part of the body may have passed
   */
  bodyHash(canonicalization: Canonicalization, hash: HashName, length?: number): WantedBodyHash {
    if (this.#state !== 'asking') throw new SignatureMisuse('body hashes are asked for by header listeners');
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

  /**
   * Takes the next chunk of the message. It is not kept: of the header section a copy is.
   *
   * @throws SignatureMisuse after the end
   */
  write(chunk: Bytes): void {
    if (this.#state === 'ended') throw new SignatureMisuse('the message has ended');
    if (this.#state === 'header') this.#collect(chunk);
    else if (this.#state === 'body') for (const hasher of this.#hashers.values()) hasher.write(chunk);
  }

  /** The message is complete. Calling this again does nothing. */
  end(): void {
    if (this.#state === 'header') this.#begin();
    if (this.#state === 'body') for (const hasher of this.#hashers.values()) hasher.end();
    this.#state = 'ended';
  }

  #collect(chunk: Bytes): void {
    const size = sectionEnd(this.#head, this.#headSize, chunk);
    const part = size === -1 ? chunk : chunk.subarray(0, size);
    if (this.#headSize + part.length > this.#maxHeader) {
      this.#state = 'oversized';
      this.#oversized = true;
      this.#head = nothing;
      return;
    }
    this.#keep(part);
    if (size === -1) return;
    this.#begin();
    if (size < chunk.length) this.write(chunk.subarray(size));
  }

  /** Copies: whoever reads chunks may use their memory again before the verdicts are out. */
  #keep(part: Bytes): void {
    const size = this.#headSize + part.length;
    if (size > this.#head.length) {
      const larger = new Uint8Array(this.#headSize === 0 ? size : Math.max(size, 2 * this.#head.length));
      larger.set(this.#head.subarray(0, this.#headSize));
      this.#head = larger;
    }
    this.#head.set(part, this.#headSize);
    this.#headSize = size;
  }

  #begin(): void {
    const section = this.#head.subarray(0, this.#headSize);
    this.#head = nothing;
    const header = new SignedHeader(section, this.#scan(section));
    this.#header = header;
    this.#state = 'asking';
    for (const listener of this.#listeners) listener(header, this);
    this.#state = 'body';
  }
}

/**
 * Where in `chunk` the header section ends, after its empty line, or -1. Its beginning, the first `size`
 * octets of `head`, came before.
 */
function sectionEnd(head: Bytes, size: number, chunk: Bytes): number {
  const last = size === 0 ? LF : head[size - 1];
  const beforeLast = size === 1 ? LF : head[size - 2];
  if (last === LF && chunk[0] === LF) return 1;
  if (last === LF && chunk[0] === CR && chunk[1] === LF) return 2;
  if (last === CR && beforeLast === LF && chunk[0] === LF) return 1;
  const buffer = Buffer.isBuffer(chunk)
    ? chunk
    : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  const crlf = buffer.indexOf(emptyLine);
  const before = crlf === -1 ? buffer : buffer.subarray(0, crlf + 1);
  const bare = before.indexOf(bareEmptyLine);
  if (bare !== -1) return bare + 2;
  return crlf === -1 ? -1 : crlf + 3;
}
