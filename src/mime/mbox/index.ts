/** Messages in files, and in pieces. */
export { readEml, writeEml } from './eml.ts';
export { LineEnds } from './line-ends.ts';
export { type MboxMessage, type ReadMboxOptions, readMbox, writeMbox } from './mbox.ts';
export { type MboxEvent, type MboxFormat, type MboxOptions, MboxReader } from './mbox-reader.ts';
export { type MboxEnvelope, MboxWriter } from './mbox-writer.ts';
export { type JoinedPartials, joinPartials } from './partial.ts';
