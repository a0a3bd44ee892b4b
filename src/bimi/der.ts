/** As much of DER (X.690) as finding one extension of a certificate takes. */
import type { Buffer } from 'node:buffer';

/** One element: its tag, and where its content lies. */
interface DerElement {
  readonly tag: number;
  readonly content: Buffer;
}

/** The elements that stand one after another in `octets`, up to the first that is none. */
function* derElements(octets: Buffer): Generator<DerElement, void, undefined> {
  let at = 0;
  while (at + 2 <= octets.length) {
    const tag = octets[at] as number;
    let length = octets[at + 1] as number;
    let start = at + 2;
    if (length >= 0x80) {
      const size = length & 0x7f;
      if (size === 0 || size > 4 || start + size > octets.length) return;
      length = octets.readUIntBE(start, size);
      start += size;
    }
    if (start + length > octets.length) return;
    yield { tag, content: octets.subarray(start, start + length) };
    at = start + length;
  }
}

/** Constructed elements (X.690 §8.1.2.5) have others in them. */
function isConstructed(tag: number): boolean {
  return (tag & 0x20) !== 0;
}

const objectIdentifier = 0x06;
const octetString = 0x04;
const deepest = 20;

/** The value of a certificate's extension (RFC 5280 §4.1): what its OCTET STRING holds. */
export function extensionValue(octets: Buffer, oid: Buffer, depth = 0): Buffer | null {
  const elements = [...derElements(octets)];
  const [first] = elements;
  if (first?.tag === objectIdentifier && first.content.equals(oid)) {
    const value = elements.at(-1);
    if (value?.tag === octetString) return value.content;
  }
  if (depth === deepest) return null;
  for (const { tag, content } of elements) {
    const found = isConstructed(tag) ? extensionValue(content, oid, depth + 1) : null;
    if (found !== null) return found;
  }
  return null;
}

/** All texts of US-ASCII (IA5String) in an element, at any depth. */
export function* asciiTexts(octets: Buffer, depth = 0): Generator<string, void, undefined> {
  for (const { tag, content } of derElements(octets)) {
    if (tag === 0x16) yield content.toString('latin1');
    else if (isConstructed(tag) && depth < deepest) yield* asciiTexts(content, depth + 1);
  }
}
