/** HTML as plain text: html-to-text lays it out, on a document cut down to what lays out. */
import { compile } from 'html-to-text';
import { boundedHtml, type HtmlShape } from './bounded-html.ts';

/** How to write the text. */
export interface HtmlToTextOptions {
  /** Characters on a line, 20 or more; 0, the default, breaks no line. */
  readonly width?: number;
  /** Whether links are followed by their address in brackets; on by default. */
  readonly links?: boolean;
  /** HTML characters read at most, 1,000,000 by default: a long newsletter has a tenth of it. */
  readonly length?: number;
}

const defaultLength = 1_000_000;

/**
 * Converts HTML to text: blocks on lines of their own, lists with marks, no script and no style.
 *
 * @example
 * ```ts
 * import { htmlToText } from 'mailwright/mime';
 *
 * htmlToText('<p>One</p><p>Two &amp; <a href="https://example.com">three</a></p>');
 * // 'One\n\nTwo & three [https://example.com]'
 * ```
 */
export function htmlToText(
  html: string,
  { width = 0, links = true, length = defaultLength }: HtmlToTextOptions = {},
): string {
  const read = html.length > length ? html.slice(0, length) : html;
  return converter(width, links)(boundedHtml(read, shape)).trim();
}

const shape: HtmlShape = {
  elements: new Set(
    'a address article aside blockquote br center dd div dl dt figure footer h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section table tbody td tfoot th thead tr ul'.split(
      ' ',
    ),
  ),
  attributes: { a: ['href'], ol: ['start', 'type'] },
  marks: 20,
};

const converters = new Map<string, (html: string) => string>();

function converter(width: number, links: boolean): (html: string) => string {
  const key = `${width} ${links}`;
  let convert = converters.get(key);
  if (convert === undefined) {
    convert = compile({
      wordwrap: width === 0 ? false : width,
      selectors: [
        { selector: 'a', options: { ignoreHref: !links, hideLinkHrefIfSameAsText: true, noAnchorUrl: true } },
        ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({
          selector,
          options: { uppercase: false },
        })),
        { selector: 'table', format: 'block' },
        { selector: 'tr', format: 'block', options: { leadingLineBreaks: 1, trailingLineBreaks: 1 } },
        { selector: 'td', format: 'inlineSurround', options: { suffix: ' ' } },
        { selector: 'th', format: 'inlineSurround', options: { suffix: ' ' } },
      ],
    });
    if (converters.size < 100) converters.set(key, convert);
  }
  return convert;
}
