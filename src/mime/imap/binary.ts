/** `BINARY[part]<partial>` and `BINARY.SIZE[part]` (RFC 3516 §4.2, §4.3): bodies without their encoding. */
import type { Bytes } from '../../machine/index.ts';
import { decodeTransfer } from '../body/transfer.ts';
import type { MimePart } from '../structure/part.ts';
import { type OctetRange, partAt } from './section.ts';

/** Decoded octets, or why there are none. */
export type BinaryContent =
  | { readonly kind: 'octets'; readonly octets: Bytes }
  | { readonly kind: 'no-part' }
  /** To be answered `NO [UNKNOWN-CTE]` (RFC 3516 §4.3). */
  | { readonly kind: 'unknown-encoding' };

/**
 * The decoded body of a part. A multipart or message is given as it stands (RFC 3516 §4.2); the empty
 * number means the whole message.
 *
 * What is faulty in a body's encoding is decoded as far as it goes.
 *
 * @example
 * ```ts
 * import { binaryContent, scanMime } from 'mailwright/mime';
 *
 * const message = new TextEncoder().encode('Content-Transfer-Encoding: base64\r\n\r\nSGVsbG8=\r\n');
 * binaryContent(message, scanMime(message).root, [1]); // { kind: 'octets', octets: "Hello" }
 * ```
 */
export function binaryContent(
  message: Bytes,
  root: MimePart,
  number: readonly number[],
  range?: OctetRange,
): BinaryContent {
  const part = partAt(root, number);
  if (part === null) return { kind: 'no-part' };
  const body = message.subarray(number.length === 0 ? part.headerStart : part.bodyStart, part.bodyEnd);
  const isEncoded = number.length > 0 && part.kind === 'leaf' && part.type !== 'multipart';
  const { octets, faults } = isEncoded ? decodeTransfer(body, part.encoding) : { octets: body, faults: none };
  if (faults.has('unknown-encoding')) return { kind: 'unknown-encoding' };
  return {
    kind: 'octets',
    octets: range === undefined ? octets : octets.subarray(range.start, range.start + range.length),
  };
}

const none: ReadonlySet<string> = new Set();
