import { Buffer } from 'node:buffer';
import { crc32 } from 'node:zlib';
import { SpoolError } from '../error.ts';
import { type Files, readAll } from './files.ts';
import { checkedContext, decodeLine, lineSize, type RecordLine, recordSize, recordStart } from './record.ts';
import { formatVersion, type Segment } from './segment.ts';

/** What stands in a segment, in its order. */
export type Scanned =
  | { readonly kind: 'record'; readonly at: number; readonly line: RecordLine; readonly context: Buffer }
  | {
      readonly kind: 'torn-tail' | 'corrupt-record';
      readonly at: number;
      readonly octets: number;
      readonly id?: string;
    };

/** The octets of a segment's file. */
export async function readSegment(files: Files, segment: Segment): Promise<Buffer> {
  const file = await files.open(segment.path, 'read');
  try {
    const octets = Buffer.allocUnsafe(await file.size());
    return octets.subarray(0, await readAll(file, octets, 0));
  } finally {
    await file.close();
  }
}

/**
 * The records of a segment, every CRC checked, and what lies between them.
 *
 * Where a record should be and is none, the next one is looked for by the segment's tag. Linear in the
 * size of the segment.
 *
 * @throws SpoolError `SPOOL_FORMAT` when the segment says that it is of another version
 */
export function* scanSegment(octets: Buffer, segment: Segment): Generator<Scanned> {
  const start = recordStart(segment.tag);
  let at = titleSize(octets, segment);
  while (at < octets.length) {
    const line = decodeLine(octets, at, segment.tag);
    const context = line && checkedContext(octets, at, line);
    if (line === undefined || context === undefined) {
      // One octet on: what stands here begins like a record, and is none.
      const next = octets.indexOf(start, at + 1, 'latin1');
      const end = next === -1 ? octets.length : next;
      if (next === -1) {
        const octetsLeft = lengthWithoutZeros(octets.subarray(at));
        if (octetsLeft > 0) yield { kind: 'torn-tail', at, octets: octetsLeft };
      } else {
        yield { kind: 'corrupt-record', at, octets: next - at };
      }
      at = end;
      continue;
    }
    const size = recordSize(line.kind, line.contextSize, line.bodySize);
    const bodyAt = at + lineSize + line.contextSize + 1;
    const whole = at + size <= octets.length;
    const sound =
      whole &&
      (line.kind !== 'mail' || crc32(octets.subarray(bodyAt, bodyAt + line.bodySize)) === line.bodyCrc);
    if (sound) {
      yield { kind: 'record', at, line, context };
      at += size;
      continue;
    }
    // The line is sound and the body is not. Its size may reach over records that were written after a lost write.
    const next = octets.indexOf(start, at + lineSize, 'latin1');
    const end = next === -1 ? octets.length : next;
    yield {
      kind: next === -1 ? 'torn-tail' : 'corrupt-record',
      at,
      octets: lengthWithoutZeros(octets.subarray(at, end)),
      id: line.id,
    };
    at = end;
  }
}

/** Octets of the first line; 0 where it is missing or damaged: then the records are found by their tag. */
function titleSize(octets: Buffer, segment: Segment): number {
  const title = segment.title;
  const text = octets.toString('latin1', 0, title.length);
  if (text === title) return title.length;
  const version = /^mailwright spool journal, format (\d{1,9}),/.exec(text)?.[1];
  if (version !== undefined && Number(version) !== formatVersion) {
    throw new SpoolError(
      'SPOOL_FORMAT',
      `${segment.path} has format ${version}; this version of mailwright reads format ${formatVersion}`,
    );
  }
  return 0;
}

function lengthWithoutZeros(octets: Buffer): number {
  const step = Buffer.alloc(65_536);
  let end = octets.length;
  while (end > 0) {
    const from = Math.max(0, end - step.length);
    if (!octets.subarray(from, end).equals(step.subarray(0, end - from))) break;
    end = from;
  }
  while (end > 0 && octets[end - 1] === 0) end--;
  return end;
}
