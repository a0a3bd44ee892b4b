import { bufferOf } from '../../bytes/index.ts';
import type { Bytes } from '../../machine/index.ts';
import type { MimeScanOptions } from './observer.ts';
import { MimeScanner, type MimeStructure } from './scanner.ts';

/**
 * Scans a message that is in memory. Header sections are views of `bytes`; nothing is copied. Lines
 * are counted when they are first asked for, so `bytes` must not change while the tree is in use.
 *
 * @example
 * ```ts
 * import { scanMime } from 'mailwright/mime';
 *
 * const message = new TextEncoder().encode(
 *   'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n--b--\r\n',
 * );
 * const { root } = scanMime(message);
 * const part = root.children[0];
 * part && message.subarray(part.bodyStart, part.bodyEnd); // the octets of "Hello"
 * ```
 */
export function scanMime(bytes: Bytes, options: MimeScanOptions = {}): MimeStructure {
  const whole = bufferOf(bytes);
  const scanner = new MimeScanner(options, whole);
  scanner.push(whole);
  return scanner.end();
}
