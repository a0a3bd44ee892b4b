/** A footer or banner in the texts of a message; signed and encrypted parts stay as they are. */
import { Buffer, isAscii } from 'node:buffer';
import { encodeQuotedPrintable } from '../../bytes/index.ts';
import type { Bytes } from '../../machine/index.ts';
import { chooseBodyParts } from '../body/choose.ts';
import { partText } from '../body/text.ts';
import { isUnencoded } from '../body/transfer.ts';
import { encodeText } from '../build/text-encoding.ts';
import type { MimePart } from '../structure/part.ts';
import { editHeader } from './header.ts';
import type { Splice } from './splice.ts';

/** What to add. */
export interface Addition {
  /** For the plain text; a paragraph or more, without line ends around it. */
  readonly text: string;
  /** For the HTML, a fragment of it; what is given here is not checked. */
  readonly html: string;
  /** After the text, which is the default, or before it. */
  readonly at?: 'bottom' | 'top';
}

/**
 * The splices that add a footer or banner to the first plain text and the first HTML of a message.
 *
 * Where the text lies unencoded or in quoted-printable and its charset has the characters, no octet of
 * it changes. Otherwise (base64, another charset) that one part is written anew in UTF-8. Nothing is
 * added within multipart/signed and multipart/encrypted (RFC 1847), nor to PKCS #7 data.
 *
 * @returns no splices where there is no text to add to
 *
 * @example
 * ```ts
 * import { addToTexts, joinPieces, scanMime, spliceMessage } from 'mailwright/mime';
 *
 * const message = new TextEncoder().encode('Subject: x\r\n\r\nHello\r\n');
 * const splices = addToTexts(message, scanMime(message).root, { text: 'A footer', html: '<p>A footer</p>' });
 * joinPieces(spliceMessage(message, splices).pieces); // "... Hello", CRLF, CRLF, "A footer", CRLF
 * ```
 */
export function addToTexts(message: Bytes, root: MimePart, addition: Addition): Splice[] {
  const { text, html } = chooseBodyParts(root);
  const isOpen = (part: MimePart) => !isSealed(part);
  const plain = text.find((part) => part.type === 'text' && part.subtype === 'plain' && isOpen(part));
  const rich = html.find((part) => part.type === 'text' && part.subtype === 'html' && isOpen(part));
  return [
    ...(plain === undefined ? [] : addTo(message, plain, addition.text, addition.at ?? 'bottom')),
    ...(rich === undefined ? [] : addTo(message, rich, addition.html, addition.at ?? 'bottom')),
  ];
}

/** Whether a signature or encryption covers the part. */
function isSealed(part: MimePart): boolean {
  for (let outer = part.parent; outer !== null; outer = outer.parent) {
    if (outer.type === 'multipart' && (outer.subtype === 'signed' || outer.subtype === 'encrypted'))
      return true;
  }
  return false;
}

function addTo(message: Bytes, part: MimePart, added: string, at: 'bottom' | 'top'): Splice[] {
  const body = message.subarray(part.bodyStart, part.bodyEnd);
  const isQuoted = part.encoding === 'quoted-printable';
  if (isQuoted || isUnencoded(part.encoding)) {
    const place = insertionPlace(Buffer.from(body).toString('latin1'), part.subtype === 'html', at);
    const lineEnd = body.includes(10) && !body.includes(13) ? '\n' : '\r\n';
    const octets = inCharset(framed(added, place.before, place.after, lineEnd), part);
    if (octets !== null && (isQuoted || part.encoding !== '7bit' || isAscii(octets))) {
      const start = part.bodyStart + place.at;
      return [{ start, end: start, octets: isQuoted ? encodeQuotedPrintable(octets) : octets }];
    }
  }
  return rewrite(message, part, body, added, at);
}

/** Where the addition goes, and what stands before and after it there. */
interface Place {
  readonly at: number;
  readonly before: string;
  readonly after: string;
}

function insertionPlace(text: string, isHtml: boolean, at: 'bottom' | 'top'): Place {
  let place = at === 'top' ? 0 : text.length;
  if (isHtml) {
    // Tags are searched in a copy of the same length: letters of US-ASCII only change their case.
    const lower = text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
    if (at === 'bottom') {
      const close = lower.lastIndexOf('</body');
      if (close !== -1) place = close;
    } else {
      const open = lower.indexOf('<body');
      const end = open === -1 ? -1 : lower.indexOf('>', open);
      if (end !== -1) place = end + 1;
    }
  }
  return {
    at: place,
    before: text.slice(Math.max(0, place - 4), place),
    after: text.slice(place, place + 4),
  };
}

/** The addition as lines of its own, with an empty line between it and the text. */
function framed(added: string, before: string, after: string, lineEnd: string): string {
  const lines = added.replace(/\r\n|\r|\n/g, lineEnd);
  const above = before === '' ? '' : before.endsWith('\n') ? lineEnd : lineEnd + lineEnd;
  return above + lines + lineEnd + (after === '' ? '' : lineEnd);
}

/** The octets of `text` in the charset of the part; `null` where they are not to be had so simply. */
function inCharset(text: string, part: MimePart): Bytes | null {
  const charset = part.contentType?.parameters.get('charset')?.toLowerCase() ?? 'us-ascii';
  const octets = Buffer.from(text, 'utf8');
  if (charset === 'utf-8' || (isAscii(octets) && asciiCharsets.test(charset))) return octets;
  if (charset !== 'iso-8859-1' || [...text].some((each) => each > '\u00ff')) return null;
  return Buffer.from(text, 'latin1');
}

/** Charsets in which US-ASCII text is US-ASCII octets. */
const asciiCharsets = /^(us-ascii|iso-8859-\d+|windows-125\d|koi8-[ru]|gb2312|gbk|gb18030|euc-(jp|kr))$/;

/** The part in UTF-8 with the addition: its body, Content-Type and Content-Transfer-Encoding. */
function rewrite(message: Bytes, part: MimePart, body: Bytes, added: string, at: 'bottom' | 'top'): Splice[] {
  const { text } = partText(part, body);
  const place = insertionPlace(text, part.subtype === 'html', at);
  const addition = framed(added, place.before, place.after, '\r\n');
  const { encoding, octets } = encodeText(text.slice(0, place.at) + addition + text.slice(place.at), false);
  // Names come from the peer: those that mean something are kept.
  const known = [...(part.contentType?.parameters ?? [])].filter(([name]) => keptParameters.has(name));
  const parameters = { ...Object.fromEntries(known), charset: 'utf-8' };
  const header = editHeader(
    message.subarray(0, part.bodyStart),
    [
      {
        kind: 'replace',
        name: 'Content-Type',
        field: { name: 'Content-Type', value: { value: `${part.type}/${part.subtype}`, parameters } },
      },
      {
        kind: 'replace',
        name: 'Content-Transfer-Encoding',
        field: { name: 'Content-Transfer-Encoding', value: { token: encoding } },
      },
    ],
    part.headerStart,
  );
  return [...header, { start: part.bodyStart, end: part.bodyEnd, octets }];
}

const keptParameters = new Set(['format', 'delsp', 'name']);
