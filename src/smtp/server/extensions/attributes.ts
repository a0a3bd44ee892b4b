/**
 * The attribute lists of XCLIENT and XFORWARD, as Postfix's XCLIENT_README and XFORWARD_README
 * describe them.
 *
 *     attributes = 1*( SP name "=" xtext )
 *
 * `[UNAVAILABLE]` and `[TEMPUNAVAIL]` stand for what the sender does not know.
 */
import { Buffer, isUtf8 } from 'node:buffer';
import type { ConnectionInfo } from '../../../machine/index.ts';
import { decodeXtextOctets } from '../../xtext.ts';

/** Whom the host lets speak for others. */
export interface TrustOptions {
  /** Whether the peer at the other end of the socket, or of the PROXY header, is trusted. */
  readonly trusts: (connection: ConnectionInfo) => boolean;
}

/** No attribute is longer; Postfix has the same bound. */
const longestValue = 255;

/** The attributes by name in lower case, `null` for what is unavailable; or `null` for a bad list. */
export function readAttributes(
  argument: string,
  known: readonly string[],
): Map<string, string | null> | null {
  const attributes = new Map<string, string | null>();
  for (const word of argument.split(' ')) {
    const equals = word.indexOf('=');
    const name = word.slice(0, Math.max(equals, 0)).toUpperCase();
    const value = readValue(word.slice(equals + 1));
    if (!known.includes(name) || value === undefined) return null;
    attributes.set(name.toLowerCase(), value);
  }
  return attributes;
}

function readValue(text: string): string | null | undefined {
  const upper = text.toUpperCase();
  if (upper === '[UNAVAILABLE]' || upper === '[TEMPUNAVAIL]') return null;
  const octets = Buffer.from(decodeXtextOctets(text) ?? '', 'latin1');
  if (octets.length === 0 || octets.length > longestValue || !isUtf8(octets)) return undefined;
  const value = octets.toString();
  return /\p{Cc}/u.test(value) ? undefined : value;
}
