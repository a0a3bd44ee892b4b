/** Files within plain text, as senders put them before MIME: uuencode and yEnc. */
import { isUuBegin, latin1Text, UuDecoder, YencDecoder, yencValue } from '../../bytes/index.ts';
import type { Bytes } from '../../machine/index.ts';

/** A file found within text. */
export interface InlineFile {
  readonly format: 'uuencode' | 'yenc';
  /** As written, unsafe; `''` where there is none. */
  readonly name: string;
  /** Where it stands in the text's octets: from its first line to after its last. */
  readonly start: number;
  readonly end: number;
}

/** More files than this in one text are not looked for. */
const mostFiles = 100;

/** A first line is read up to here: its name is a file name. */
const longestLine = 1024;

const formats = [
  { format: 'uuencode', first: 'begin ', last: '\nend', whole: true },
  { format: 'yenc', first: '=ybegin ', last: '\n=yend ', whole: false },
] as const;

/** Whether it is worth the while to look for files in a text: seldom. */
export function mayHoldFiles(text: string): boolean {
  for (const { first } of formats) if (text.includes(first)) return true;
  return false;
}

/**
 * Finds uuencoded and yEnc files in a decoded text body. A file without its last line is not one.
 *
 * @example
 * ```ts
 * import { findInlineFiles } from 'mailwright/mime';
 *
 * const text = new TextEncoder().encode('Look:\nbegin 644 cat.txt\n#0V%T\n`\nend\n');
 * findInlineFiles(text); // [{ format: 'uuencode', name: 'cat.txt', start: 6, end: 36 }]
 * ```
 */
export function findInlineFiles(octets: Bytes): InlineFile[] {
  const files: InlineFile[] = [];
  const text = latin1Text(octets);
  for (const { format, first, last, whole } of formats) {
    for (
      let at = text.indexOf(first);
      at !== -1 && files.length < mostFiles;
      at = text.indexOf(first, at + 1)
    ) {
      if (at > 0 && text.charCodeAt(at - 1) !== 10) continue;
      const feed = text.indexOf('\n', at);
      if (feed === -1) break;
      const line = text.slice(at, Math.min(feed, at + longestLine)).trimEnd();
      if (format === 'uuencode' && !isUuBegin(line)) continue;
      const lastLine = findLine(text, last, whole, feed);
      // Without a last line after here there is none for any later file either.
      if (lastLine === -1) break;
      const after = text.indexOf('\n', lastLine + 1);
      const end = after === -1 ? text.length : after + 1;
      const name = format === 'yenc' ? (yencValue(line, 'name') ?? '') : line.slice(line.indexOf(' ', 6) + 1);
      files.push({ format, name, start: at, end });
      at = end - 1;
    }
  }
  return files.sort((a, b) => a.start - b.start);
}

/** Where a line feed stands that is followed by such a line, or one that only begins so; -1: nowhere. */
function findLine(text: string, line: string, whole: boolean, from: number): number {
  let at = text.indexOf(line, from);
  while (at !== -1 && whole && text.charCodeAt(at + line.length) > 32) at = text.indexOf(line, at + 1);
  return at;
}

/** The octets of a file that {@link findInlineFiles} found in `octets`. */
export function decodeInlineFile(octets: Bytes, file: InlineFile): Bytes {
  const decoder = file.format === 'yenc' ? new YencDecoder() : new UuDecoder();
  return decoder.push(octets.subarray(file.start, file.end));
}
