/**
 * HTML written anew from its tokens, with only some elements and no deeper than is good.
 *
 * Parsers of HTML take time that grows with the square of the depth of their tree, and some read odd tags
 * otherwise than others. What comes out of here has one reading, and its depth is bounded.
 */
import { decodeEntities } from './entities.ts';
import { htmlTokens } from './html-tokens.ts';
import { escapeHtml } from './text-to-html.ts';

/** What is kept of a document. */
export interface HtmlShape {
  readonly elements: ReadonlySet<string>;
  /** Which attributes each element keeps; `*` for all. */
  readonly attributes: Readonly<Record<string, readonly string[]>>;
  /** How deep blockquotes and lists are kept: some layouts write a mark for each on every line. */
  readonly marks: number;
}

/** Newsletters nest some two hundred. Text deeper than this loses its tags. */
const deepest = 400;

const voids = new Set(['area', 'br', 'col', 'hr', 'img', 'wbr']);
const marking = new Set(['blockquote', 'ol', 'ul']);

/** Writes a document anew. */
export function boundedHtml(html: string, { elements, attributes, marks }: HtmlShape): string {
  let result = '';
  /**
   * How often each element may be open. A parser closes elements on its own as well, so these numbers are
   * never below its own, whatever the order of the tags.
   */
  const open = new Map<string, number>();
  let depth = 0;
  for (const token of htmlTokens(html)) {
    if (token.kind === 'text') {
      result += escapeHtml(decodeEntities(token.text));
      continue;
    }
    const { kind, name } = token;
    if (!elements.has(name)) continue;
    const times = open.get(name) ?? 0;
    if (kind === 'close') {
      if (times === 0) continue;
      open.set(name, times - 1);
      depth--;
      result += `</${name}>`;
      continue;
    }
    if (!voids.has(name)) {
      if (depth === deepest || (marking.has(name) && times === marks)) continue;
      open.set(name, times + 1);
      depth++;
    }
    const kept = [...(attributes['*'] ?? []), ...(attributes[name] ?? [])];
    result += `<${name}${keptAttributes(token.attributes, kept)}>`;
  }
  return result;
}

const name = /[^\s"'>/=]+/y;
const value = /\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/y;
const mostAttributes = 50;

/** The attributes that are kept, each once and quoted. */
function keptAttributes(text: string, kept: readonly string[]): string {
  let result = '';
  const seen = new Set<string>();
  let at = 0;
  for (let count = 0; at < text.length && count < mostAttributes; count++) {
    name.lastIndex = at;
    const key = name.exec(text)?.[0].toLowerCase();
    if (key === undefined) {
      at++;
      count--;
      continue;
    }
    value.lastIndex = name.lastIndex;
    const match = value.exec(text);
    at = match === null ? name.lastIndex : value.lastIndex;
    if (!kept.includes(key) || seen.has(key)) continue;
    seen.add(key);
    const given = decodeEntities(match?.[1] ?? match?.[2] ?? match?.[3] ?? '');
    result += ` ${key}="${escapeHtml(given)}"`;
  }
  return result;
}
