/**
 * Messages: header fields, structure, bodies, composing, threads and text.
 *
 * @module mime
 */
export { type BodyParts, chooseBodyParts, declaredFileName } from './body/choose.ts';
export { PartExtractor } from './body/extract.ts';
export { safeFileName } from './body/file-name.ts';
export { type MessageFile, partContentId, partFileName } from './body/files.ts';
export { unflow } from './body/flowed.ts';
export { decodeInlineFile, findInlineFiles, type InlineFile } from './body/inline-files.ts';
export { flowedText, type PartText, partText } from './body/text.ts';
export { type DecodedBody, decodeTransfer, transferDecoder } from './body/transfer.ts';
export * from './build/index.ts';
export * from './charset/index.ts';
export { type Addition, addToTexts } from './edit/footer.ts';
export { editHeader, type HeaderEdit, type NewField } from './edit/header.ts';
export { joinPieces, type Splice, type Spliced, spliceMessage } from './edit/splice.ts';
export * from './header/index.ts';
export { type BinaryContent, binaryContent } from './imap/binary.ts';
export {
  type BodyStructure,
  bodyStructureOf,
  type MultipartStructure,
  type SinglePartStructure,
} from './imap/body-structure.ts';
export { type Envelope, type EnvelopeAddress, envelopeOf } from './imap/envelope.ts';
export {
  type JmapBody,
  type JmapBodyPart,
  type JmapBodyValue,
  jmapBody,
  jmapBodyValue,
} from './imap/jmap.ts';
export { previewOf } from './imap/preview.ts';
export {
  type OctetRange,
  parseSection,
  partAt,
  type Section,
  sectionOctets,
  sectionSpan,
} from './imap/section.ts';
export * from './mbox/index.ts';
export { type Message, parseMessage } from './message.ts';
export * from './parsed/index.ts';
export type { MimeDefect } from './structure/defect.ts';
export { defaultMimeLimits, type MimeLimits } from './structure/limits.ts';
export type { MimeObserver, MimeScanOptions } from './structure/observer.ts';
export type { MimePart, Span } from './structure/part.ts';
export {
  MimeScanner,
  type MimeStructure,
  scanMime,
} from './structure/scanner.ts';
export * from './submission/index.ts';
export * from './text/index.ts';
export * from './thread/index.ts';
