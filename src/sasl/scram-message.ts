/** The messages of SCRAM (RFC 5802 §7), read and written. A message that breaks the grammar is `null`. */
import { decodeBase64, encodeBase64 } from '../bytes/index.ts';
import type { Bytes } from '../machine/index.ts';
import { readSaslName, writeSaslName } from './gs2-header.ts';
import type { ScramHash, ScramName } from './mechanism.ts';

/** A nonce of ours is 18 random octets, in base64: printable and without a comma. */
export const nonceSize = 18;
/** A peer's nonce is echoed; nobody sends a tenth of this. */
const nonceLength = 1024;

/** `n=user,r=nonce`, the first message of the client after its GS2 header. */
export interface ClientFirst {
  readonly name: string;
  readonly nonce: string;
}

/** `r=nonce,s=salt,i=iterations`. */
export interface ServerFirst {
  readonly nonce: string;
  readonly salt: Bytes;
  readonly iterations: number;
}

/** `c=binding,r=nonce,p=proof`. */
export interface ClientFinal {
  readonly binding: Bytes;
  readonly nonce: string;
  readonly proof: Bytes;
  readonly withoutProof: string;
}

// client-first-message-bare = [reserved-mext ","] username "," nonce ["," extensions]
export function readClientFirst(text: string): ClientFirst | null {
  // A mandatory extension, `m=`, is refused by not being a name (RFC 5802 §5.1).
  const [name, nonce, ...extensions] = text.split(',');
  const user = name?.startsWith('n=') ? readSaslName(name.slice(2)) : null;
  const random = readNonce(nonce);
  return user !== null && random !== null && extensions.every(isExtension)
    ? { name: user, nonce: random }
    : null;
}

export function writeClientFirst({ name, nonce }: ClientFirst): string {
  return `n=${writeSaslName(name)},r=${nonce}`;
}

// server-first-message = [reserved-mext ","] nonce "," salt "," iteration-count ["," extensions]
export function readServerFirst(text: string): ServerFirst | null {
  const [nonce, salt, count, ...extensions] = text.split(',');
  const random = readNonce(nonce);
  const octets = readOctets('s=', salt);
  const iterations = count !== undefined && /^i=[1-9][0-9]{0,9}$/.test(count) ? Number(count.slice(2)) : 0;
  return random !== null &&
    octets !== null &&
    octets.length > 0 &&
    iterations > 0 &&
    extensions.every(isExtension)
    ? { nonce: random, salt: octets, iterations }
    : null;
}

export function writeServerFirst({ nonce, salt, iterations }: ServerFirst): string {
  return `r=${nonce},s=${encodeBase64(salt)},i=${iterations}`;
}

// client-final-message-without-proof = channel-binding "," nonce ["," extensions]
// client-final-message               = client-final-message-without-proof "," proof
export function readClientFinal(text: string): ClientFinal | null {
  const end = text.lastIndexOf(',');
  const withoutProof = text.slice(0, Math.max(end, 0));
  const [bound, nonce, ...extensions] = withoutProof.split(',');
  const binding = readOctets('c=', bound);
  const random = readNonce(nonce);
  const proof = readOctets('p=', text.slice(end + 1));
  return binding !== null && random !== null && proof !== null && extensions.every(isExtension)
    ? { binding, nonce: random, proof, withoutProof }
    : null;
}

export function writeClientFinalWithoutProof(binding: Bytes, nonce: string): string {
  return `c=${encodeBase64(binding)},r=${nonce}`;
}

// server-final-message = (server-error / verifier) ["," extensions]
export function readServerFinal(
  text: string,
): { readonly verifier: Bytes } | { readonly error: string } | null {
  const [first = '', ...extensions] = text.split(',');
  if (!extensions.every(isExtension)) return null;
  if (first.startsWith('e=')) return { error: first.slice(2) };
  const verifier = readOctets('v=', first);
  return verifier && { verifier };
}

/** The hash in a mechanism's name. */
export function hashOf(mechanism: ScramName): ScramHash {
  return mechanism.startsWith('SCRAM-SHA-256') ? 'SHA-256' : 'SHA-1';
}

/** Two runs of octets of one length, combined by exclusive or. */
export function xor(left: Bytes, right: Bytes): Bytes {
  return left.map((octet, index) => octet ^ (right[index] ?? 0));
}

// nonce = "r=" c-nonce [s-nonce]; printable = %x21-2B / %x2D-7E
function readNonce(attribute: string | undefined): string | null {
  if (attribute === undefined || attribute.length > nonceLength) return null;
  return /^r=[!-+\--~]+$/.test(attribute) ? attribute.slice(2) : null;
}

function readOctets(opening: string, attribute: string | undefined): Bytes | null {
  return attribute?.startsWith(opening) ? decodeBase64(attribute.slice(opening.length)) : null;
}

// extensions = attr-val *("," attr-val); attr-val = ALPHA "=" value
function isExtension(attribute: string): boolean {
  return /^[A-Za-z]=[^\0]+$/.test(attribute);
}
