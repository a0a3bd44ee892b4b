/**
 * Reclaims the journal's space, oldest segment first, while everything else goes on.
 *
 * Only the oldest segment is ever emptied: what is still needed in it is copied to the journal's end, then
 * the file is removed. Taking them in this order is what lets a deletion's record be dropped with its
 * segment: whatever it speaks of is older still, and gone. A segment is emptied when most of the journal is
 * no longer needed, so that the journal takes at most about twice the room of its messages, and
 * copying costs at most about one write for each write.
 */
import type { Catalog, Entry } from './catalog.ts';
import type { Files } from './files.ts';
import type { SpoolProblem } from './problem.ts';
import { readSegment, scanSegment } from './scan.ts';
import type { Segment, SegmentReader } from './segment.ts';

/** What reclaiming works with. */
export interface ReclaimOptions {
  readonly files: Files;
  readonly directory: string;
  readonly segmentSize: number;
  readonly catalog: Catalog;
  readonly reader: SegmentReader;
  /** Writes a message anew at the journal's end, unless it was changed or deleted meanwhile. */
  readonly copy: (entry: Entry, from: Segment) => Promise<void>;
  readonly onProblem: (problem: SpoolProblem) => void;
}

/** Copies that wait for the same sync. */
const atOnce = 64;
/** Journals of fewer segments than this are left alone unless a segment is not needed at all. */
const fewSegments = 3;

/** Keeps the journal short. See the top of this file. */
export class Reclaim {
  readonly #options: ReclaimOptions;
  #running: Promise<void> | undefined;
  #stopped = false;
  /** Set after a failure, until the journal has grown by a segment: no use in trying on and on. */
  #failedAt = -1;

  constructor(options: ReclaimOptions) {
    this.#options = options;
  }

  /** Looks whether there is something to reclaim, and begins. Cheap enough to call after every change. */
  look(): void {
    if (this.#running !== undefined || this.#stopped || this.#candidate() === undefined) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Stops after what is in hand. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  #candidate(): Segment | undefined {
    const { segments, live } = this.#options.catalog;
    const [oldest] = segments;
    // The last one is being written.
    if (oldest === undefined || segments.length < 2 || segments.length === this.#failedAt) return undefined;
    if (oldest.live === 0) return oldest;
    if (segments.length < fewSegments) return undefined;
    // Segments that a restart left short count as whole ones: so they are merged.
    return segments.length * this.#options.segmentSize > 2 * live ? oldest : undefined;
  }

  async #run(): Promise<void> {
    for (;;) {
      const segment = this.#candidate();
      if (segment === undefined || this.#stopped) return;
      try {
        if (segment.live > 0) await this.#copyNeeded(segment);
        if (this.#stopped) return;
        await this.#remove(segment);
        this.#failedAt = -1;
      } catch (cause) {
        this.#failedAt = this.#options.catalog.segments.length;
        this.#options.onProblem({ kind: 'not-reclaimed', path: segment.path, cause });
        return;
      }
    }
  }

  async #copyNeeded(segment: Segment): Promise<void> {
    const { files, catalog, copy } = this.#options;
    const octets = await readSegment(files, segment);
    let batch: Promise<void>[] = [];
    for (const item of scanSegment(octets, segment)) {
      if (item.kind !== 'record') continue;
      const entry = catalog.entries.get(item.line.id);
      if (entry?.mail.segment !== segment || entry.mail.at !== item.at) continue;
      batch.push(copy(entry, segment));
      if (batch.length < atOnce) continue;
      await Promise.all(batch);
      batch = [];
      if (this.#stopped) return;
    }
    await Promise.all(batch);
    if (segment.live > 0) throw new Error(`${segment.live} octets of it are needed and could not be copied`);
  }

  async #remove(segment: Segment): Promise<void> {
    const { files, directory, catalog, reader } = this.#options;
    await reader.close(segment);
    if (segment.damaged) await files.rename(segment.path, `${segment.path}.damaged`);
    else await files.remove(segment.path);
    // Before the next one may go: were this one to come back alone after a power loss, so would what it held.
    await files.syncDirectory(directory);
    catalog.segments.shift();
  }
}
