import { join } from 'node:path';
import { Catalog } from './catalog.ts';
import type { Files } from './files.ts';
import type { SpoolProblem } from './problem.ts';
import { recordSize } from './record.ts';
import { readSegment, scanSegment } from './scan.ts';
import { Segment } from './segment.ts';

/** Where things are in a spool's directory. */
export interface Layout {
  readonly journal: string;
  /** Messages in files of their own. */
  readonly large: string;
}

/** What a restart found. */
export interface Recovered {
  readonly catalog: Catalog;
  /** The highest fencing token seen. */
  readonly term: bigint;
  readonly lastNumber: number;
}

/** The path of a message that has a file of its own. */
export function largePath(layout: Layout, id: string): string {
  return join(layout.large, `${id}.eml`);
}

/** Reads the journal back, reports what is wrong with it, and removes what a crash left half done. */
export async function recover(
  files: Files,
  layout: Layout,
  onProblem: (problem: SpoolProblem) => void,
): Promise<Recovered> {
  const catalog = new Catalog();
  let term = 0n;
  const found = (await files.list(layout.journal))
    .map((name) => Segment.named(layout.journal, name))
    .filter((segment) => segment !== undefined)
    .sort((a, b) => a.number - b.number);
  for (const segment of found) {
    const octets = await readSegment(files, segment);
    for (const item of scanSegment(octets, segment)) {
      if (item.kind !== 'record') {
        segment.end = item.at + item.octets;
        segment.damaged ||= item.kind === 'corrupt-record';
        onProblem({ ...item, path: segment.path });
        continue;
      }
      const { line, at, context } = item;
      segment.end = at + recordSize(line.kind, line.contextSize, line.bodySize);
      if (line.kind === 'term') {
        const { token } = JSON.parse(context.toString()) as { token: string };
        if (BigInt(token) > term) term = BigInt(token);
      }
      catalog.apply(line, { segment, at, contextSize: line.contextSize });
    }
    if (segment.end > 0) catalog.segments.push(segment);
    await cutZeros(files, segment, octets.length);
  }
  await matchLargeFiles(files, layout, catalog, onProblem);
  return { catalog, term, lastNumber: found.at(-1)?.number ?? 0 };
}

/** Gives back the room that was made ready in a segment and not used. */
async function cutZeros(files: Files, segment: Segment, size: number): Promise<void> {
  if (segment.end === 0) return files.remove(segment.path);
  if (segment.end === size) return;
  const file = await files.open(segment.path, 'durable');
  try {
    await file.truncate(segment.end);
  } finally {
    await file.close();
  }
}

async function matchLargeFiles(
  files: Files,
  layout: Layout,
  catalog: Catalog,
  onProblem: (problem: SpoolProblem) => void,
): Promise<void> {
  const strays = new Set((await files.list(layout.large)).map((name) => join(layout.large, name)));
  for (const entry of catalog.entries.values()) {
    if (!entry.ownFile) continue;
    const path = largePath(layout, entry.id);
    if (strays.delete(path)) continue;
    onProblem({ kind: 'missing-body', path, id: entry.id });
    catalog.apply({ ...entry, kind: 'gone', bodySize: 0 }, entry.mail);
  }
  const damaged = catalog.segments.some((segment) => segment.damaged);
  for (const path of strays) {
    // Without damage, it was never committed or is already deleted. With damage, it may be all that is left of a message.
    if (damaged) onProblem({ kind: 'stray-file', path });
    else await files.remove(path);
  }
}
