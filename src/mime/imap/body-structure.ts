/** BODY and BODYSTRUCTURE of a message as data (RFC 9051 §7.5.2, RFC 3501 §7.4.2). */
import type { HeaderFields } from '../header/fields.ts';
import type { Parameter } from '../header/parameters.ts';
import type { MimePart } from '../structure/part.ts';
import { type Envelope, envelopeOf } from './envelope.ts';
import { contentLanguages } from './languages.ts';

/** What both kinds of structure have; only BODYSTRUCTURE shows it, BODY does not. */
interface Extension {
  readonly disposition: { readonly type: string; readonly parameters: readonly Parameter[] } | null;
  /** Content-Language (RFC 3282): its tags. */
  readonly language: readonly string[] | null;
  /** Content-Location (RFC 2557). */
  readonly location: string | null;
}

/** A part that is not a multipart. */
export interface SinglePartStructure extends Extension {
  readonly kind: 'single';
  /** Lower case, as `subtype` and `encoding` are. */
  readonly type: string;
  readonly subtype: string;
  /** As they stand, so that those of RFC 2231 reach the client undecoded. */
  readonly parameters: readonly Parameter[];
  /** Content-ID with its angle brackets. */
  readonly id: string | null;
  readonly description: string | null;
  readonly encoding: string;
  /** Octets of the body as it is transferred, still encoded. */
  readonly octets: number;
  /** Line feeds in the body: of `text` and of messages. */
  readonly lines: number | null;
  /** Of a message/rfc822 or message/global that has been looked into. */
  readonly message: { readonly envelope: Envelope; readonly body: BodyStructure } | null;
  /** Content-MD5 (RFC 1864). */
  readonly md5: string | null;
}

/** A multipart. */
export interface MultipartStructure extends Extension {
  readonly kind: 'multipart';
  readonly subtype: string;
  readonly parameters: readonly Parameter[];
  /** At least one: the grammar has no empty multipart. */
  readonly parts: readonly BodyStructure[];
}

/** The structure of a part and of what is within it. */
export type BodyStructure = SinglePartStructure | MultipartStructure;

/** What stands for the parts of a multipart without any, since the grammar asks for one. */
const noPart: SinglePartStructure = {
  kind: 'single',
  type: 'text',
  subtype: 'plain',
  parameters: [{ name: 'charset', value: 'us-ascii' }],
  id: null,
  description: null,
  encoding: '7bit',
  octets: 0,
  lines: 0,
  message: null,
  md5: null,
  disposition: null,
  language: null,
  location: null,
};

/**
 * The body structure of a part; of the root, that of the message.
 *
 * A text that declares no charset is told with `charset=us-ascii` (RFC 2046 §4.1.2), as clients are
 * used to. A multipart that was not divided (no boundary, a limit) is told as one part of no octets.
 *
 * @example
 * ```ts
 * import { bodyStructureOf, scanMime } from 'mailwright/mime';
 *
 * const { root } = scanMime(new TextEncoder().encode('Content-Type: text/html\r\n\r\n<p>Hi</p>\r\n'));
 * const body = bodyStructureOf(root);
 * body.kind === 'single' && [body.subtype, body.octets, body.lines]; // ['html', 11, 1]
 * ```
 */
export function bodyStructureOf(part: MimePart): BodyStructure {
  const { header, disposition } = part;
  const extension: Extension = {
    disposition:
      disposition === null ? null : { type: disposition.disposition, parameters: disposition.written },
    language: contentLanguages(header),
    location: value(header, 'content-location'),
  };
  const parameters = parametersOf(part);
  if (part.type === 'multipart') {
    const parts = part.children.map(bodyStructureOf);
    return {
      kind: 'multipart',
      subtype: part.subtype,
      parameters,
      parts: parts.length === 0 ? [noPart] : parts,
      ...extension,
    };
  }
  const within = part.kind === 'message' ? part.children[0]! : null;
  return {
    kind: 'single',
    type: part.type,
    subtype: part.subtype,
    parameters,
    id: value(header, 'content-id'),
    description: value(header, 'content-description'),
    encoding: part.encoding,
    octets: part.bodyEnd - part.bodyStart,
    lines: part.type === 'text' || within !== null ? part.lines : null,
    message: within === null ? null : { envelope: envelopeOf(within.header), body: bodyStructureOf(within) },
    md5: value(header, 'content-md5'),
    ...extension,
  };
}

function parametersOf(part: MimePart): readonly Parameter[] {
  const { contentType } = part;
  if (part.type !== 'text' || contentType?.parameters.has('charset')) return contentType?.written ?? [];
  return [...(contentType?.written ?? []), ...noPart.parameters];
}

function value(header: HeaderFields, key: string): string | null {
  return header.get(key)?.value ?? null;
}
