/** Which parts are the text, which the attachments (RFC 8621 §4.1.4). */
import type { MimePart } from '../structure/part.ts';

/** The parts of a message as a reader shows them; a part may stand in both `text` and `html`. */
export interface BodyParts {
  /** To be shown, in order, by a reader of plain text. */
  readonly text: readonly MimePart[];
  /** To be shown, in order, by a reader of HTML. */
  readonly html: readonly MimePart[];
  /** All else: to be offered as files. Messages within the message are among them. */
  readonly attachments: readonly MimePart[];
}

/**
 * Sorts the leaves of a tree, and the messages within it, into text, HTML and attachments by the
 * algorithm that RFC 8621 §4.1.4 suggests.
 *
 * @example
 * ```ts
 * import { chooseBodyParts, scanMime } from 'mailwright/mime';
 *
 * const { root } = scanMime(new TextEncoder().encode('Content-Type: text/html\r\n\r\n<p>Hello</p>'));
 * chooseBodyParts(root).html[0] === root; // true
 * ```
 */
export function chooseBodyParts(root: MimePart): BodyParts {
  const text: MimePart[] = [];
  const html: MimePart[] = [];
  const attachments: MimePart[] = [];
  choose([root], 'mixed', false, text, html, attachments);
  return { text, html, attachments };
}

function choose(
  parts: readonly MimePart[],
  multipart: string,
  inAlternative: boolean,
  textList: MimePart[] | null,
  htmlList: MimePart[] | null,
  attachments: MimePart[],
): void {
  let text = textList;
  let html = htmlList;
  const textBefore = text?.length ?? -1;
  const htmlBefore = html?.length ?? -1;
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at]!;
    if (part.kind === 'multipart' && part.children.length > 0) {
      const alternative = inAlternative || part.subtype === 'alternative';
      choose(part.children, part.subtype, alternative, text, html, attachments);
      continue;
    }
    if (!isShown(part, at, multipart)) {
      attachments.push(part);
      continue;
    }
    const isText = part.type === 'text' && part.subtype === 'plain';
    const isHtml = part.type === 'text' && part.subtype === 'html';
    if (multipart === 'alternative') {
      if (isText) text?.push(part);
      else if (isHtml) html?.push(part);
      else attachments.push(part);
      continue;
    }
    if (inAlternative) {
      if (isText) html = null;
      if (isHtml) text = null;
    }
    text?.push(part);
    html?.push(part);
    if ((text === null || html === null) && isMedia(part)) attachments.push(part);
  }
  if (multipart !== 'alternative' || text === null || html === null) return;
  // What is there in one form only serves for both.
  if (text.length === textBefore) addAll(text, html.slice(htmlBefore));
  else if (html.length === htmlBefore) addAll(html, text.slice(textBefore));
}

/** A message may have more parts than a call may have arguments. */
function addAll(list: MimePart[], parts: readonly MimePart[]): void {
  for (const part of parts) list.push(part);
}

/** Whether a leaf is a piece of what is shown, by its type, its disposition and its place. */
function isShown(part: MimePart, at: number, multipart: string): boolean {
  const media = isMedia(part);
  if (!media && (part.type !== 'text' || (part.subtype !== 'plain' && part.subtype !== 'html'))) return false;
  if (part.disposition?.disposition === 'attachment') return false;
  return at === 0 || (multipart !== 'related' && (media || declaredFileName(part) === null));
}

function isMedia(part: MimePart): boolean {
  return part.type === 'image' || part.type === 'audio' || part.type === 'video';
}

/** The file name that a part declares, in either of the two places; `null` where it declares none. */
export function declaredFileName(part: MimePart): string | null {
  return part.disposition?.parameters.get('filename') ?? part.contentType?.parameters.get('name') ?? null;
}
