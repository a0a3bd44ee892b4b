/**
 * Base64 as RFC 4648 §4 has it, strictly: for lines of a protocol, where two spellings of one value
 * would be two ways past a check. Mail bodies are decoded elsewhere, and more kindly.
 */
import { Buffer } from 'node:buffer';

/**
 * Decodes base64 text, or gives `null` where it is not the one spelling of its octets.
 *
 * Letters outside the alphabet (also line ends, spaces and the URL alphabet), missing or surplus
 * padding, and bits left over after the last octet are all refused (RFC 4648 §3.2, §3.3, §3.5).
 * Cost and result are linear in `text`, whose length the caller has bounded. The empty text gives
 * no octets.
 *
 * @example
 * ```ts
 * import { decodeBase64 } from 'mailwright/bytes';
 *
 * decodeBase64('Zm9v'); // the octets of "foo"
 * decodeBase64('Zm9'); // null: padding is missing
 * decodeBase64('Zh=='); // null: "Zg==" is how that octet is spelled
 * ```
 */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | null {
  if (text.length % 4 !== 0) return null;
  const buffer = Buffer.from(text, 'base64');
  // Node's decoder forgives; what it made of other spellings does not encode back to them.
  if (buffer.toString('base64') !== text) return null;
  return new Uint8Array(buffer);
}

/**
 * Encodes octets, or the UTF-8 octets of a text, as base64 with padding and without line ends
 * (RFC 4648 §4).
 *
 * @example
 * ```ts
 * import { encodeBase64 } from 'mailwright/bytes';
 *
 * encodeBase64('foo'); // 'Zm9v'
 * ```
 */
export function encodeBase64(data: Uint8Array | string): string {
  return typeof data === 'string'
    ? Buffer.from(data, 'utf8').toString('base64')
    : Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');
}
