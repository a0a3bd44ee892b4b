/** Composing messages. */
export { type AddressInput, formatAddress, type MailboxInput } from './address.ts';
export { encodeWords } from './encoded-words.ts';
export { type FieldInput, type FieldValue, formatField } from './field.ts';
export { ComposeMisuse, type ComposeMisuseCode } from './misuse.ts';
export { formatParameters } from './parameters.ts';
