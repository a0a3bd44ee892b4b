/**
 * Scanning, joining and coding of octets.
 *
 * @module bytes
 */
export { decodeBase64, encodeBase64 } from './base64.ts';
export { latin1Text, utf8Text } from './octet-text.ts';
export { decodeUtf8 } from './utf8.ts';
