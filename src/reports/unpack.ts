/**
 * Unpacking what reports travel in: gzip (RFC 1952), zip, or neither. The content decides, not its name.
 *
 * What comes out is bounded, and counted while it comes: a bomb costs its bound and no more
 * (RFC 9990 §8.1).
 */
import { Buffer } from 'node:buffer';
import { promisify } from 'node:util';
import { gunzip, inflateRaw } from 'node:zlib';
import type { Bytes } from '../machine/index.ts';

/** What was in it, or why nothing can be had. */
export type Unpacked =
  | { readonly ok: true; readonly octets: Bytes }
  | {
      readonly ok: false;
      readonly why:
        | 'too-large' // more comes out than the bound allows
        | 'corrupt' // cut off, or no archive at all
        | 'unsupported'; // encrypted, split, packed by a method that reports do not use, or too deep
    };

/** Archives within archives: some reporters zip what they have gzipped. */
const deepest = 2;

/**
 * Unpacks a report, of a zip archive its first file. What is not packed comes back as it is.
 *
 * @param most - octets that may come out
 *
 * @example
 * ```ts
 * import { gzipSync } from 'node:zlib';
 * import { unpackReport } from 'mailwright/reports';
 *
 * await unpackReport(gzipSync('<feedback/>'), 1_000_000); // { ok: true, octets: '<feedback/>' }
 * ```
 */
export async function unpackReport(packed: Bytes, most: number): Promise<Unpacked> {
  let octets = Buffer.from(packed.buffer, packed.byteOffset, packed.length);
  for (let depth = 0; isPacked(octets); depth++) {
    if (depth === deepest) return { ok: false, why: 'unsupported' };
    const unpacked = isGzip(octets) ? await inflated(gunzipOf, octets, most) : await unzip(octets, most);
    if (!unpacked.ok) return unpacked;
    octets = unpacked.octets as Buffer<ArrayBuffer>;
  }
  return octets.length > most ? { ok: false, why: 'too-large' } : { ok: true, octets };
}

const gunzipOf = promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip);
const inflateRawOf = promisify<Buffer, { maxOutputLength: number }, Buffer>(inflateRaw);

function isPacked(octets: Buffer): boolean {
  return isGzip(octets) || (octets.length >= 4 && octets.readUInt32LE(0) === localHeader);
}

function isGzip(octets: Buffer): boolean {
  return octets[0] === 0x1f && octets[1] === 0x8b;
}

async function inflated(inflate: typeof gunzipOf, octets: Buffer, most: number): Promise<Unpacked> {
  try {
    return { ok: true, octets: await inflate(octets, { maxOutputLength: Math.max(most, 1) }) };
  } catch (error) {
    const large = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    return { ok: false, why: large ? 'too-large' : 'corrupt' };
  }
}

/** Marks of a zip archive (PKWARE APPNOTE §4.3). */
const localHeader = 0x04034b50;
const centralHeader = 0x02014b50;
const endRecord = 0x06054b50;

/** The sizes in a local header may be missing, so the first file is found by the central directory. */
async function unzip(octets: Buffer, most: number): Promise<Unpacked> {
  const corrupt = { ok: false, why: 'corrupt' } as const;
  const end = endOf(octets);
  if (end === -1) return corrupt;
  const central = octets.readUInt32LE(end + 16);
  if (central + 46 > octets.length || octets.readUInt32LE(central) !== centralHeader) return corrupt;
  const flags = octets.readUInt16LE(central + 8);
  const method = octets.readUInt16LE(central + 10);
  const size = octets.readUInt32LE(central + 20);
  const local = octets.readUInt32LE(central + 42);
  if (local + 30 > octets.length || octets.readUInt32LE(local) !== localHeader) return corrupt;
  const start = local + 30 + octets.readUInt16LE(local + 26) + octets.readUInt16LE(local + 28);
  if (start + size > octets.length) return corrupt;
  const encrypted = (flags & 1) !== 0;
  const file = octets.subarray(start, start + size);
  if (encrypted || (method !== 0 && method !== 8)) return { ok: false, why: 'unsupported' };
  if (method === 8) return inflated(inflateRawOf, file, most);
  return file.length > most ? { ok: false, why: 'too-large' } : { ok: true, octets: file };
}

/** The end record stands at the end, before a comment of up to 65,535 octets; -1 where there is none. */
function endOf(octets: Buffer): number {
  const mark = Buffer.alloc(4);
  mark.writeUInt32LE(endRecord);
  const found = octets.lastIndexOf(mark);
  return found === -1 || found + 22 > octets.length || found < octets.length - 22 - 65_535 ? -1 : found;
}
