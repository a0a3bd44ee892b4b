/**
 * HTML of strangers made safe to show: an allow-list of elements and attributes, no script, no style, no
 * forms, no frames; nothing is loaded from afar unless the host says so.
 *
 * The work is done by the optional peer `sanitize-html`, which is loaded when it is first asked for.
 */
import { boundedHtml } from './bounded-html.ts';

/** `sanitize-html` is not installed; `npm install sanitize-html` beside mailwright. */
export class SanitizerMissing extends Error {
  override readonly name = 'SanitizerMissing';
  readonly code = 'SANITIZER_MISSING';
}

/** What may be shown. */
export interface SanitizeOptions {
  /**
   * Images from afar: `block`, the default, leaves them out; `allow` keeps them; a function gives the
   * address to load instead, such as that of a proxy, or `null` to leave the image out.
   */
  readonly remote?: 'block' | 'allow' | ((url: string) => string | null);
  /**
   * The address for an image within the message, by its Content-ID without angle brackets (RFC 2392): a
   * `data:` URI or an address of the host's own; `null` leaves the image out, and so does no function.
   */
  readonly cid?: (contentId: string) => string | null;
}

/** HTML that is safe to show. */
export interface SanitizedHtml {
  readonly html: string;
  /** How many images from afar were left out. */
  readonly blocked: number;
}

/** Makes HTML safe to show. */
export interface HtmlSanitizer {
  sanitize(html: string, options?: SanitizeOptions): SanitizedHtml;
}

/** Longer HTML is cut: mail that people wrote has a hundredth of it. */
const longest = 2_000_000;

const allowedTags =
  'a abbr address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol p pre q rp rt ruby s samp section small span strike strong sub sup table tbody td tfoot th thead time tr tt u ul var wbr'.split(
    ' ',
  );

const everywhere = ['align', 'dir', 'height', 'lang', 'title', 'valign', 'width'];
const allowedAttributes = {
  '*': everywhere,
  a: ['href', 'rel', 'target'],
  font: ['color', 'face', 'size'],
  img: ['alt', 'border', 'src'],
  li: ['value'],
  ol: ['start', 'type'],
  table: ['bgcolor', 'border', 'cellpadding', 'cellspacing'],
  td: ['bgcolor', 'colspan', 'nowrap', 'rowspan'],
  th: ['bgcolor', 'colspan', 'nowrap', 'rowspan', 'scope'],
  tr: ['bgcolor'],
};

/** Pictures that are only pictures; SVG can hold script. */
const pictureData = /^data:image\/(?:gif|jpeg|png|webp|avif|bmp);base64,[A-Za-z0-9+/=]*$/;

/**
 * Loads the sanitizer.
 *
 * @throws SanitizerMissing when `sanitize-html` is not installed
 *
 * @example
 * ```ts
 * import { loadHtmlSanitizer } from 'mailwright/mime';
 *
 * const sanitizer = await loadHtmlSanitizer();
 * const { html, blocked } = sanitizer.sanitize('<p onclick="x()">Hi<img src="https://example.com/pixel">', {
 *   remote: 'block',
 *   cid: (contentId) => `/messages/7/parts/${encodeURIComponent(contentId)}`,
 * });
 * // html is '<p>Hi<img /></p>', blocked is 1
 * ```
 */
export async function loadHtmlSanitizer(): Promise<HtmlSanitizer> {
  const { default: sanitizeHtml } = await import('sanitize-html').catch((cause: unknown) => {
    throw new SanitizerMissing('sanitize-html is not installed', { cause });
  });
  return {
    sanitize(html, options = {}) {
      const shape = { elements: new Set(allowedTags), attributes: allowedAttributes, marks: 100 };
      const read = boundedHtml(html.slice(0, longest), shape);
      let blocked = 0;
      const clean = sanitizeHtml(read, {
        allowedTags,
        allowedAttributes,
        allowedSchemes: ['http', 'https', 'mailto', 'tel'],
        // What `picture` lets through is the host's own address, a picture, or what the host allows.
        allowedSchemesByTag: { img: ['http', 'https', 'data', 'blob'] },
        allowedSchemesAppliedToAttributes: ['href', 'src'],
        allowProtocolRelative: false,
        nonTextTags: ['script', 'style', 'textarea', 'option', 'noscript', 'title', 'template'],
        transformTags: {
          a: (tagName, attribs) => ({
            tagName,
            attribs: { ...attribs, rel: 'noopener noreferrer nofollow', target: '_blank' },
          }),
          img: (tagName, { src, ...attribs }) => {
            const address = picture(src ?? '', options);
            if (address === null && isRemote(src ?? '')) blocked++;
            return { tagName, attribs: address === null ? attribs : { ...attribs, src: address } };
          },
        },
      });
      return { html: clean, blocked };
    },
  };
}

/** What to load for an image; `null`: nothing. */
function picture(src: string, { remote = 'block', cid }: SanitizeOptions): string | null {
  const address = src.trim();
  if (/^cid:/i.test(address)) return cid?.(decodedId(address.slice(4))) ?? null;
  if (pictureData.test(address)) return address;
  if (!isRemote(address) || remote === 'block') return null;
  return remote === 'allow' ? address : remote(address);
}

function isRemote(address: string): boolean {
  return /^\s*(?:https?:)?\/\//i.test(address);
}

/** RFC 2392 §2: the identifier is percent-encoded. */
function decodedId(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
