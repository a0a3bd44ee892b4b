/** Writing mailboxes and groups (RFC 5322 §3.4). */
import punycode from 'punycode/punycode.js';
import { isAtomCharacter, joinAddress, quoted } from '../header/address.ts';
import { isPlain, oneLine, wordChunks } from './encoded-words.ts';
import { ComposeMisuse } from './misuse.ts';

/** A mailbox to be written. */
export interface MailboxInput {
  /** A display name in any characters. */
  readonly name?: string;
  /** `local@domain`; the local part may be given with or without quotes. */
  readonly address: string;
}

/** What stands in an address field: a bare address, a mailbox, or a group of mailboxes. */
export type AddressInput =
  | string
  | MailboxInput
  | { readonly group: string; readonly members: readonly (string | MailboxInput)[] };

/**
 * Writes one mailbox or group.
 *
 * Names are quoted or encoded as they need it. A domain beyond US-ASCII becomes A-labels unless
 * `utf8` is set; a local part beyond US-ASCII cannot be written without `utf8` (RFC 6532 §3.2).
 *
 * @throws ComposeMisuse `ADDRESS` when the address is none, `NEEDS_UTF8`
 *
 * @example
 * ```ts
 * import { formatAddress } from 'mailwright/mime';
 *
 * formatAddress({ name: 'Doe, John', address: 'john@example.com' }); // '"Doe, John" <john@example.com>'
 * ```
 */
export function formatAddress(input: AddressInput, utf8 = false): string {
  return addressChunks(input, utf8).join('');
}

/** Addresses with commas between them, as chunks between which a line may be folded. */
export function listChunks(inputs: readonly AddressInput[], utf8: boolean): string[] {
  const chunks: string[] = [];
  for (const [index, input] of inputs.entries()) {
    const [first, ...rest] = addressChunks(input, utf8) as [string, ...string[]];
    if (index > 0) chunks[chunks.length - 1] += ',';
    chunks.push(index > 0 ? ` ${first}` : first, ...rest);
  }
  return chunks;
}

function addressChunks(input: AddressInput, utf8: boolean): string[] {
  if (typeof input === 'string') return [formatSpec(input, utf8)];
  if ('address' in input) {
    const spec = formatSpec(input.address, utf8);
    if (input.name === undefined || input.name === '') return [spec];
    return [...phraseChunks(input.name, utf8), ` <${spec}>`];
  }
  const chunks = phraseChunks(input.group, utf8);
  chunks[chunks.length - 1] += ':';
  const [first, ...rest] = listChunks(input.members, utf8);
  if (first !== undefined) chunks.push(` ${first}`, ...rest);
  chunks[chunks.length - 1] += ';';
  return chunks;
}

/** A phrase (RFC 5322 §3.2.5): atoms, or a quoted string, or encoded words. */
function phraseChunks(text: string, utf8: boolean): string[] {
  const line = oneLine(text);
  if (line.trim() !== line || line === '' || !isPlain(line, utf8))
    return line === '' ? ['""'] : wordChunks(line, true);
  const words = line.split(' ');
  if (words.every(isAtom)) return words.map((word, index) => (index === 0 ? word : ` ${word}`));
  return line.length > 200 ? wordChunks(line, true) : [quoted(line)];
}

function isAtom(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (!isAtomCharacter(text.charCodeAt(i))) return false;
  return text !== '';
}

const literal = /^\[[!-Z^-~]*\]$/;
/** Several addresses in one string, or a name with one: not what was meant by a local part. */
const list = /[@,;<>]/;
const bad = /\p{Cc}|\p{Cs}/u;
/** Longer than any that SMTP can carry (RFC 5321 §4.5.3.1.3), and short enough for a line. */
const longestAddress = 900;

function formatSpec(address: string, utf8: boolean): string {
  const at = address.lastIndexOf('@');
  let localPart = address.slice(0, at);
  const isQuoted = localPart.length > 1 && localPart.startsWith('"') && localPart.endsWith('"');
  if (isQuoted) localPart = localPart.slice(1, -1).replace(/\\(.)/gs, '$1');
  let domain = address.slice(at + 1);
  const ascii = /^[\x20-\x7e]*$/;
  const wellFormed =
    at > 0 &&
    localPart !== '' &&
    address.length <= longestAddress &&
    !bad.test(address) &&
    (isQuoted || !list.test(localPart));
  if (!wellFormed || !(literal.test(domain) || domain.split('.').every(isAtom))) {
    throw new ComposeMisuse('ADDRESS', `not an address: ${JSON.stringify(address.slice(0, 100))}`);
  }
  if (!utf8 && !ascii.test(localPart)) {
    throw new ComposeMisuse('NEEDS_UTF8', `only SMTPUTF8 can carry ${JSON.stringify(address)}`);
  }
  if (!utf8 && !ascii.test(domain)) domain = punycode.toASCII(domain.normalize('NFC').toLowerCase());
  return joinAddress(localPart, domain);
}
