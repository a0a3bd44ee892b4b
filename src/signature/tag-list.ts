/** The lists of tags that signatures and keys are written in (RFC 6376 §3.2). */
import { Buffer } from 'node:buffer';

/** Tags and their values in their order; white space around a value is gone, that inside it is kept. */
export type TagList = ReadonlyMap<string, string>;

const tagName = /^[A-Za-z][A-Za-z0-9_]*$/;
const base64 = /^[A-Za-z0-9+/ \t\r\n]+(?:=[ \t\r\n]*){0,2}$/;

/**
 * Reads `tag=value; tag=value`.
 *
 *     tag-list = tag-spec *( ";" tag-spec ) [ ";" ]
 *     tag-spec = [FWS] tag-name [FWS] "=" [FWS] tag-value [FWS]
 *
 * @returns `null` where it is no such list; one tag that stands there twice spoils it (RFC 6376 §3.2)
 * @example
 * ```ts
 * import { parseTagList } from 'mailwright/signature';
 *
 * parseTagList('v=DKIM1; k=ed25519; p=11qYAYKx')?.get('k'); // 'ed25519'
 * parseTagList('k=rsa; k=ed25519'); // null
 * ```
 */
export function parseTagList(text: string): TagList | null {
  const tags = new Map<string, string>();
  const end = text.length;
  for (let start = 0; start < end; ) {
    let stop = text.indexOf(';', start);
    if (stop === -1) stop = end;
    const equals = text.indexOf('=', start);
    if (equals === -1 || equals > stop) {
      // Only the end of the list may be empty, after its last semicolon.
      return stop === end && trimFolding(text.slice(start)) === '' && tags.size > 0 ? tags : null;
    }
    const name = trimFolding(text.slice(start, equals));
    if (!tagName.test(name) || tags.has(name)) return null;
    tags.set(name, trimFolding(text.slice(equals + 1, stop)));
    start = stop + 1;
  }
  return tags.size > 0 ? tags : null;
}

/** Without white space and line ends at both ends. */
function trimFolding(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isFolding(text.charCodeAt(start))) start++;
  while (end > start && isFolding(text.charCodeAt(end - 1))) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

/** The items of a list that colons divide: `h=`, `q=`, `s=`, `t=` of keys. */
export function colonList(text: string): string[] {
  const items: string[] = [];
  for (let start = 0; start <= text.length; ) {
    const colon = text.indexOf(':', start);
    const end = colon === -1 ? text.length : colon;
    items.push(trimFolding(text.slice(start, end)));
    start = end + 1;
  }
  return items;
}

/**
 * The octets of a base64 value, within which white space has no meaning (RFC 6376 §2.10).
 *
 * @returns `null` where it is empty or holds something else; padding may be missing
 */
export function base64Octets(text: string): Buffer | null {
  return base64.test(text) ? Buffer.from(text, 'base64') : null;
}

/**
 * A base64 value without its white space, padded: the one way to write its octets.
 *
 * @returns `null` where {@link base64Octets} does
 */
export function base64Letters(text: string): string | null {
  if (!base64.test(text)) return null;
  const letters = text.replace(/[ \t\r\n]+/g, '');
  return letters.padEnd(letters.length + ((4 - (letters.length % 4)) % 4), '=');
}

function isFolding(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d || code === 0x0a;
}
