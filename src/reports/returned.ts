/** The message that a report is about, as far as it comes with the report (RFC 6522 §3). */
import type { Bytes } from '../machine/index.ts';
import type { Message, MimePart } from '../mime/index.ts';

/** What came back: the whole message, or only its header. A view of the report's octets where nothing was encoded. */
export interface ReturnedContent {
  readonly kind: 'message' | 'header';
  readonly octets: Bytes;
}

const types: ReadonlyMap<string, ReturnedContent['kind']> = new Map([
  ['message/rfc822', 'message'],
  ['message/global', 'message'],
  ['text/rfc822-headers', 'header'],
  ['message/rfc822-headers', 'header'],
  ['message/global-headers', 'header'],
]);

/** The content that stands beside the machine-readable part of a report. */
export function returnedContent(message: Message, machineReadable: MimePart): ReturnedContent | null {
  for (const part of machineReadable.parent?.children ?? []) {
    const kind = types.get(`${part.type}/${part.subtype}`);
    if (kind === undefined) continue;
    const octets = part.kind === 'message' ? message.bodyOf(part) : message.contentOf(part).octets;
    return { kind, octets };
  }
  return null;
}
