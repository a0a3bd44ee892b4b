/** How tests write messages and trees down. */
import {
  decodeTransfer,
  type MimePart,
  MimeScanner,
  type MimeScanOptions,
  type MimeStructure,
} from 'mailwright/mime';

/** Lines joined by CRLF, as octets of their latin1 characters. */
export function message(...lines: string[]): Buffer {
  return Buffer.from(lines.join('\r\n'), 'latin1');
}

/** A tree in one line: `multipart/mixed(text/plain, message/rfc822(text/html))`. */
export function outline(part: MimePart): string {
  const name = `${part.type}/${part.subtype}`;
  return part.kind === 'leaf' ? name : `${name}(${part.children.map(outline).join(', ')})`;
}

/** The leaves' bodies as latin1 text, in order. */
export function leafBodies(octets: Buffer, part: MimePart): string[] {
  if (part.kind === 'leaf') return [octets.toString('latin1', part.bodyStart, part.bodyEnd)];
  return part.children.flatMap((child) => leafBodies(octets, child));
}

/** The leaves' contents without their transfer encoding, with their types; message/global counts as one. */
export function decodedLeaves(octets: Buffer, part: MimePart): string[] {
  const isWhole = part.kind === 'leaf' || (part.kind === 'message' && part.subtype === 'global');
  if (!isWhole) return part.children.flatMap((child) => decodedLeaves(octets, child));
  const body = octets.subarray(part.bodyStart, part.bodyEnd);
  const decoded = Buffer.from(decodeTransfer(body, part.encoding).octets).toString('latin1');
  return [`${part.type}/${part.subtype} ${decoded}`];
}

/** All that a scan tells, in a form that compares. */
export function facts(structure: MimeStructure): unknown {
  const of = (part: MimePart): unknown => ({
    ...{ kind: part.kind, type: part.type, subtype: part.subtype, encoding: part.encoding },
    ...{ boundary: part.boundary, delimiter: part.delimiter, closing: part.closing },
    ...{ headerStart: part.headerStart, bodyStart: part.bodyStart, bodyEnd: part.bodyEnd },
    ...{ headerLines: part.headerLines, lines: part.lines },
    fields: [...part.header].map((field) => [field.start, field.end, field.name, field.value]),
    children: part.children.map(of),
  });
  return { ...structure, root: of(structure.root) };
}

/** Scans chunk by chunk; gives the structure and what the observer saw of each leaf. */
export function scanChunks(
  chunks: Iterable<Buffer>,
  limits: MimeScanOptions['limits'] = {},
): { structure: MimeStructure; seen: Map<MimePart, Buffer> } {
  const pieces = new Map<MimePart, Buffer[]>();
  const scanner = new MimeScanner({
    limits,
    observer: {
      body: (part, chunk) => {
        const of = pieces.get(part) ?? [];
        pieces.set(part, of);
        of.push(Buffer.from(chunk));
      },
    },
  });
  for (const chunk of chunks) scanner.push(chunk);
  const structure = scanner.end();
  return { structure, seen: new Map([...pieces].map(([part, chunks]) => [part, Buffer.concat(chunks)])) };
}

/** `octets` cut at these places. */
export function cutAt(octets: Buffer, places: readonly number[]): Buffer[] {
  const edges = [0, ...[...places].sort((a, b) => a - b), octets.length];
  return edges.slice(1).map((end, at) => octets.subarray(edges[at], end));
}
