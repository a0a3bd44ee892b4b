import { Buffer } from 'node:buffer';
import { crc32 } from 'node:zlib';
import type { Bytes } from '../../machine/index.ts';
import { SpoolError } from '../error.ts';
import type { Entry } from './catalog.ts';
import { type Files, type OpenFile, readAll } from './files.ts';
import type { Place } from './journal.ts';
import { checkedContext, decodeLine, type JournalRecord, lineSize } from './record.ts';
import { type Layout, largePath } from './recovery.ts';
import type { Segment, SegmentReader } from './segment.ts';
import { storageError, systemCode } from './storage-error.ts';

/** As much as a socket takes at once. */
const chunkSize = 65_536;

/** Reads contexts and messages back, from the journal and from files of their own, checking every CRC it can. */
export class Content {
  readonly #files: Files;
  readonly #layout: Layout;
  readonly #reader: SegmentReader;

  constructor(files: Files, layout: Layout, reader: SegmentReader) {
    this.#files = files;
    this.#layout = layout;
    this.#reader = reader;
  }

  /** The present context, as JSON. */
  async context(entry: Entry): Promise<string> {
    return (await this.#record(entry, entry.latest, 0)).context;
  }

  /** The record that would say everything about the message anew. */
  async record(entry: Entry): Promise<JournalRecord> {
    const { line, body } = await this.#record(entry, entry.mail, entry.ownFile ? 0 : entry.size);
    const { due, priority } = entry;
    const record = { ...line, due, priority, context: await this.context(entry) };
    return entry.ownFile ? record : { ...record, body };
  }

  /** The octets from `start` to `end` of a message. A part of one is read without the check that needs the whole. */
  async *read(entry: Entry, start: number, end: number): AsyncGenerator<Bytes> {
    if (start === end) return;
    if (entry.ownFile) yield* this.#large(entry, start, end);
    else if (start === 0 && end === entry.size) yield (await this.#record(entry, entry.mail, end)).body;
    else yield await this.#part(entry.mail, start, end);
  }

  async #part({ segment, at, contextSize }: Place, start: number, end: number): Promise<Bytes> {
    const octets = Buffer.allocUnsafeSlow(end - start);
    await this.#fill(segment, octets, at + lineSize + contextSize + 1 + start);
    return octets;
  }

  async *#large(entry: Entry, start: number, end: number): AsyncGenerator<Bytes> {
    const { line } = await this.#record(entry, entry.mail, 0);
    const file = await this.#openLarge(entry.id);
    try {
      let crc = 0;
      for (let at = start; at < end; ) {
        const chunk = Buffer.allocUnsafeSlow(Math.min(chunkSize, end - at));
        const read = await file.read(chunk, at).catch((cause) => {
          throw storageError(`could not read message ${entry.id}`, cause);
        });
        if (read === 0) throw corrupt(entry);
        crc = crc32(chunk.subarray(0, read), crc);
        at += read;
        yield chunk.subarray(0, read);
      }
      if (end - start === entry.size && crc !== line.bodyCrc) throw corrupt(entry);
    } finally {
      await file.close();
    }
  }

  async #openLarge(id: string): Promise<OpenFile> {
    try {
      return await this.#files.open(largePath(this.#layout, id), 'read');
    } catch (error) {
      if (systemCode(error) === 'ENOENT') throw notFound(id);
      throw storageError(`could not read message ${id}`, error);
    }
  }

  /** A record of a message with `bodySize` octets of its body: all, or none. */
  async #record(entry: Entry, { segment, at, contextSize }: Place, bodySize: number) {
    const length = lineSize + contextSize + 1 + bodySize;
    // A body is the reader's to keep, and must keep nothing else alive.
    const octets = bodySize > 0 ? Buffer.allocUnsafeSlow(length) : Buffer.allocUnsafe(length);
    await this.#fill(segment, octets, at);
    const line = decodeLine(octets, 0, segment.tag);
    const context = line && checkedContext(octets, 0, line);
    const body = octets.subarray(lineSize + contextSize + 1);
    if (line?.id !== entry.id || context === undefined) throw corrupt(entry);
    if (bodySize > 0 && crc32(body) !== line.bodyCrc) throw corrupt(entry);
    return { line, context: context.toString(), body };
  }

  async #fill(segment: Segment, octets: Buffer, at: number): Promise<void> {
    try {
      const read = await this.#reader.with(segment, (file) => readAll(file, octets, at));
      // What is missing does not match its CRC.
      octets.fill(0, read);
    } catch (error) {
      throw storageError(`could not read ${segment.path}`, error);
    }
  }
}

/** There is no such message. */
export function notFound(id: string): SpoolError {
  return new SpoolError('SPOOL_NOT_FOUND', `no message ${id} in the spool`);
}

function corrupt({ id }: Entry): SpoolError {
  return new SpoolError('SPOOL_CORRUPT', `message ${id} is not stored as it was written`);
}
