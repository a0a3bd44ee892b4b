import { Buffer, isUtf8 } from 'node:buffer';

/**
 * The text of UTF-8 octets, or `null` where they are not well-formed UTF-8 (RFC 3629 §3).
 *
 * Unlike `TextDecoder` it keeps a byte order mark, throws nothing, and loses nothing: encoding the
 * text gives the same octets.
 */
export function decodeUtf8(data: Uint8Array): string | null {
  return isUtf8(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8') : null;
}
