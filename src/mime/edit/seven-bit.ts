/**
 * A message for a way that carries seven bits: the transformation that a client makes where the server offers
 * neither 8BITMIME nor BINARYMIME (RFC 6152 §3, RFC 3030 §3).
 *
 * Bodies are encoded, labels changed, and nothing else: header fields stay as they are, and so does what a
 * signature covers. What cannot be had that way is a value that says why. Signatures over the whole message
 * (DKIM, ARC) do not survive it; only a message that fits as it is keeps them.
 */
import { Buffer } from 'node:buffer';
import type { Bytes } from '../../machine/index.ts';
import { decodeTransfer } from '../body/transfer.ts';
import { base64, encodeBody, isSevenBit, isTextOfLines } from '../build/text-encoding.ts';
import { defaultMimeLimits } from '../structure/limits.ts';
import type { MimePart } from '../structure/part.ts';
import { scanMime } from '../structure/scan.ts';
import { editHeader, type HeaderEdit } from './header.ts';
import { joinPieces, type Splice, spliceMessage } from './splice.ts';

/**
 * Why a message cannot be made to fit; for a reply or a notification `5.6.3` fits all of them (RFC 3463 §3.7).
 *
 * - `header`: a header section has octets above 127, a lone CR or LF, or a line of more than 998 octets.
 * - `signed`, `encrypted`: a multipart of that kind would have to be changed within (RFC 1847 §2).
 * - `composite`: something other than a leaf, such as message/partial, must not be encoded (RFC 2045 §6.4).
 * - `encoding`: a body stands in an encoding that nobody knows.
 * - `structure`: delimiter lines are at fault, or the structure is beyond the limits of a scan.
 * - `too-large`: the result would pass the limit.
 */
export type SevenBitFault =
  | 'header'
  | 'signed'
  | 'encrypted'
  | 'composite'
  | 'encoding'
  | 'structure'
  | 'too-large';

/** The message as it fits, which is the very same run of octets where that fits already; or why it can't be had. */
export type SevenBit =
  | { readonly ok: true; readonly octets: Bytes }
  | { readonly ok: false; readonly why: SevenBitFault };

/**
 * Encodes what a message has in 8bit and binary, so that only octets below 128, no NUL, and lines of at most
 * 998 octets that end in CRLF are left.
 *
 * Text becomes quoted-printable or base64, whichever fits it better, all else base64; text with lone CR or LF
 * is base64 too, so that each part decodes to the same octets as before. Composite parts are labelled 7bit.
 * Preambles and epilogues that do not fit are emptied: nobody reads them (RFC 2046 §5.1.1).
 *
 * @param options - `limit`: octets of the result, 128 MiB by default; the memory needed is a few times that
 *
 * @example
 * ```ts
 * import { toSevenBit } from 'mailwright/mime';
 *
 * const message = new TextEncoder().encode(
 *   'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\ncafé\r\n',
 * );
 * const fitting = toSevenBit(message);
 * if (fitting.ok) fitting.octets; // "... Content-Transfer-Encoding: quoted-printable ... caf=C3=A9"
 * ```
 */
export function toSevenBit(
  message: Bytes,
  { limit = 134_217_728 }: { readonly limit?: number } = {},
): SevenBit {
  if (message.length > limit) return { ok: false, why: 'too-large' };
  if (isSevenBit(message)) return { ok: true, octets: message };
  const transformation = new Transformation(message);
  const why = transformation.fault(scanMime(message).root);
  if (why !== null) return { ok: false, why };
  const { pieces, size } = spliceMessage(message, transformation.splices);
  if (size > limit) return { ok: false, why: 'too-large' };
  const octets = joinPieces(pieces);
  return isSevenBit(octets) ? { ok: true, octets } : { ok: false, why: 'structure' };
}

/** Message types that may be encoded although others of `message` may not (RFC 6532 §3.7, RFC 6533 §4, §5). */
const encodable: ReadonlySet<string> = new Set([
  'global',
  'global-headers',
  'global-delivery-status',
  'global-disposition-notification',
]);

/** One walk through the tree, which looks at each octet of the message once. */
class Transformation {
  readonly splices: Splice[] = [];
  readonly #message: Bytes;
  #headerOctets = 0;
  #parts = 0;

  constructor(message: Bytes) {
    this.#message = message;
  }

  /** Adds what is to be changed in the part; gives what stands in the way of it. */
  fault(part: MimePart): SevenBitFault | null {
    const { headerStart, bodyStart, bodyEnd, type, subtype } = part;
    // Beyond the limits the tree no longer tells all that the message has.
    this.#headerOctets += bodyStart - headerStart;
    if (++this.#parts >= defaultMimeLimits.parts) return 'structure';
    if (this.#headerOctets > defaultMimeLimits.headerBytes) return 'structure';
    if (part.header.length >= defaultMimeLimits.headerFields) return 'structure';
    if (!this.#fits(headerStart, bodyStart)) return 'header';
    if (type === 'multipart' && (subtype === 'signed' || subtype === 'encrypted')) {
      return this.#fits(bodyStart, bodyEnd) ? null : subtype;
    }
    if (part.kind === 'leaf' || (part.kind === 'message' && subtype === 'global')) return this.#encode(part);
    if (part.kind === 'multipart' && !this.#clear(part)) return 'structure';
    for (const child of part.children) {
      const fault = this.fault(child);
      if (fault !== null) return fault;
    }
    this.#relabel(part);
    return null;
  }

  #fits(start: number, end: number): boolean {
    return isSevenBit(this.#message.subarray(start, end));
  }

  /** Empties the preamble and the epilogue where they do not fit; `false`: there is nothing else to see. */
  #clear({ children, closing, bodyStart, bodyEnd }: MimePart): boolean {
    const first = children[0]?.delimiter;
    if (first == null) return this.#fits(bodyStart, bodyEnd);
    if (!this.#fits(bodyStart, first.start)) {
      this.splices.push({ start: bodyStart, end: first.start, octets: new Uint8Array(0) });
    }
    if (closing !== null && !this.#fits(closing.end, bodyEnd)) {
      this.splices.push({ start: closing.end, end: bodyEnd, octets: Buffer.from('\r\n') });
    }
    return true;
  }

  #encode(part: MimePart): SevenBitFault | null {
    const { type, subtype, encoding, bodyStart, bodyEnd } = part;
    if (this.#fits(bodyStart, bodyEnd)) {
      this.#relabel(part);
      return null;
    }
    if (type === 'multipart' || (type === 'message' && !encodable.has(subtype))) return 'composite';
    const { octets, faults } = decodeTransfer(this.#message.subarray(bodyStart, bodyEnd), encoding);
    if (faults.has('unknown-encoding')) return 'encoding';
    // At the end of the message a text without its last line end would get one on the way.
    const isOpen = bodyEnd === this.#message.length && octets.at(-1) !== 10;
    const encoded = type === 'text' && !isOpen && isTextOfLines(octets) ? encodeBody(octets) : base64(octets);
    this.#label(part, encoded.encoding);
    this.splices.push({ start: bodyStart, end: bodyEnd, octets: encoded.octets });
    return null;
  }

  /** RFC 2045 §6.4: no part within one of 7bit may be labelled 8bit or binary. */
  #relabel(part: MimePart): void {
    if (part.encoding === '8bit' || part.encoding === 'binary') this.#label(part, '7bit');
  }

  #label(part: MimePart, encoding: string): void {
    const name = 'Content-Transfer-Encoding';
    const edits: HeaderEdit[] = [{ kind: 'replace', name, field: { name, value: { token: encoding } } }];
    // RFC 2045 §4: without its version field a message is none of MIME, and nobody need decode it.
    const isMessage = part.parent === null || part.parent.kind === 'message';
    if (isMessage && encoding !== '7bit' && part.header.get('mime-version') === undefined) {
      edits.push({ kind: 'add', field: { name: 'MIME-Version', value: { token: '1.0' } }, at: 'bottom' });
    }
    const upToBody = this.#message.subarray(0, part.bodyStart);
    for (const splice of editHeader(upToBody, edits, part.headerStart)) this.splices.push(splice);
  }
}
