/** Counts the lines of a message in memory: of all parts in one pass, when those of one are asked for. */
import type { Bytes } from '../../machine/index.ts';
import type { ScannedPart } from './part.ts';

const LF = 10;

/** Fills in `headerLines` and `lines` of the message's own entity and of all within it. */
export function countLines(root: ScannedPart, octets: Bytes): void {
  let count = 0;
  let feed = octets.indexOf(LF);
  /** Line feeds before `place`; no place is less than the one before. */
  const upTo = (place: number): number => {
    while (feed !== -1 && feed < place) {
      count++;
      feed = octets.indexOf(LF, feed + 1);
    }
    return count;
  };
  const visit = (part: ScannedPart): void => {
    const before = upTo(part.headerStart);
    const header = upTo(part.bodyStart);
    for (const child of part.children) visit(child);
    part.setLines(header - before, upTo(part.bodyEnd) - header);
  };
  visit(root);
}
