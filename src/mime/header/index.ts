/** Header fields and their typed parsers. */
export {
  type AddressDefect,
  type AddressList,
  type HeaderAddress,
  type HeaderGroup,
  type HeaderMailbox,
  mailboxes,
} from './address.ts';
export { parseAddressList } from './address-list.ts';
export { type AuthorDomain, authorDomain } from './author-domain.ts';
export { isAutomatic } from './automatic.ts';
export {
  type ContentDisposition,
  type ContentType,
  parseContentDisposition,
  parseContentType,
} from './content.ts';
export { type DateDefect, formatDate, type MailDate, parseDate } from './date.ts';
export { type HeaderDefect, HeaderField, HeaderFields, type HeaderLimits } from './fields.ts';
export { type ListId, parseListId, parseListUris, type Unsubscribe, unsubscribeWays } from './list.ts';
export { parseMessageIds } from './message-id.ts';
export type { Parameter, ParameterDefect, Parameters } from './parameters.ts';
export { parseReceived, type Received } from './received.ts';
export { parseAuthservId, parseMimeVersion, parseToken, type TokenValue } from './token.ts';
export { decodeEncodedWords } from './words.ts';
