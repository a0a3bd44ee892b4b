/**
 * The familiar shape, by mailparser, within bounds: what it would choke on is refused before it is asked.
 *
 * It is a convenience. It loses offsets, picks one of several From fields and holds the message in memory
 * more than once: for verdicts, storage and IMAP take {@link parseMessage} or the scanner.
 */
import { Buffer } from 'node:buffer';
import type { Bytes } from '../../machine/index.ts';
import { scanMime } from '../structure/scan.ts';
import { htmlToText } from '../text/html-to-text.ts';
import type { ParsedMail } from './mail.ts';

/** Bounds; a message that passes one is not parsed. */
export interface ParseMailLimits {
  /** Octets of the message, 32 MiB by default: what large providers let pass. */
  readonly bytes?: number;
  /** Parts within parts, 30 by default. */
  readonly depth?: number;
  /** Parts in all, 500 by default. */
  readonly parts?: number;
  /** Octets of header in all parts together, 256 KiB by default. */
  readonly headerBytes?: number;
  /** Octets of one field, 64 KiB by default. */
  readonly fieldBytes?: number;
}

/** The message, or why it was not parsed. */
export type ParsedMailResult =
  | { readonly ok: true; readonly mail: ParsedMail }
  | {
      readonly ok: false;
      readonly why: 'too-large' | 'too-deep' | 'too-many-parts' | 'header-too-large' | 'failed'; // mailparser could not read it
      readonly error?: unknown;
    };

type Refusal = Extract<ParsedMailResult, { ok: false }>['why'];

const defaults: Required<ParseMailLimits> = {
  bytes: 33_554_432,
  depth: 30,
  parts: 500,
  headerBytes: 262_144,
  fieldBytes: 65_536,
};

/**
 * Parses a message from a stream, a file or memory.
 *
 * Nothing in the message makes this throw; an error of the source is passed on.
 *
 * @example
 * ```ts
 * import { parseMail } from 'mailwright/mime';
 *
 * const result = await parseMail([new TextEncoder().encode('Subject: Hi\r\n\r\nHello\r\n')]);
 * if (result.ok) console.log(result.mail.subject, result.mail.text);
 * ```
 */
export async function parseMail(
  source: AsyncIterable<Bytes> | Iterable<Bytes>,
  limits: ParseMailLimits = {},
): Promise<ParsedMailResult> {
  const bounds = { ...defaults, ...limits };
  const octets = await gather(source, bounds.bytes);
  if (octets === null) return { ok: false, why: 'too-large' };
  const why = excess(octets, bounds);
  if (why !== null) return { ok: false, why };
  try {
    // Only now: it brings more code than all the rest of a mail server.
    const { simpleParser } = await import('mailparser');
    const { html, ...parsed } = await simpleParser(octets, {
      skipHtmlToText: true,
      skipTextToHtml: true,
      skipImageLinks: true,
      keepCidLinks: true,
    });
    const mail = html === undefined || html === false ? parsed : { ...parsed, html };
    const text = mail.text || ('html' in mail ? htmlToText(mail.html) : mail.text);
    return { ok: true, mail: text === undefined ? mail : { ...mail, text } };
  } catch (error) {
    return { ok: false, why: 'failed', error };
  }
}

async function gather(source: AsyncIterable<Bytes> | Iterable<Bytes>, most: number): Promise<Buffer | null> {
  const chunks: Bytes[] = [];
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > most) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Which bound the message passes; `null`: none. */
function excess(octets: Buffer, bounds: Required<ParseMailLimits>): Refusal | null {
  const { depth, parts, headerBytes, fieldBytes } = bounds;
  const { root } = scanMime(octets, { limits: { depth: depth + 1, parts: parts + 1, headerBytes } });
  const open = [{ part: root, level: 0 }];
  let count = 0;
  let size = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { part, level } = next;
    if (level > depth) return 'too-deep';
    if (++count > parts) return 'too-many-parts';
    size += part.bodyStart - part.headerStart;
    if (size > headerBytes) return 'header-too-large';
    for (const field of part.header) if (field.end - field.start > fieldBytes) return 'header-too-large';
    for (const child of part.children) open.push({ part: child, level: level + 1 });
  }
  return null;
}
