/** Content-Transfer-Encoding (RFC 2045 §6), in chunks and in memory. */
import {
  Base64BodyDecoder,
  type DecodeFault,
  decodeBase64Body,
  decodeQuotedPrintable,
  type OctetDecoder,
  QuotedPrintableDecoder,
  UuDecoder,
  YencDecoder,
} from '../../bytes/index.ts';
import type { Bytes } from '../../machine/index.ts';

/** A body without its transfer encoding. */
export interface DecodedBody {
  readonly octets: Bytes;
  /** Each kind of fault met, once. */
  readonly faults: ReadonlySet<DecodeFault>;
}

const none: ReadonlySet<DecodeFault> = new Set();
const nothing = new Uint8Array(0);
const unknown: ReadonlySet<DecodeFault> = new Set(['unknown-encoding']);

/** `7bit`, `8bit`, `binary`, and what nobody knows: octets stay as they are (RFC 2045 §6.2, §6.4). */
class UnencodedBody implements OctetDecoder {
  readonly faults: ReadonlySet<DecodeFault>;

  constructor(faults: ReadonlySet<DecodeFault>) {
    this.faults = faults;
  }

  push(chunk: Bytes): Bytes {
    return chunk;
  }

  end(): Bytes {
    return nothing;
  }
}

/** Whether a body in this encoding lies in the message as it is (RFC 2045 §6.2). */
export function isUnencoded(encoding: string): boolean {
  return encoding === '7bit' || encoding === '8bit' || encoding === 'binary';
}

/**
 * A streaming decoder for a transfer encoding.
 *
 * @param encoding - in lower case, as in `MimePart.encoding`; besides those of RFC 2045 §6.1 the names
 * that uuencode and yEnc go by are known
 *
 * @example
 * ```ts
 * import { transferDecoder } from 'mailwright/mime';
 *
 * const decoder = transferDecoder('base64');
 * decoder.push(new TextEncoder().encode('SGVsbG8=')); // the octets of "Hello"
 * ```
 */
export function transferDecoder(encoding: string): OctetDecoder {
  if (isUnencoded(encoding)) return new UnencodedBody(none);
  switch (encoding) {
    case 'base64':
      return new Base64BodyDecoder();
    case 'quoted-printable':
      return new QuotedPrintableDecoder();
    case 'x-uuencode':
    case 'x-uue':
    case 'uuencode':
      return new UuDecoder();
    case 'x-yencode':
    case 'x-yenc':
      return new YencDecoder();
    default:
      return new UnencodedBody(unknown);
  }
}

/**
 * Decodes a body that is in memory. The octets are a view of `body` where nothing is encoded.
 *
 * @example
 * ```ts
 * import { decodeTransfer } from 'mailwright/mime';
 *
 * decodeTransfer(new TextEncoder().encode('caf=C3=A9'), 'quoted-printable').octets; // "café" in UTF-8
 * ```
 */
export function decodeTransfer(body: Bytes, encoding: string): DecodedBody {
  if (isUnencoded(encoding)) return { octets: body, faults: none };
  if (encoding === 'base64') return decodeBase64Body(body);
  if (encoding === 'quoted-printable') return decodeQuotedPrintable(body);
  const decoder = transferDecoder(encoding);
  const octets = decoder.push(body);
  const rest = decoder.end();
  if (rest.length === 0) return { octets, faults: decoder.faults };
  const all = new Uint8Array(octets.length + rest.length);
  all.set(octets);
  all.set(rest, octets.length);
  return { octets: all, faults: decoder.faults };
}
