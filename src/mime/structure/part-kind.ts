/** Whether a part is looked into, by its media type, its encoding and the limits. */
import type { Defects } from './defect.ts';
import { longestBoundary, type MimeLimits } from './limits.ts';
import type { MimePart, ScannedPart } from './part.ts';

/** Decides the kind of a part whose header section has just been read, and tidies its boundary. */
export function kindOf(
  part: ScannedPart,
  limits: Required<MimeLimits>,
  partsLeft: number,
  defects: Defects,
): MimePart['kind'] {
  const isMessage = part.type === 'message' && (part.subtype === 'rfc822' || part.subtype === 'global');
  if (!isMessage && part.type !== 'multipart') return 'leaf';
  if (part.encoding === 'base64' || part.encoding === 'quoted-printable') {
    // RFC 2045 §6.4 forbids it. A multipart so marked is in truth not encoded; a message may be.
    defects.add('encoded-composite', part.headerStart);
    if (isMessage) return 'leaf';
  }
  if (part.depth >= limits.depth) {
    defects.add('depth', part.headerStart);
    return 'leaf';
  }
  if (isMessage) {
    if (partsLeft > 0) return 'message';
    defects.add('parts', part.bodyStart);
    return 'leaf';
  }
  const boundary = part.boundary?.trimEnd() ?? '';
  if (boundary === '' || boundary.length > longestBoundary) {
    defects.add(boundary === '' ? 'no-boundary' : 'boundary-length', part.headerStart);
    part.boundary = null;
    return 'leaf';
  }
  part.boundary = boundary;
  if (boundary.length > limits.boundaryLength) defects.add('boundary-length', part.headerStart);
  return 'multipart';
}
