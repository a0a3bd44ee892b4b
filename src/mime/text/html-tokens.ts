/**
 * HTML as a flat run of tokens, in one pass and without a tree: what never closes reaches to the end and is
 * looked for once. It is for measuring and for taking text out, not for display.
 */

/** Names of tags in lower case; text and attributes as written, with their entities. */
export type HtmlToken =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'open' | 'close'; readonly name: string; readonly attributes: string };

/** Elements whose content is no text for people, and that only their closing tag ends (HTML §13.1.2). */
const silent = new Set(['script', 'style', 'title', 'textarea', 'iframe', 'noembed', 'noframes', 'xmp']);

const longestName = 32;

/** The tokens of a document, without comments, declarations and what is no text. */
export function* htmlTokens(html: string): Generator<HtmlToken, void, undefined> {
  let at = 0;
  while (at < html.length) {
    const open = html.indexOf('<', at);
    const end = open === -1 ? html.length : open;
    if (end > at) yield { kind: 'text', text: html.slice(at, end) };
    if (open === -1) return;
    const { name, close, end: after, text } = readTag(html, open);
    at = after;
    if (text) yield { kind: 'text', text: '<' };
    else if (silent.has(name) && !close) at = silentEnd(html, at, name);
    else if (name !== '' && !silent.has(name)) {
      const attributes = html.slice(open + name.length + 1, at);
      yield { kind: close ? 'close' : 'open', name, attributes };
    }
  }
}

interface Tag {
  /** Empty for a comment, a declaration, or what is no tag. */
  readonly name: string;
  readonly close: boolean;
  readonly end: number;
  /** It is no tag but text that begins with `<`. */
  readonly text: boolean;
}

function readTag(html: string, open: number): Tag {
  const none = (end: number, text = false): Tag => ({ name: '', close: false, end, text });
  if (html.startsWith('<!--', open)) {
    const close = html.indexOf('-->', open + 4);
    return none(close === -1 ? html.length : close + 3);
  }
  const next = html.charCodeAt(open + 1);
  if (next === 33 || next === 63) return none(tagEnd(html, open)); // <! and <?
  const close = next === 47;
  const start = close ? open + 2 : open + 1;
  let end = start;
  while (end - start < longestName && isNameCharacter(html.charCodeAt(end))) end++;
  if (end === start || !isLetter(html.charCodeAt(start))) return none(open + 1, true);
  return { name: html.slice(start, end).toLowerCase(), close, end: tagEnd(html, end), text: false };
}

/** After the `>` that ends a tag; quotes in it count only after `=`. */
function tagEnd(html: string, from: number): number {
  let at = from;
  let equals = false;
  while (at < html.length) {
    const code = html.charCodeAt(at);
    if (code === 62) return at + 1;
    if (equals && (code === 34 || code === 39)) {
      const close = html.indexOf(html.charAt(at), at + 1);
      if (close === -1) return html.length;
      at = close;
    }
    if (code > 32) equals = code === 61;
    at++;
  }
  return html.length;
}

/** Where the closing tag of a silent element begins; the end of the document when there is none. */
function silentEnd(html: string, from: number, name: string): number {
  for (let at = html.indexOf('</', from); at !== -1; at = html.indexOf('</', at + 2)) {
    const end = at + 2 + name.length;
    if (html.slice(at + 2, end).toLowerCase() === name && !isNameCharacter(html.charCodeAt(end))) return at;
  }
  return html.length;
}

function isLetter(code: number): boolean {
  const letter = code | 32;
  return letter >= 97 && letter <= 122;
}

function isNameCharacter(code: number): boolean {
  return isLetter(code) || (code >= 48 && code <= 57) || code === 45 || code === 58;
}
