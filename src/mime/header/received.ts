/**
 * Trace fields (RFC 5321 §4.4):
 *
 *     Received: from NAME (info) by NAME (info) via LINK with PROTOCOL id ID for PATH; date-time
 *
 * Clauses come in any order in practice and any may be missing. Nothing in a Received field below
 * those of servers that one trusts is more than a claim.
 */
import { commentEnd } from './comment.ts';
import { parseDate } from './date.ts';
import type { MailDate } from './mail-date.ts';

/** What one hop tells of itself. A clause that is not there is absent. */
export interface Received {
  /** The name that the client gave in HELO, or an address literal without brackets. */
  readonly from?: string;
  /** The client's IP address as the server saw it, where it says so: in `from`'s brackets or comment. */
  readonly fromAddress?: string;
  /** The client's name that the server looked up, where the comment begins with one. */
  readonly fromHost?: string;
  readonly by?: string;
  readonly via?: string;
  /** The protocol (RFC 3848): `ESMTPS`. */
  readonly with?: string;
  readonly id?: string;
  /** The recipient, without angle brackets. */
  readonly for?: string;
  readonly date: MailDate | null;
}

const clauses = new Set(['from', 'by', 'via', 'with', 'id', 'for']);

/** More words than a hop writes. */
const mostWords = 100;

interface Word {
  readonly text: string;
  readonly comment: boolean;
}

type Draft = { -readonly [K in keyof Received]: Received[K] };

/**
 * Parses the unfolded value of a Received field.
 *
 * @example
 * ```ts
 * import { parseReceived } from 'mailwright/mime';
 *
 * const hop = parseReceived(
 *   'from a.example (a.example [192.0.2.1]) by b.example with ESMTP id 1; Fri, 21 Nov 1997 09:55:06 -0600',
 * );
 * hop.fromAddress; // '192.0.2.1'
 * ```
 */
export function parseReceived(value: string): Received {
  const { words, end } = readWords(value);
  const draft: Draft = { date: end === -1 ? null : parseDate(value.slice(end)) };
  for (let i = 0; i < words.length; i++) {
    const { text, comment } = words[i] as Word;
    const name = text.toLowerCase();
    const next = words[i + 1];
    if (comment || !isClause(name) || draft[name] !== undefined || next === undefined || next.comment)
      continue;
    draft[name] = next.text.replace(/^<(.*)>$/s, '$1');
    i++;
    if (name === 'from') peer(draft, words.slice(i + 1, i + 4));
  }
  return draft;
}

function isClause(name: string): name is 'from' | 'by' | 'via' | 'with' | 'id' | 'for' {
  return clauses.has(name);
}

/** RFC 5321 §4.4: `TCP-info = address-literal / (Domain FWS address-literal)`, in a comment after the name. */
function peer(draft: Draft, after: readonly Word[]): void {
  const literal = addressLiteral(draft.from ?? '');
  if (literal !== undefined) {
    draft.from = literal;
    draft.fromAddress = literal;
  }
  for (const { text, comment } of after) {
    if (!comment) return;
    const open = text.lastIndexOf('[');
    const close = text.indexOf(']', open);
    // qmail leaves the brackets out: `(HELO name) (192.0.2.1)`.
    const address = open === -1 ? addressLiteral(`[${text}]`) : addressLiteral(text.slice(open, close + 1));
    if (address === undefined) continue;
    draft.fromAddress = address;
    const host = text.slice(0, Math.max(open, 0)).trim();
    if (/^[\w.-]{1,255}$/.test(host) && host !== 'unknown') draft.fromHost = host;
    return;
  }
}

/** RFC 5321 §4.1.3: `[192.0.2.1]`, `[IPv6:2001:db8::1]`; many leave the tag out. */
function addressLiteral(text: string): string | undefined {
  return /^\[(?:IPv6:)?([0-9a-f.:]{2,45})\]$/i.exec(text)?.[1];
}

/** Words and comments up to the last semicolon outside comments, which the date follows. */
function readWords(value: string): { words: Word[]; end: number } {
  const words: Word[] = [];
  let end = -1;
  let before = 0;
  /** Comments still close: the first that does not is a word, and so are all after it. */
  let closed = true;
  let at = 0;
  while (at < value.length) {
    const code = value.charCodeAt(at);
    if (code <= 32) at++;
    else if (code === 59) {
      end = ++at;
      before = words.length;
    } else {
      const close = code === 40 && closed ? commentEnd(value, at) : -1;
      const comment = close !== -1;
      if (code === 40 && !comment) closed = false;
      const next = comment ? close : wordEnd(value, at);
      if (words.length < mostWords) {
        words.push({ text: comment ? value.slice(at + 1, next - 1) : value.slice(at, next), comment });
      }
      at = next;
    }
  }
  return { words: end === -1 ? words : words.slice(0, before), end };
}

function wordEnd(value: string, at: number): number {
  let end = at + 1;
  for (; end < value.length; end++) {
    const code = value.charCodeAt(end);
    if (code <= 32 || code === 40 || code === 59) break;
  }
  return end;
}
