/** Content of DATA as RFC 5321 §4.5.2 describes it, octet by octet and without haste: a model to test against. */
import { Buffer } from 'node:buffer';
import type { ContentReader } from '../../src/smtp/dot-stuffing.ts';

/** Stuffs the dots of content whose lines end with CRLF, and adds the end. */
export function stuffed(content: Buffer): Buffer {
  const text = content.toString('latin1');
  const lines = text === '' ? [] : text.replace(/\r\n$/, '').split('\r\n');
  return Buffer.from(
    [...lines, '']
      .map((line) => (line.startsWith('.') ? `.${line}` : line))
      .join('\r\n')
      .concat('.\r\n'),
    'latin1',
  );
}

export interface ContentRead {
  readonly ended: boolean;
  readonly bare: boolean;
  readonly content: string;
  /** What stands behind the end. */
  readonly rest: string;
}

/** What a strict reader makes of `input`. */
export function modelOf(input: string): ContentRead {
  const end = input.startsWith('.\r\n') ? 0 : input.indexOf('\r\n.\r\n') + 2;
  const ended = end === 0 ? input.startsWith('.\r\n') : end > 1;
  const text = ended ? input.slice(0, end) : input;
  return {
    ended,
    bare: /\r(?!\n)|(?<!\r)\n/.test(text),
    content: text
      .split('\r\n')
      .map((line) => (line.startsWith('.') ? line.slice(1) : line))
      .join('\r\n'),
    rest: ended ? input.slice(end + 3) : '',
  };
}

/** Feeds `pieces` to a reader, and gathers what it hands out. */
export function readContent(reader: ContentReader, pieces: readonly Buffer[]): ContentRead {
  const content: Buffer[] = [];
  let rest = '';
  for (const piece of pieces) {
    let at = 0;
    while (at < piece.length && !reader.ended) {
      at = reader.take(piece, at);
      if (reader.piece !== null) content.push(Buffer.from(reader.piece));
    }
    rest += piece.toString('latin1', at);
  }
  const { ended, bare } = reader;
  return { ended, bare, content: Buffer.concat(content).toString('latin1'), rest };
}
