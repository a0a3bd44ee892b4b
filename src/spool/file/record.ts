/**
 * Records of the journal, as octets. docs/spool-format.md describes them; in short:
 *
 *     @mw <tag> <kind> <id> <due> <priority> <context size> <body size> <body CRC> <CRC> LF
 *     <context: one line of JSON> LF
 *     <body> LF                       (kind `mail` only)
 *
 * All fields of the line have a fixed width, so that it is written in one go once the sizes are known. The
 * tag is random and new for each segment: no message can contain it, so that nothing inside of a body
 * passes for a record when the reader has to look for the next one behind damaged octets.
 */
import type { Buffer } from 'node:buffer';
import { crc32 } from 'node:zlib';
import type { Bytes } from '../../machine/index.ts';
import type { SpoolId } from '../context.ts';

/**
 * What a record says.
 *
 * - `mail`: here is a message, context and octets; it replaces what was said of this id before.
 * - `file`: the same, but the octets are in a file of their own.
 * - `edit`: the message has this context from now on.
 * - `gone`: the message was deleted.
 * - `term`: the highest fencing token seen; its id is all zeros.
 */
export type RecordKind = 'mail' | 'file' | 'edit' | 'gone' | 'term';

/** A record to be written. */
export interface JournalRecord {
  readonly kind: RecordKind;
  readonly id: SpoolId;
  /** `Infinity`: held. */
  readonly due: number;
  readonly priority: number;
  /** JSON without a line end. */
  readonly context: string;
  /** The octets of kind `mail`; may be a view that is good until the record is written. */
  readonly body?: Bytes;
  /** For every kind with a body, inline or not. */
  readonly bodySize: number;
  readonly bodyCrc: number;
}

/** The first line of a record, read back. */
export interface RecordLine extends Omit<JournalRecord, 'context' | 'body'> {
  readonly contextSize: number;
  readonly crc: number;
}

/** Octets of a record's first line, its LF included. */
export const lineSize = 112;
const crcAt = 103;
const held = '-'.repeat(15);
const linePattern =
  /^@mw [0-9a-f]{16} (mail|file|edit|gone|term) ([0-7][0-9A-HJKMNP-TV-Z]{25}) (\d{15}|-{15}) ([+-]\d\d) (\d{7}) (\d{12}) ([0-9a-f]{8}) ([0-9a-f]{8})\n$/;

/** The id in a record that is about no message. */
export const noId: SpoolId = '0'.repeat(26);

/** What a record of the segment with this tag begins with. */
export function recordStart(tag: string): string {
  return `@mw ${tag} `;
}

/** Octets that a record takes, of which the line tells everything. */
export function recordSize(kind: RecordKind, contextSize: number, bodySize: number): number {
  return lineSize + contextSize + 1 + (kind === 'mail' ? bodySize + 1 : 0);
}

/** At most how many octets a record will take: UTF-8 has no more than three for a UTF-16 unit. */
export function sizeBound(record: JournalRecord): number {
  return recordSize(record.kind, record.context.length * 3, record.bodySize);
}

/** Writes a record into a buffer with room for {@link sizeBound}; returns the size of its context in octets. */
export function encodeRecord(record: JournalRecord, tag: string, buffer: Buffer, at: number): number {
  const contextAt = at + lineSize;
  const contextSize = buffer.write(record.context, contextAt, 'utf8');
  const due = record.due === Number.POSITIVE_INFINITY ? held : digits(record.due, 15);
  const priority = (record.priority < 0 ? '-' : '+') + digits(Math.abs(record.priority), 2);
  const line =
    `${recordStart(tag)}${record.kind} ${record.id} ${due} ${priority} ${digits(contextSize, 7)} ` +
    `${digits(record.bodySize, 12)} ${hexadecimal(record.bodyCrc)} `;
  buffer.write(line, at, 'latin1');
  const crc = crc32(
    buffer.subarray(contextAt, contextAt + contextSize),
    crc32(buffer.subarray(at, at + crcAt)),
  );
  buffer.write(`${hexadecimal(crc)}\n`, at + crcAt, 'latin1');
  buffer[contextAt + contextSize] = 0x0a;
  if (record.body !== undefined) {
    const bodyAt = contextAt + contextSize + 1;
    buffer.set(record.body, bodyAt);
    buffer[bodyAt + record.body.length] = 0x0a;
  }
  return contextSize;
}

/** Reads a record's first line; `undefined` where there is none. The context is not checked. */
export function decodeLine(octets: Buffer, at: number, tag: string): RecordLine | undefined {
  const text = octets.toString('latin1', at, at + lineSize);
  if (!text.startsWith(recordStart(tag))) return undefined;
  const found = linePattern.exec(text);
  if (found === null) return undefined;
  const [, kind, id = '', due = '', priority, contextSize, bodySize, bodyCrc = '', crc = ''] = found;
  return {
    kind: kind as RecordKind,
    id,
    due: due === held ? Number.POSITIVE_INFINITY : Number(due),
    priority: Number(priority),
    contextSize: Number(contextSize),
    bodySize: Number(bodySize),
    bodyCrc: Number.parseInt(bodyCrc, 16),
    crc: Number.parseInt(crc, 16),
  };
}

/** The context's octets of a record that lies whole in the buffer; `undefined` when the CRC does not match. */
export function checkedContext(octets: Buffer, at: number, line: RecordLine): Buffer | undefined {
  const context = octets.subarray(at + lineSize, at + lineSize + line.contextSize);
  const crc = crc32(context, crc32(octets.subarray(at, at + crcAt)));
  return crc === line.crc && context.length === line.contextSize ? context : undefined;
}

function digits(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

function hexadecimal(value: number): string {
  return value.toString(16).padStart(8, '0');
}
