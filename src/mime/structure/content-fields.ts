/**
 * What the scanner must know of a header section at once: the media type with its boundary, the
 * transfer encoding and the disposition. It is read straight from the octets, since most fields of
 * most mail are never asked for.
 */
import { contentTypeOf } from './content-type-cache.ts';
import type { Defects } from './defect.ts';
import type { ScannedPart } from './part.ts';

const LF = 10;
const CR = 13;
const TAB = 9;
const SPACE = 32;
const COLON = 58;
const C = 99;
const HYPHEN = 45;

/** What a section says; the same for each part of most mail, such as `Content-Type: text/plain`. */
type ContentFields = Pick<ScannedPart, 'type' | 'subtype' | 'encoding' | 'typeValue' | 'dispositionValue'> & {
  readonly typed: boolean;
};

const sections = new Map<string, ContentFields>();
/** Sections come from the peer: the cache starts anew rather than grow, and long ones stay out of it. */
const mostSections = 200;
const longestSection = 200;

/**
 * Reads Content-Type, Content-Disposition and Content-Transfer-Encoding into the part.
 *
 * @param text - the section as latin1
 * @param lines - where its lines begin that {@link mayBeContentField}; `null`: they are still to be found
 * @returns whether a Content-Type field was there
 */
export function readContentFields(
  part: ScannedPart,
  text: string,
  lines: readonly number[] | null,
  defects: Defects,
): boolean {
  const known = text.length <= longestSection ? sections.get(text) : undefined;
  if (known === undefined) return readSection(part, text, lines ?? contentLines(text), defects);
  part.type = known.type;
  part.subtype = known.subtype;
  part.encoding = known.encoding;
  part.typeValue = known.typeValue;
  part.dispositionValue = known.dispositionValue;
  return known.typed;
}

/** Whether a line may be one of these fields, by its first and its eighth octet: `c`, `-`. */
export function mayBeContentField(first: number, eighth: number): boolean {
  return (first | 32) === C && eighth === HYPHEN;
}

function contentLines(text: string): number[] {
  const lines: number[] = [];
  for (let line = 0; line < text.length; line = lineAfter(text, line)) {
    if (mayBeContentField(text.charCodeAt(line), text.charCodeAt(line + 7))) lines.push(line);
  }
  return lines;
}

function readSection(part: ScannedPart, text: string, lines: readonly number[], defects: Defects): boolean {
  const faults = defects.count;
  const typed = readFields(part, text, lines, defects);
  // Boundaries are new with each message, and a defect has an offset of its own.
  if (text.length <= longestSection && part.type !== 'multipart' && defects.count === faults) {
    if (sections.size === mostSections) sections.clear();
    const { type, subtype, encoding, typeValue, dispositionValue } = part;
    sections.set(text, { type, subtype, encoding, typeValue, dispositionValue, typed });
  }
  return typed;
}

function readFields(part: ScannedPart, text: string, lines: readonly number[], defects: Defects): boolean {
  let typed = false;
  let encoded = false;
  for (const line of lines) {
    let value = valueStart(text, line, 'content-type');
    if (value !== -1) {
      if (typed) {
        defects.add('duplicate-field', part.headerStart + line);
        continue;
      }
      typed = true;
      part.typeValue = fieldValue(text, value);
      readType(part, part.typeValue);
      continue;
    }
    value = valueStart(text, line, 'content-disposition');
    if (value !== -1) {
      part.dispositionValue ??= fieldValue(text, value);
      continue;
    }
    value = valueStart(text, line, 'content-transfer-encoding');
    if (value === -1) continue;
    if (encoded) {
      defects.add('duplicate-field', part.headerStart + line);
      continue;
    }
    encoded = true;
    part.encoding = token(fieldValue(text, value)) || '7bit';
  }
  return typed;
}

function readType(part: ScannedPart, value: string): void {
  if (startsWith(value, 0, 'multipart/')) {
    const semicolon = value.indexOf(';');
    const boundary = semicolon === -1 ? null : simpleBoundary(value, semicolon);
    const subtypeEnd = semicolon === -1 ? value.length : semicolon;
    if (boundary !== null && isToken(value, 10, subtypeEnd)) {
      part.type = 'multipart';
      part.subtype = value.slice(10, subtypeEnd).toLowerCase();
      part.boundary = boundary;
      return;
    }
  }
  const { type, subtype, parameters } = contentTypeOf(value);
  if (type === 'multipart') {
    part.type = type;
    part.subtype = subtype || 'mixed';
    part.boundary = parameters.get('boundary') ?? null;
  } else if (type !== '' && subtype !== '') {
    // RFC 2045 §5.2: text/plain stands for what is not a media type.
    part.type = type;
    part.subtype = subtype;
  }
}

/** The boundary where it is the only parameter and plainly quoted or a plain token, as mostly. */
function simpleBoundary(value: string, semicolon: number): string | null {
  let at = semicolon + 1;
  while (isBlank(value.charCodeAt(at))) at++;
  if (!startsWith(value, at, 'boundary=')) return null;
  at += 9;
  if (value.charCodeAt(at) === 34) {
    const quote = value.indexOf('"', at + 1);
    if (quote !== value.length - 1 || value.includes('\\')) return null;
    return value.slice(at + 1, quote);
  }
  return isToken(value, at, value.length) ? value.slice(at) : null;
}

/** Where the value of field `key` begins when the line at `line` is that field; -1 otherwise. */
function valueStart(text: string, line: number, key: string): number {
  if (!startsWith(text, line, key)) return -1;
  let at = line + key.length;
  while (isBlank(text.charCodeAt(at))) at++;
  return text.charCodeAt(at) === COLON ? at + 1 : -1;
}

/** The value from `start` to the end of its field, unfolded (RFC 5322 §2.2.3) and trimmed. */
function fieldValue(text: string, start: number): string {
  let end = lineAfter(text, start);
  if (!isBlank(text.charCodeAt(end))) return text.slice(start, end).trim();
  let value = text.slice(start, end).trimEnd();
  while (isBlank(text.charCodeAt(end))) {
    const next = lineAfter(text, end);
    value += withoutLineEnd(text, end, next);
    end = next;
  }
  return value.trim();
}

function withoutLineEnd(text: string, start: number, end: number): string {
  let last = end;
  if (last > start && text.charCodeAt(last - 1) === LF) last--;
  if (last > start && text.charCodeAt(last - 1) === CR) last--;
  return text.slice(start, last);
}

function lineAfter(text: string, from: number): number {
  const feed = text.indexOf('\n', from);
  return feed === -1 ? text.length : feed + 1;
}

/** The first token of a value, lower case: `base64 (comment)` gives `base64`. */
function token(value: string): string {
  let end = 0;
  while (end < value.length && isTokenCode(value.charCodeAt(end))) end++;
  return value.slice(0, end).toLowerCase();
}

function startsWith(text: string, at: number, key: string): boolean {
  for (let i = 0; i < key.length; i++) {
    const code = text.charCodeAt(at + i);
    if (code !== key.charCodeAt(i) && (code < 65 || code > 90 || code + 32 !== key.charCodeAt(i)))
      return false;
  }
  return true;
}

function isToken(text: string, start: number, end: number): boolean {
  if (start >= end) return false;
  for (let i = start; i < end; i++) if (!isTokenCode(text.charCodeAt(i))) return false;
  return true;
}

/** RFC 2045 §5.1: printable US-ASCII without space and tspecials. */
function isTokenCode(code: number): boolean {
  return tokenCodes[code] === 1;
}

const tokenCodes = new Uint8Array(256);
for (let code = 33; code < 127; code++) tokenCodes[code] = 1;
for (const special of '()<>@,;:\\"/[]?=') tokenCodes[special.charCodeAt(0)] = 0;

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}
