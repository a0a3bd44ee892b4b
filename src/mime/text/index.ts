/** Text for people. */
export { decodeEntities } from './entities.ts';
export { flow } from './flow.ts';
export { type HtmlToTextOptions, htmlToText } from './html-to-text.ts';
export {
  type HtmlSanitizer,
  loadHtmlSanitizer,
  type SanitizedHtml,
  type SanitizeOptions,
  SanitizerMissing,
} from './sanitize.ts';
export { snippet } from './snippet.ts';
export { escapeHtml, textToHtml } from './text-to-html.ts';
