import type { Body, Bytes } from '../machine/index.ts';

/**
 * Octets that are in memory, as content to send. They are not copied: leave them as they are until the
 * message is sent.
 *
 * @example
 * ```ts
 * import { bodyOf } from 'mailwright/delivery';
 *
 * bodyOf(Buffer.from('Subject: hello\r\n\r\ntext\r\n')).size; // 24
 * ```
 */
export function bodyOf(octets: Bytes): Body {
  return {
    size: octets.length,
    async *open() {
      yield octets;
    },
  };
}
