import type { Message } from '../message.ts';
import { snippet } from '../text/snippet.ts';

/** RFC 8970 §3.1. */
const longest = 256;

/**
 * The PREVIEW of a message (RFC 8970 §3.1): the beginning of its text, on one line.
 *
 * @param length - characters at most, 200 by default; no more than 256
 * @returns `''` where the message has no text to show
 *
 * @example
 * ```ts
 * import { parseMessage, previewOf } from 'mailwright/mime';
 *
 * previewOf(parseMessage(new TextEncoder().encode('Subject: x\r\n\r\nHello,\r\nthere.\r\n'))); // 'Hello, there.'
 * ```
 */
export function previewOf(message: Message, length = 200): string {
  const most = Math.min(length, longest);
  const preview = snippet(message.text ?? '', 'plain', most);
  return preview === '' && message.html !== null ? snippet(message.html, 'html', most) : preview;
}
