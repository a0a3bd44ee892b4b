/**
 * The name a client gives itself.
 *
 *     ehlo = "EHLO" SP ( Domain / address-literal ) CRLF
 *     helo = "HELO" SP Domain CRLF
 */
import { openBracket } from './characters.ts';
import { detach } from './detach.ts';
import { domainFault } from './domain.ts';
import { type AddressLiteral, parseLiteral } from './literal.ts';
import { scanDomain, scanLiteral } from './scan.ts';

/** How the argument of HELO and EHLO is read. By default strictly. */
export interface HeloOptions {
  /**
   * Names that break the grammar: `my_pc`, `host.`, `[]`. Many real clients have such names, and
   * RFC 5321 §4.1.4 forbids refusing mail because a name doesn't verify. `accept` takes any 1 to 255
   * printable ASCII characters without a space, and says so by `odd`. Default `refuse`.
   */
  readonly oddNames?: 'refuse' | 'accept';
}

/**
 * The name, or why there is none:
 *
 * - `empty`: nothing there.
 * - `name`: neither a domain nor an address literal.
 * - `length`: a label of more than 63 octets, or more than 255 in all.
 */
export type HeloParse =
  | {
      readonly ok: true;
      /** A domain as written, or an address literal; where `odd`, whatever was written. */
      readonly name: string | AddressLiteral;
      /** Whether the name breaks the grammar and was accepted all the same. */
      readonly odd: boolean;
    }
  | { readonly ok: false; readonly why: 'empty' | 'name' | 'length' };

/**
 * Reads the argument of HELO or EHLO (RFC 5321 §4.1.1.1): all of the text behind the verb's space,
 * without the trailing white space that RFC 5321 §4.1.1 tolerates.
 *
 * U-labels are refused: before EHLO's reply no client can know of SMTPUTF8 (RFC 6531 §3.7.1). A
 * literal is read for HELO too, as every server does.
 *
 * @example
 * ```ts
 * import { parseHeloName } from 'mailwright/address';
 *
 * parseHeloName('mail.example.org'); // { ok: true, name: 'mail.example.org', odd: false }
 * parseHeloName('my_pc'); // { ok: false, why: 'name' }
 * parseHeloName('my_pc', { oddNames: 'accept' }); // { ok: true, name: 'my_pc', odd: true }
 * ```
 */
export function parseHeloName(text: string, options: HeloOptions = {}): HeloParse {
  if (text === '') return { ok: false, why: 'empty' };
  if (text.length > 255) return { ok: false, why: 'length' };
  const strict = parseStrictly(text);
  if (strict.ok || options.oddNames !== 'accept' || !/^[!-~]+$/.test(text)) return strict;
  return { ok: true, name: detach(text), odd: true };
}

function parseStrictly(text: string): HeloParse {
  if (text.charCodeAt(0) === openBracket) {
    const literal = scanLiteral(text, 0) === text.length ? parseLiteral(text.slice(1, -1)) : null;
    return literal === null ? { ok: false, why: 'name' } : { ok: true, name: literal, odd: false };
  }
  if (scanDomain(text, 0, false) !== text.length) return { ok: false, why: 'name' };
  const fault = domainFault(text, false);
  if (fault === null) return { ok: true, name: detach(text), odd: false };
  return { ok: false, why: fault === 'length' ? 'length' : 'name' };
}
