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
    const encoded = decoded.toString('base64');
    result.write(encoded.padEnd(end - start, '=').slice(0, end - start), start, 'latin1');
  }
  return { octets: result, found };
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
