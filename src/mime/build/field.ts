/**
 * Header fields to be written. A value is never raw text: each kind has a writer that quotes, encodes
 * or refuses, so nothing a host passes on can begin a field of its own.
 */
import { formatDate } from '../header/date.ts';
import { type AddressInput, listChunks } from './address.ts';
import { oneLine, textChunks } from './encoded-words.ts';
import { ComposeMisuse } from './misuse.ts';
import { parameterChunks } from './parameters.ts';

/** The value of a header field, by its kind. */
export type FieldValue =
  /** Text for people, such as Subject; encoded where it needs it (RFC 5322 §3.2.5). */
  | { readonly text: string }
  /** A list of mailboxes and groups (RFC 5322 §3.4). */
  | { readonly addresses: readonly AddressInput[] }
  /** Message identifiers, without their angle brackets (RFC 5322 §3.6.4). */
  | { readonly ids: readonly string[] }
  /** A moment in milliseconds since 1970, with a zone in minutes east of UTC (RFC 5322 §3.3). */
  | { readonly date: number; readonly offset?: number }
  /** A value with parameters, such as Content-Type (RFC 2045 §5.1). */
  | { readonly value: string; readonly parameters?: Readonly<Record<string, string>> }
  /** URIs in angle brackets, such as List-Unsubscribe (RFC 2369 §2). */
  | { readonly uris: readonly string[] }
  /** A word or words of US-ASCII that mean the same to programs everywhere: `auto-replied`, `1.0`. */
  | { readonly token: string };

/** A header field to be written. */
export interface FieldInput {
  readonly name: string;
  readonly value: FieldValue;
}

const foldAt = 78;

/** RFC 5322 §2.2: printable US-ASCII without the colon; short enough that a value finds room. */
const fieldName = /^[!-9;-~]{1,76}$/;

/**
 * Writes a header field with its line end, folded at 78 characters where it can be (RFC 5322 §2.1.1).
 *
 * @param utf8 - the receiver takes UTF-8 in header fields (RFC 6532)
 * @throws ComposeMisuse when a name, address, identifier, URI or parameter is none
 *
 * @example
 * ```ts
 * import { formatField } from 'mailwright/mime';
 *
 * formatField({ name: 'Subject', value: { text: 'Hello\r\nBcc: all@example.com' } });
 * // 'Subject: Hello Bcc: all@example.com\r\n'
 * ```
 */
export function formatField({ name, value }: FieldInput, utf8 = false): string {
  if (!fieldName.test(name)) throw new ComposeMisuse('FIELD_NAME', `not a name: ${JSON.stringify(name)}`);
  let text = `${name}:`;
  let column = text.length;
  for (const [index, chunk] of valueChunks(value, utf8).entries()) {
    const piece = index === 0 ? ` ${chunk}` : chunk;
    if (column + piece.length > foldAt && index > 0) {
      text += '\r\n';
      column = 0;
    }
    text += piece;
    column += piece.length;
  }
  return `${text}\r\n`;
}

function valueChunks(value: FieldValue, utf8: boolean): string[] {
  if ('text' in value) return textChunks(value.text, utf8);
  if ('addresses' in value) return listChunks(value.addresses, utf8);
  if ('ids' in value) return spaced(value.ids.map((id) => `<${checkedId(id)}>`));
  if ('date' in value) return [formatDate(value.date, value.offset)];
  if ('uris' in value) return spaced(value.uris.map(checkedUri).join(', ').split(' '));
  if ('token' in value) return textChunks(checkedToken(value.token), false);
  return parameterChunks(value.value, Object.entries(value.parameters ?? {}));
}

function spaced(words: readonly string[]): string[] {
  return words.map((word, index) => (index === 0 ? word : ` ${word}`));
}

/** A message identifier in the form that all software reads: `left@right` (RFC 5322 §3.6.4). */
export function checkedId(id: string): string {
  if (!/^[!-;=?A-~]{1,450}@[!-;=?A-~]{1,450}$/.test(id)) {
    throw new ComposeMisuse('MESSAGE_ID', `not an identifier: ${JSON.stringify(id.slice(0, 100))}`);
  }
  return id;
}

function checkedUri(uri: string): string {
  if (!/^[a-z][a-z0-9+.-]*:[!-;=?-~]{1,900}$/i.test(uri)) {
    throw new ComposeMisuse('URI', `not a URI: ${JSON.stringify(uri.slice(0, 100))}`);
  }
  return `<${uri}>`;
}

function checkedToken(text: string): string {
  if (!/^[\x20-\x7e]{0,900}$/.test(text)) {
    throw new ComposeMisuse('TOKEN', `not a token: ${JSON.stringify(oneLine(text.slice(0, 100)))}`);
  }
  return text;
}
