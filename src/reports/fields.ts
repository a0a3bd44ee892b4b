/** Fields of machine-readable parts: like header fields, in groups between empty lines (RFC 3464 §2.1, RFC 5965 §3). */
import { Buffer } from 'node:buffer';
import type { Bytes } from '../machine/index.ts';
import { HeaderFields, parseDate } from '../mime/index.ts';

/** Groups of one part; a notification has one for each recipient. */
const mostGroups = 1000;

/** The groups of fields in a part; empty ones are passed over. */
export function fieldGroups(octets: Bytes): HeaderFields[] {
  const groups: HeaderFields[] = [];
  let rest = octets;
  while (rest.length > 0 && groups.length < mostGroups) {
    const group = HeaderFields.scan(rest);
    if (group.length > 0) groups.push(group);
    // A scan that gets nowhere has met its own bound.
    if (group.bodyStart === 0) break;
    rest = rest.subarray(group.bodyStart);
  }
  return groups;
}

/** A field's value; `undefined` where there is none or it is empty. */
export function textOf(fields: HeaderFields, key: string): string | undefined {
  const value = fields.get(key)?.value;
  return value === '' ? undefined : value;
}

/** The values of all fields of that name. */
export function textsOf(fields: HeaderFields, key: string): string[] {
  return fields.all(key).map(({ value }) => value);
}

/** A date in milliseconds since 1970. */
export function timeOf(fields: HeaderFields, key: string): number | undefined {
  const value = textOf(fields, key);
  return value === undefined ? undefined : parseDate(value)?.time;
}

/** The address in a path, without its angle brackets; empty for the null path. */
export function pathOf(value: string): string {
  const text = value.trim();
  return text.startsWith('<') && text.endsWith('>') ? text.slice(1, -1).trim() : text;
}

/** `type; text` (RFC 3464 §2.1.2): both trimmed, the type in lower case and empty where it is missing. */
export interface TypedText {
  readonly type: string;
  readonly text: string;
}

/** Reads `type; text`. */
export function typedText(value: string): TypedText {
  const semicolon = value.indexOf(';');
  return {
    type: value.slice(0, Math.max(semicolon, 0)).trim().toLowerCase(),
    text: value.slice(semicolon + 1).trim(),
  };
}

/** Octets of base64 in a folded field. */
export function base64Of(value: string): Bytes {
  return Buffer.from(value, 'base64');
}
