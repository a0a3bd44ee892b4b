/**
 * Composing a message (RFC 5322, RFC 2045, RFC 2046) from typed parts.
 *
 * Nothing is taken from a clock or a random source: the caller gives the date and the identifier, and
 * boundaries are made from the identifier, so that the same input always gives the same octets.
 */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { Bytes } from '../../machine/index.ts';
import type { AddressInput } from './address.ts';
import { ComposedMessage } from './composed.ts';
import { checkedId, type FieldInput, type FieldValue, formatField } from './field.ts';
import { ComposeMisuse } from './misuse.ts';
import { type FilePart, type PartInput, type StreamedContent, typeOf } from './part.ts';
import { base64, canonical, type EncodedBody, encodeText, unencoded } from './text-encoding.ts';

/** A message to be composed. */
export interface MessageInput {
  readonly from: AddressInput | readonly AddressInput[];
  /** Who sent it for several authors, or in another's name (RFC 5322 §3.6.2). */
  readonly sender?: AddressInput;
  readonly replyTo?: readonly AddressInput[];
  readonly to?: readonly AddressInput[];
  readonly cc?: readonly AddressInput[];
  readonly subject?: string;
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly date: number;
  /** Minutes east of UTC, 0 by default. */
  readonly offset?: number;
  /** Without angle brackets; unique for ever (RFC 5322 §3.6.4). */
  readonly messageId: string;
  readonly inReplyTo?: readonly string[];
  readonly references?: readonly string[];
  /** Other fields, in order; those above and those of MIME are not among them. */
  readonly fields?: readonly FieldInput[];
  readonly body: PartInput;
}

/** What the way to the recipient can carry. */
export interface ComposeOptions {
  /** UTF-8 in header fields and addresses (SMTPUTF8, RFC 6531); off by default. */
  readonly utf8?: boolean;
  /** Octets above 127 in bodies (8BITMIME, RFC 6152); off by default. */
  readonly eightBit?: boolean;
}

/**
 * Composes a message.
 *
 * @throws ComposeMisuse when an address, identifier, field name, URI or type is none
 *
 * @example
 * ```ts
 * import { composeMessage, textPart } from 'mailwright/mime';
 *
 * const message = composeMessage({
 *   from: { name: 'Zoë', address: 'zoe@example.com' },
 *   to: ['sam@example.org'],
 *   subject: 'Lunch?',
 *   date: Date.now(),
 *   messageId: `${crypto.randomUUID()}@example.com`,
 *   body: textPart('At one?'),
 * });
 * message.octets();
 * ```
 */
export function composeMessage(message: MessageInput, options: ComposeOptions = {}): ComposedMessage {
  const writer = new MessageWriter(message, options);
  writer.header(message);
  writer.part(message.body, true);
  return writer.finish();
}

class MessageWriter {
  readonly #utf8: boolean;
  readonly #eightBit: boolean;
  readonly #boundary: string;
  #boundaries = 0;
  #text = '';
  readonly #segments: (Bytes | StreamedContent)[] = [];
  readonly #bodies = new Map<LeafInput, Body>();
  #hasUtf8 = false;

  constructor(message: MessageInput, { utf8 = false, eightBit = false }: ComposeOptions) {
    this.#utf8 = utf8;
    this.#eightBit = eightBit;
    this.#boundary = freeBoundary(checkedId(message.messageId), message.body);
  }

  header(message: MessageInput): void {
    const { from, sender, replyTo, to, cc, subject, date, offset, inReplyTo, references } = message;
    this.#field('Date', offset === undefined ? { date } : { date, offset });
    this.#field('From', { addresses: [from].flat() as AddressInput[] });
    this.#field('Sender', sender === undefined ? undefined : { addresses: [sender] });
    this.#field('Reply-To', replyTo && { addresses: replyTo });
    this.#field('To', to && { addresses: to });
    this.#field('Cc', cc && { addresses: cc });
    this.#field('Subject', subject === undefined ? undefined : { text: subject });
    this.#field('Message-ID', { ids: [message.messageId] });
    this.#field('In-Reply-To', inReplyTo && { ids: inReplyTo });
    this.#field('References', references && { ids: references });
    this.#others(message.fields);
    this.#field('MIME-Version', { token: '1.0' });
  }

  part(part: PartInput, top: boolean): void {
    const boundary = part.kind === 'multipart' ? `${this.#boundary}_${++this.#boundaries}` : '';
    const encoding = this.#encodingOf(part);
    this.#field('Content-Type', { value: typeOf(part), parameters: typeParameters(part, boundary) });
    if (encoding !== '7bit') this.#field('Content-Transfer-Encoding', { token: encoding });
    if (part.kind === 'file') this.#field('Content-Disposition', disposition(part));
    if (part.contentId !== undefined) this.#field('Content-ID', { ids: [part.contentId] });
    this.#others(part.fields);
    this.#text += '\r\n';
    if (part.kind === 'multipart') {
      for (const child of part.parts) {
        this.#text += `--${boundary}\r\n`;
        this.part(child, false);
        this.#text += '\r\n';
      }
      this.#text += `--${boundary}--${top ? '\r\n' : ''}`;
    } else {
      const body = this.#body(part);
      this.#flush();
      this.#segments.push('octets' in body ? body.octets : body.content);
    }
  }

  /** RFC 2045 §6.4: a multipart has the widest of its parts' encodings, but never encodes them again. */
  #encodingOf(part: PartInput): Body['encoding'] {
    if (part.kind !== 'multipart') return this.#body(part).encoding;
    return part.parts.some((each) => this.#encodingOf(each) === '8bit') ? '8bit' : '7bit';
  }

  #body(part: LeafInput): Body {
    let body = this.#bodies.get(part);
    if (body === undefined) {
      body = bodyOf(part, this.#eightBit);
      this.#bodies.set(part, body);
    }
    return body;
  }

  finish(): ComposedMessage {
    this.#flush();
    const last = this.#segments.at(-1);
    if (last !== undefined && !('open' in last) && !endsLine(last)) this.#segments.push(Buffer.from('\r\n'));
    return new ComposedMessage(this.#segments, {
      utf8: this.#hasUtf8,
      eightBit: [...this.#bodies.values()].some(({ encoding }) => encoding === '8bit'),
    });
  }

  #field(name: string, value: FieldValue | undefined): void {
    if (value !== undefined && !isEmpty(value)) this.#text += formatField({ name, value }, this.#utf8);
  }

  #others(fields: readonly FieldInput[] = []): void {
    for (const { name, value } of fields) {
      if (own.has(name.toLowerCase()))
        throw new ComposeMisuse('FIELD_NAME', `${name} has a place of its own`);
      this.#field(name, value);
    }
  }

  #flush(): void {
    if (this.#text === '') return;
    const octets = Buffer.from(this.#text, 'utf8');
    if (octets.length > this.#text.length) this.#hasUtf8 = true;
    this.#segments.push(octets);
    this.#text = '';
  }
}

/** Fields that are written from what the message and its parts say, at most once each (RFC 5322 §3.6). */
const own = new Set(
  'date from sender reply-to to cc subject message-id in-reply-to references mime-version content-type content-transfer-encoding content-id'.split(
    ' ',
  ),
);

function endsLine(octets: Bytes): boolean {
  return octets.at(-1) === 10;
}

/** An address or identifier list that is empty is left out: no field may be empty (RFC 5322 §3.6). */
function isEmpty(value: FieldValue): boolean {
  if ('addresses' in value) return value.addresses.length === 0;
  if ('ids' in value) return value.ids.length === 0;
  return 'uris' in value && value.uris.length === 0;
}

type LeafInput = Exclude<PartInput, { kind: 'multipart' }>;
type Body = EncodedBody | { readonly encoding: 'base64'; readonly content: StreamedContent };

function bodyOf(part: LeafInput, eightBit: boolean): Body {
  switch (part.kind) {
    case 'text':
      return typeOf(part).startsWith('message/')
        ? unencoded(canonical(part.text))
        : encodeText(part.text, eightBit);
    case 'message':
      return unencoded(part.octets);
    case 'file': {
      const { content } = part;
      if (typeof content === 'string') return base64(Buffer.from(content, 'utf8'));
      return 'open' in content ? { encoding: 'base64', content } : base64(content);
    }
  }
}

function typeParameters(part: PartInput, boundary: string): Record<string, string> {
  const given = 'parameters' in part ? part.parameters : undefined;
  if (part.kind === 'multipart') return { ...given, boundary };
  if (part.kind === 'text' && typeOf(part).startsWith('text/')) return { charset: 'utf-8', ...given };
  // RFC 2045 §5.1 had the name here before RFC 2183; many readers still look for it.
  if (part.kind === 'file' && part.filename !== undefined) return { ...given, name: part.filename };
  return { ...given };
}

function disposition(part: FilePart): FieldValue {
  const parameters = part.filename === undefined ? {} : { filename: part.filename };
  return { value: part.disposition ?? 'attachment', parameters };
}

/** A boundary that is in none of the messages within this one; encoded bodies cannot hold it. */
function freeBoundary(messageId: string, body: PartInput): string {
  const raw: Bytes[] = [];
  collectRaw(body, raw);
  for (let attempt = 0; ; attempt++) {
    const digest = createHash('sha256').update(`${attempt} ${messageId}`).digest('hex').slice(0, 24);
    const boundary = `=_${digest}`;
    if (
      !raw.some((octets) => Buffer.from(octets.buffer, octets.byteOffset, octets.length).includes(boundary))
    ) {
      return boundary;
    }
  }
}

function collectRaw(part: PartInput, raw: Bytes[]): void {
  if (part.kind === 'multipart') for (const each of part.parts) collectRaw(each, raw);
  else if (part.kind === 'message') raw.push(part.octets);
  else if (part.kind === 'text') raw.push(Buffer.from(part.text, 'utf8'));
}
