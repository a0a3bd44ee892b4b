/** A message for servers that take neither 8BITMIME nor BINARYMIME: re-encoded in memory, within a bound. */
import { Buffer } from 'node:buffer';
import type { Body, Bytes } from '../../machine/index.ts';
import { toSevenBit } from '../../mime/index.ts';

/** The message as it fits, or why it can't be had, in a word. */
export type SevenBitContent =
  | { readonly ok: true; readonly body: Body }
  | { readonly ok: false; readonly why: string };

/**
 * Re-encodes a message (RFC 6152 §3, RFC 3030 §3). It rejects with what the reading of the body rejects with.
 *
 * @param largest in octets, of the message and of what it becomes; the memory needed is a few times that
 */
export async function sevenBitContent(body: Body, largest: number): Promise<SevenBitContent> {
  const chunks: Bytes[] = [];
  let size = 0;
  for await (const chunk of body.open()) {
    size += chunk.length;
    if (size > largest) return { ok: false, why: 'too-large' };
    chunks.push(chunk);
  }
  const fitting = toSevenBit(Buffer.concat(chunks, size), { limit: largest });
  return fitting.ok ? { ok: true, body: bodyOf(fitting.octets) } : fitting;
}

function bodyOf(octets: Bytes): Body {
  return {
    size: octets.length,
    async *open() {
      yield octets;
    },
  };
}
