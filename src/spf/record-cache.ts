/**
 * Records parsed once: most mail of a server is from a few large senders, whose records lie behind the same
 * few names.
 */
import { type ParsedRecord, parseRecord } from './parse.ts';

const parsed = new Map<string, ParsedRecord>();
/** Texts come from strangers: the cache starts anew rather than grow, and long ones stay out of it. */
const mostRecords = 1000;
const longestText = 1000;

/** What `parseRecord` gives; the same object for the same text, so nobody may change it. */
export function parsedRecord(text: string): ParsedRecord {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const record = parseRecord(text);
  if (text.length <= longestText) {
    if (parsed.size === mostRecords) parsed.clear();
    parsed.set(text, record);
  }
  return record;
}
