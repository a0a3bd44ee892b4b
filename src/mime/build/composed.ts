import { Buffer } from 'node:buffer';
import { Base64BodyEncoder } from '../../bytes/index.ts';
import type { Bytes } from '../../machine/index.ts';
import { ComposeMisuse } from './misuse.ts';
import type { StreamedContent } from './part.ts';

/** A composed message: octets with CRLF line ends, of which streamed files are read when they are due. */
export class ComposedMessage {
  /** What the way must offer: SMTPUTF8 for UTF-8 in the header, 8BITMIME for octets above 127 in the body. */
  readonly needs: { readonly utf8: boolean; readonly eightBit: boolean };
  readonly #segments: readonly (Bytes | StreamedContent)[];

  /** @internal */
  constructor(segments: readonly (Bytes | StreamedContent)[], needs: ComposedMessage['needs']) {
    this.#segments = segments;
    this.needs = needs;
  }

  /**
   * The whole message.
   *
   * @throws ComposeMisuse `STREAMED` when a part has streamed content: then only {@link ComposedMessage.chunks} will do
   */
  octets(): Bytes {
    const parts: Bytes[] = [];
    for (const segment of this.#segments) {
      if ('open' in segment)
        throw new ComposeMisuse('STREAMED', 'a message with streamed content has no octets()');
      parts.push(segment);
    }
    return Buffer.concat(parts);
  }

  /** The message in pieces; memory holds one at a time. It may be called again and reads sources anew. */
  async *chunks(): AsyncGenerator<Bytes, void, undefined> {
    for (const segment of this.#segments) {
      if ('open' in segment) yield* encoded(segment);
      else yield segment;
    }
  }
}

async function* encoded(source: StreamedContent): AsyncGenerator<Bytes, void, undefined> {
  const encoder = new Base64BodyEncoder();
  for await (const chunk of source.open()) {
    const lines = encoder.push(chunk);
    if (lines.length > 0) yield lines;
  }
  const rest = encoder.end();
  if (rest.length > 0) yield rest;
}
