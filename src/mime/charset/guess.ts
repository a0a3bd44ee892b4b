import { isUtf8 } from 'node:buffer';
import type { Bytes } from '../../machine/index.ts';

const ESC = 0x1b;

/**
 * A charset for text that declares none: a byte order mark, else ISO-2022-JP by its escape
 * sequences (RFC 1468), else UTF-8 where the octets are UTF-8, else windows-1252, which has a
 * character for each octet. Never ask it about text that declares a charset that is known.
 */
export function guessCharset(octets: Bytes): string {
  if (octets[0] === 0xff && octets[1] === 0xfe) return 'utf-16le';
  if (octets[0] === 0xfe && octets[1] === 0xff) return 'utf-16be';
  if (!isUtf8(octets)) return 'windows-1252';
  for (let at = octets.indexOf(ESC); at !== -1; at = octets.indexOf(ESC, at + 1)) {
    const set = octets[at + 1];
    const final = octets[at + 2];
    if (set === 0x24 && (final === 0x40 || final === 0x42)) return 'iso-2022-jp'; // ESC $ @, ESC $ B
  }
  return 'utf-8';
}
