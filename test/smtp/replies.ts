/** Reading what a server said, strictly: the other side of `formatReply`. */
import type { Bytes } from 'mailwright/machine';

/** One reply, its lines put together. */
export interface ReadReply {
  readonly code: number;
  readonly enhanced: string | null;
  readonly lines: readonly string[];
}

const line = /^([2-5]\d\d)([ -])(?:([245]\.\d{1,3}\.\d{1,3}) )?(.*)$/;
// RFC 2034 §4: where no enhanced status belongs. 250 is EHLO's, told by the list that follows.
const bare: ReadonlySet<number> = new Set([220, 250, 334, 354]);

/** The replies in `output`, or what is wrong with it (RFC 5321 §4.2, RFC 2034 §4). */
export function readReplies(output: Bytes): readonly ReadReply[] | string {
  const text = Buffer.from(output).toString('latin1');
  const replies: ReadReply[] = [];
  let open: { code: number; enhanced: string | null; lines: string[] } | null = null;
  const lines = text.split('\r\n');
  if (lines.pop() !== '') return 'the output does not end with CRLF';
  for (const each of lines) {
    // RFC 5321 §4.5.3.1.5 counts the CRLF too; RFC 4954 §4 lets challenges be longer.
    if (each.length + 2 > 512 && !each.startsWith('334 ')) return `a line of ${each.length + 2} octets`;
    if (/[\r\n\0]/.test(each)) return 'a control character in a reply';
    const [, digits, mark, enhanced = null, rest = ''] = line.exec(each) ?? [];
    if (digits === undefined) return `no reply line: ${each}`;
    const code = Number(digits);
    if (enhanced === null ? !bare.has(code) : enhanced[0] !== digits[0]) {
      return `status does not fit: ${each}`;
    }
    if (open !== null && (open.code !== code || open.enhanced !== enhanced)) return `torn reply: ${each}`;
    open ??= { code, enhanced, lines: [] };
    open.lines.push(rest);
    if (mark === ' ') {
      replies.push(open);
      open = null;
    }
  }
  return open === null ? replies : 'a reply without its last line';
}

/** What is wrong with `output`, in the form that `fuzzMachine` takes. */
export function faultOf(output: Bytes): string | undefined {
  const replies = readReplies(output);
  return typeof replies === 'string' ? replies : undefined;
}

/** The codes of the replies in `output`. */
export function codesOf(output: Bytes): readonly number[] {
  const replies = readReplies(output);
  if (typeof replies === 'string') throw new Error(replies);
  return replies.map(({ code }) => code);
}
