/**
 * Reads replies as a server sends them (RFC 5321 §4.2.1).
 *
 *     reply = *( code "-" [text] CRLF ) code [ SP [text] ] CRLF
 *     code  = %x32-35 %x30-39 %x30-39
 *
 * A line may end with LF alone: in what a server says there is no content of others that could be
 * cut apart there, and some old servers write so. Everything else is strict.
 */
import { Buffer } from 'node:buffer';
import { decodeUtf8, latin1Text } from '../../bytes/index.ts';
import type { Bytes } from '../../machine/index.ts';
import type { ServerReply } from './transaction.ts';

/**
 * RFC 5321 §4.5.3.1.5 has reply lines end at 512 octets, which lists of mechanisms and limits exceed in
 * practice; a challenge of SASL may have 12288 (RFC 4954 §4).
 */
const maxLine = 12_288;
/** Lines of one reply: EHLO has the longest, one line for each extension. */
const maxLines = 500;
const maxReply = 65_536;

const codeAndText = /^([2-5][0-9]{2})(?:([ -])(.*))?$/s;
const enhancedStatus = /^([245])\.[0-9]{1,3}\.[0-9]{1,3}(?= |$)/;
const notText = /[\p{Cc}\p{Zl}\p{Zp}]/gu;
const notAscii = /[\x80-\xff]/;

/** Cuts replies out of the chunks that come. */
export class ReplyReader {
  #text = '';
  #at = 0;
  /** The beginning of a line whose end has not come. */
  #partial = '';
  #code = 0;
  #lines: string[] = [];
  /** Octets of the reply in hand. */
  #size = 0;
  readonly #chunks: Bytes[] = [];

  receive(chunk: Bytes): void {
    this.#chunks.push(chunk);
  }

  /** Nothing came that was not yet read. */
  get empty(): boolean {
    return (
      this.#chunks.length === 0 &&
      this.#at === this.#text.length &&
      this.#partial === '' &&
      this.#lines.length === 0
    );
  }

  clear(): void {
    this.#chunks.length = 0;
    this.#text = '';
    this.#at = 0;
    this.#partial = '';
    this.#lines = [];
    this.#size = 0;
  }

  /** The next whole reply; `null` where more must come; or what is wrong, after which nothing can be read. */
  read(): ServerReply | string | null {
    for (;;) {
      if (this.#at === this.#text.length) {
        const chunk = this.#chunks.shift();
        if (chunk === undefined) return null;
        this.#text = latin1Text(chunk);
        this.#at = 0;
      }
      const feed = this.#text.indexOf('\n', this.#at);
      const end = feed < 0 ? this.#text.length : feed + 1;
      const piece = this.#text.slice(this.#at, end);
      this.#at = end;
      this.#size += piece.length;
      const length = this.#partial.length + piece.length;
      if (length > maxLine || this.#size > maxReply) return 'the reply is too long';
      this.#partial += piece;
      if (feed < 0) continue;
      const line = this.#partial;
      this.#partial = '';
      const done = this.#takeLine(line.slice(0, line.endsWith('\r\n') ? -2 : -1));
      if (done !== null) return done;
    }
  }

  #takeLine(line: string): ServerReply | string | null {
    const [, digits, separator, text = ''] = codeAndText.exec(line) ?? [];
    const code = Number(digits ?? 0);
    if (code === 0) return 'the line is no reply';
    // RFC 5321 §4.2.1: the code is the same on every line.
    if (this.#lines.length > 0 && code !== this.#code) return 'the lines of the reply contradict each other';
    if (this.#lines.length === maxLines) return 'the reply has too many lines';
    this.#code = code;
    this.#lines.push(textOf(text));
    if (separator === '-') return null;
    const lines = this.#lines;
    this.#lines = [];
    this.#size = 0;
    return replyOf(code, lines);
  }
}

/** Text for people: UTF-8 where it is, else latin1; nothing in it moves a cursor. */
function textOf(octets: string): string {
  const text = notAscii.test(octets) ? (decodeUtf8(Buffer.from(octets, 'latin1')) ?? octets) : octets;
  return text.replace(notText, '?');
}

/** RFC 2034 §4: each line begins with the enhanced status, whose class is the code's. */
function replyOf(code: number, lines: readonly string[]): ServerReply {
  const [enhanced, family] = enhancedStatus.exec(lines[0] ?? '') ?? [];
  if (enhanced === undefined || Number(family) !== Math.trunc(code / 100)) return { code, lines };
  const rest = lines.map((line) =>
    line.startsWith(enhanced) ? line.slice(enhanced.length).trimStart() : line,
  );
  return { code, enhanced, lines: rest };
}

/** Whether a reply says yes (2yz), go on (3yz), or no. */
export function verdictOf({ code }: ServerReply): 'yes' | 'go-on' | 'no' {
  if (code < 300) return 'yes';
  return code < 400 ? 'go-on' : 'no';
}

/** What of a reply is worth keeping: a server must not fill our spool with its eloquence. */
export function abridged(reply: ServerReply): ServerReply {
  if (reply.lines.length <= 20 && reply.lines.every((line) => line.length <= 512)) return reply;
  return { ...reply, lines: reply.lines.slice(0, 20).map((line) => line.slice(0, 512)) };
}
