/** Lines that are longer than they may be (RFC 5322 §2.1.1), found without looking at each line. */
import type { Buffer } from 'node:buffer';
import type { Defects } from './defect.ts';

const LF = 10;

/**
 * Reports the lines among `octets[start..end)` in which more than `limit` octets and a CR precede the
 * line feed. The octets begin with a line, and end with a line feed or at the end of the message.
 *
 * A window of the longest line that may be is searched for its last line feed: what lies before that
 * is short enough, however many lines it is.
 */
export function reportLongLines(
  octets: Buffer,
  start: number,
  end: number,
  limit: number,
  defects: Defects,
): void {
  let line = start;
  while (end - line > limit + 1) {
    let feed = octets.lastIndexOf(LF, line + limit + 1);
    if (feed < line) {
      defects.add('line-length', line);
      feed = octets.indexOf(LF, line);
      if (feed === -1) return;
    }
    line = feed + 1;
  }
}
