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
export { type AddressInput, formatAddress, type MailboxInput } from './build/address.ts';
export { type ComposeOptions, composeMessage, type MessageInput } from './build/compose.ts';
export { ComposedMessage } from './build/composed.ts';
export { encodeWords } from './build/encoded-words.ts';
export { type FieldInput, type FieldValue, formatField } from './build/field.ts';
export { ComposeMisuse, type ComposeMisuseCode } from './build/misuse.ts';
export { formatParameters } from './build/parameters.ts';
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
} from './build/part.ts';
export { type CharsetDecoder, charsetDecoder, decodeCharset } from './charset/decoder.ts';
export { guessCharset } from './charset/guess.ts';
export { type Addition, addToTexts } from './edit/footer.ts';
export { editHeader, type HeaderEdit, type NewField } from './edit/header.ts';
export { type SevenBit, type SevenBitFault, toSevenBit } from './edit/seven-bit.ts';
export { joinPieces, type Splice, type Spliced, spliceMessage } from './edit/splice.ts';
export {
  type AddressDefect,
  type AddressList,
  type HeaderAddress,
  type HeaderGroup,
  type HeaderMailbox,
  mailboxes,
} from './header/address.ts';
export { parseAddressList } from './header/address-list.ts';
export { type AuthorDomain, authorDomain } from './header/author-domain.ts';
export { isAutomatic } from './header/automatic.ts';
export {
  type ContentDisposition,
  type ContentType,
  parseContentDisposition,
  parseContentType,
} from './header/content.ts';
export { formatDate, parseDate } from './header/date.ts';
export { type HeaderDefect, HeaderField, HeaderFields, type HeaderLimits } from './header/fields.ts';
export { type ListId, parseListId, parseListUris, type Unsubscribe, unsubscribeWays } from './header/list.ts';
export type { DateDefect, MailDate } from './header/mail-date.ts';
export { parseMessageIds } from './header/message-id.ts';
export type { Parameter, ParameterDefect, Parameters } from './header/parameters.ts';
export { parseReceived, type Received } from './header/received.ts';
export { parseAuthservId, parseMimeVersion, parseToken, type TokenValue } from './header/token.ts';
export { decodeEncodedWords } from './header/words.ts';
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
export { readEml, writeEml } from './mbox/eml.ts';
export { LineEnds } from './mbox/line-ends.ts';
export { type MboxMessage, type ReadMboxOptions, readMbox, writeMbox } from './mbox/mbox.ts';
export { type MboxEvent, type MboxFormat, type MboxOptions, MboxReader } from './mbox/mbox-reader.ts';
export { type MboxEnvelope, MboxWriter } from './mbox/mbox-writer.ts';
export { type JoinedPartials, joinPartials } from './mbox/partial.ts';
export { type Message, parseMessage } from './message.ts';
export type { MailAddress, MailAddresses, MailAttachment, ParsedMail } from './parsed/mail.ts';
export { type ParsedMailResult, type ParseMailLimits, parseMail } from './parsed/parse-mail.ts';
export type { MimeDefect } from './structure/defect.ts';
export { defaultMimeLimits, type MimeLimits } from './structure/limits.ts';
export type { MimeObserver, MimeScanOptions } from './structure/observer.ts';
export type { MimePart, Span } from './structure/part.ts';
export { scanMime } from './structure/scan.ts';
export { MimeScanner, type MimeStructure } from './structure/scanner.ts';
export {
  type SubmissionContext,
  type SubmissionFixes,
  type SubmissionProblem,
  submissionFixes,
} from './submission/fixes.ts';
export { formatReceived, type ReceivedInput } from './submission/received.ts';
export { decodeEntities } from './text/entities.ts';
export { flow } from './text/flow.ts';
export { type HtmlToTextOptions, htmlToText } from './text/html-to-text.ts';
export {
  type HtmlSanitizer,
  loadHtmlSanitizer,
  type SanitizedHtml,
  type SanitizeOptions,
  SanitizerMissing,
} from './text/sanitize.ts';
export { snippet } from './text/snippet.ts';
export { escapeHtml, textToHtml } from './text/text-to-html.ts';
export { type BaseSubject, baseSubject } from './thread/base-subject.ts';
export { type ThreadMessage, threadMessage } from './thread/message.ts';
export { orderedSubject } from './thread/ordered-subject.ts';
export { threadByReferences } from './thread/references.ts';
export { type Thread, walkThreads } from './thread/thread.ts';
export { ThreadIndex } from './thread/thread-index.ts';
