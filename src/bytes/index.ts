/**
 * Scanning, joining and coding of octets.
 *
 * @module bytes
 */
export { decodeBase64, encodeBase64 } from './base64.ts';
export { Base64BodyDecoder, decodeBase64Body } from './base64-body.ts';
export { Base64BodyEncoder } from './base64-encoder.ts';
export { startsFromLine } from './from-line.ts';
export { findLineAnomaly } from './line-breaks.ts';
export type { DecodeFault, OctetDecoder } from './octet-decoder.ts';
export { bufferOf, latin1Text, utf8Text } from './octet-text.ts';
export { decodeQuotedPrintable, QuotedPrintableDecoder } from './quoted-printable.ts';
export { encodeQuotedPrintable } from './quoted-printable-encoder.ts';
export { decodeUtf8 } from './utf8.ts';
export { isUuBegin, UuDecoder } from './uuencode.ts';
export { YencDecoder, yencValue } from './yenc.ts';
