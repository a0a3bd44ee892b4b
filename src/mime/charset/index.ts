/** Character sets. */
export { type CharsetDecoder, charsetDecoder, decodeCharset } from './decoder.ts';
export { guessCharset } from './guess.ts';
