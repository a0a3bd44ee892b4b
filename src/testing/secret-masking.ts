/** Takes secrets out of octets without changing a length: in clear and within base64, as SASL sends them. */
import { Buffer } from 'node:buffer';
import type { Bytes } from '../machine/index.ts';

const stand = 'x'.charCodeAt(0);

/** Octets with every occurrence of `secret` overwritten by `x`, and whether there was one. */
export function masked(octets: Bytes, secret: string): { readonly octets: Buffer; readonly found: boolean } {
  const result = Buffer.from(octets);
  let found = overwrite(result, Buffer.from(secret));
  for (const { start, end } of base64Runs(result)) {
    const run = result.toString('latin1', start, end);
    const decoded = Buffer.from(run, 'base64');
    if (overwrite(decoded, Buffer.from(secret))) found = true;
    // RFC 4013 §2.2: a password may be prepared by NFKC, so that it is not sent as the machine tells it.
    else if (decoded.toString().normalize('NFKC').includes(secret)) {
      blank(decoded);
      found = true;
    } else continue;
    const encoded = decoded.toString('base64').padEnd(end - start, '=');
    result.write(encoded.slice(0, end - start), start, 'latin1');
  }
  return { octets: result, found };
}

/** Commands that carry a credential on their own line: SMTP, IMAP and ManageSieve, POP3. */
const credentialLine =
  /^(?:(?:\S{1,64} )?AUTH(?:ENTICATE)? +"?(?:PLAIN|X?OAUTH\w*)"? +"?(?<sasl>[0-9A-Za-z+/=]+)|PASS (?<pass>.+)|\S{1,64} LOGIN \S+ "?(?<login>[^"\r\n]+))/gim;

/**
 * The passwords and tokens that such lines carry, told by the machine or not: it may have refused the
 * command unread. Of SASL messages it is what follows the last NUL (RFC 4616 §2) or `Bearer`
 * (RFC 7628 §3.1). Those below three octets would blank half of a recording and are left out.
 */
export function credentialsIn(octets: Buffer): string[] {
  const credentials: string[] = [];
  for (const { groups = {} } of octets.toString('latin1').matchAll(credentialLine)) {
    const message = Buffer.from(groups['sasl'] ?? '', 'base64').toString();
    const token = message.split('Bearer ')[1]?.split('\x01')[0];
    const clear = Buffer.from(groups['pass'] ?? groups['login'] ?? '', 'latin1').toString();
    credentials.push(clear || (token ?? message.slice(message.lastIndexOf('\0') + 1)));
  }
  return credentials.filter((credential) => credential.length > 2);
}

/** Overwrites letters, digits and what lies beyond ASCII; lines and punctuation stay. */
export function blank(octets: Buffer): void {
  for (const [at, octet] of octets.entries()) {
    if (octet > 0x7f || /[0-9A-Za-z]/.test(String.fromCharCode(octet))) octets[at] = stand;
  }
}

function overwrite(octets: Buffer, secret: Buffer): boolean {
  if (secret.length === 0) return false;
  let found = false;
  for (let at = octets.indexOf(secret); at >= 0; at = octets.indexOf(secret, at + secret.length)) {
    octets.fill(stand, at, at + secret.length);
    found = true;
  }
  return found;
}

/** Runs of the base64 alphabet (RFC 4648 §4) that could hold a secret, with their padding. */
function* base64Runs(octets: Buffer): Generator<{ readonly start: number; readonly end: number }> {
  for (const match of octets.toString('latin1').matchAll(/[0-9A-Za-z+/]{2,}={0,2}/g)) {
    yield { start: match.index, end: match.index + match[0].length };
  }
}
