/**
 * Scanning, joining and coding of octets.
 *
 * @module bytes
 */
export { decodeBase64, encodeBase64 } from './base64.ts';
export { decodeUtf8 } from './utf8.ts';
