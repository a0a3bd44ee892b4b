/** Composing messages. */
export { type AddressInput, formatAddress, type MailboxInput } from './address.ts';
export { type ComposeOptions, composeMessage, type MessageInput } from './compose.ts';
export { ComposedMessage } from './composed.ts';
export { encodeWords } from './encoded-words.ts';
export { type FieldInput, type FieldValue, formatField } from './field.ts';
export { ComposeMisuse, type ComposeMisuseCode } from './misuse.ts';
export { formatParameters } from './parameters.ts';
export {
  alternative,
  type FilePart,
  htmlPart,
  type MessagePart,
  type MultipartPart,
  mixed,
  type PartFields,
  type PartInput,
  related,
  report,
  type StreamedContent,
  type TextPart,
  textPart,
} from './part.ts';
