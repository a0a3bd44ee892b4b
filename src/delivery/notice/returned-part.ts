/** What a notification gives back of the message that it is about (RFC 3461 §4.3, RFC 6522 §3). */
import { Buffer, isAscii, isUtf8 } from 'node:buffer';
import type { Body, Bytes } from '../../machine/index.ts';
import { HeaderFields, type MessagePart } from '../../mime/index.ts';

/** What was read of a message, as a part; absent where nothing could be. */
export interface Returned {
  readonly part?: MessagePart;
  /** The fields of its header, as far as they were read. */
  readonly fields: HeaderFields;
}

/**
 * Reads the whole message, or its header up to the last field that ends within `limit` octets.
 *
 * A message that can't be read any more gives no part: its sender is told nevertheless.
 */
export async function returned(body: Body, whole: boolean, limit: number): Promise<Returned> {
  const octets = await beginning(body, whole ? body.size : limit).catch(() => new Uint8Array(0));
  const fields = HeaderFields.scan(octets);
  const isCut = fields.end === octets.length && octets.length < body.size;
  const header = octets.subarray(0, isCut ? lastWhole(fields) : fields.end);
  const given = whole ? octets : header;
  if (given.length === 0) return { fields };
  return { fields, part: { kind: 'message', octets: given, type: typeOf(header, whole) } };
}

/** Where the last field ends that a cut left whole: more might follow the one that ends with the octets. */
function lastWhole(fields: HeaderFields): number {
  const last = [...fields].at(-1);
  if (last === undefined) return 0;
  return last.end < fields.end ? last.end : last.start;
}

/** RFC 6522 §4; RFC 6532 §3.7 and RFC 6533 §4 where there is UTF-8 in the header. */
function typeOf(header: Bytes, whole: boolean): string {
  const isGlobal = !isAscii(header) && isUtf8(header);
  if (whole) return isGlobal ? 'message/global' : 'message/rfc822';
  return isGlobal ? 'message/global-headers' : 'text/rfc822-headers';
}

/** The first octets of a body; no more of it is read than the chunk that they end in. */
async function beginning(body: Body, most: number): Promise<Bytes> {
  const chunks: Bytes[] = [];
  let size = 0;
  for await (const chunk of body.open()) {
    chunks.push(Buffer.from(chunk.subarray(0, most - size)));
    size += chunk.length;
    if (size >= most) break;
  }
  return Buffer.concat(chunks);
}
