/**
 * The journal: where everything that a file spool says becomes durable, many records at a time.
 *
 * **Group commit.** One batch is written and synced at a time; what comes meanwhile gathers for the
 * next, so that the more there is to do, the more records share one sync. A batch is one write, which
 * is durable when it returns (`O_DSYNC`): one round trip to the thread pool and no second system
 * call. Segments are filled with zeros before they are used: then no write has to change the file
 * system's metadata, which about halves the cost of making it durable. (Not while batches are large: see `fillBelow`.)
 *
 * **A sync that failed is never repeated on the same file**, because the system may by then have
 * forgotten which pages it could not write and report success. The batch is written again, whole, to a new
 * segment; if that fails too, everything in it is refused. The suspect segment is cut off behind its
 * last durable record, and what stands before stays good.
 */
import { Buffer } from 'node:buffer';
import type { Bytes } from '../../machine/index.ts';
import { type Files, type OpenFile, writeAll } from './files.ts';
import { encodeRecord, type JournalRecord, noId, recordSize, sizeBound } from './record.ts';
import { Segment } from './segment.ts';
import { storageError } from './storage-error.ts';

/** Where a record stands. */
export interface Place {
  readonly segment: Segment;
  readonly at: number;
  /** Octets of its context. */
  readonly contextSize: number;
}

/** What a journal works with. */
export interface JournalOptions {
  readonly files: Files;
  readonly directory: string;
  readonly segmentSize: number;
  /** The highest segment number so far. */
  readonly lastNumber: number;
  readonly random: (octets: number) => Bytes;
  /** The highest fencing token, to be repeated in each segment. */
  readonly term: () => bigint;
  /** A segment has got its first record. */
  readonly onSegment: (segment: Segment) => void;
  /** More is about to be appended: a message that is complete in moments, most likely. */
  readonly expectsMore: () => boolean;
}

interface Pending {
  readonly record: JournalRecord;
  readonly done: (place: Place) => void;
  readonly failed: (error: unknown) => void;
}

/** Octets to write at once: beyond this a batch gains nothing, and the last one in it waits longer. */
const batchLimit = 512 * 1024;
/**
 * How long a batch waits for what is expected, in milliseconds: about as long as a fast disk takes for a
 * sync. With ten busy sessions that doubles the batches, and a sync less costs more than the waiting.
 */
const gatheringTime = 0.4;
/** Records that are worth a sync of their own. */
const fullBatch = 64;
/** Octets to fill with zeros before each sync, so that the filling does not hold up the commits. */
const fillStep = 1024 * 1024;
/** From this size of batches on, the writing costs more than the metadata, and filling would double the writing. */
const fillBelow = 65_536;
/** The part of a segment kept for deletions and updates, so that a full disk can be emptied. */
const reservedPart = 1 / 16;

/** Appends records durably. See the top of this file. */
export class Journal {
  readonly #options: JournalOptions;
  #lastNumber: number;
  #pending: Pending[] = [];
  #running: Promise<void> | undefined;
  #current: { readonly segment: Segment; readonly file: OpenFile } | undefined;
  #spare: Promise<{ readonly segment: Segment; readonly file: OpenFile } | undefined> | undefined;
  #buffer = Buffer.allocUnsafe(batchLimit);
  /** Octets of the latest batches, on average. */
  #usualBatch = 0;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#lastNumber = options.lastNumber;
    this.#spare = this.#prepare().catch(() => undefined);
  }

  /**
   * Makes a record durable. `done` is told its place before anything else happens, in the order of the calls.
   *
   * @throws SpoolError (as a rejection) when the record is not in the journal
   */
  append(record: JournalRecord, done: (place: Place) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pending.push({
        record,
        done: (place) => {
          done(place);
          resolve();
        },
        failed: reject,
      });
      this.#running ??= this.#run();
    });
  }

  /** Waits for what was appended, and closes the files. Nothing may be appended after. */
  async close(): Promise<void> {
    await this.#running;
    await this.#seal();
    const spare = await this.#spare;
    if (spare === undefined) return;
    this.#current = spare;
    await this.#seal();
  }

  async #run(): Promise<void> {
    while (this.#pending.length > 0) {
      await this.#gather();
      await this.#write(this.#takeBatch());
    }
    this.#running = undefined;
  }

  /** Lets other sockets have their say, in this turn of the event loop and in a few more while it is worth it. */
  async #gather(): Promise<void> {
    const end = performance.now() + gatheringTime;
    do await new Promise(setImmediate);
    while (this.#pending.length < fullBatch && this.#options.expectsMore() && performance.now() < end);
  }

  #takeBatch(): Pending[] {
    let count = 0;
    for (let bound = 0; count < this.#pending.length; count++) {
      bound += sizeBound((this.#pending[count] as Pending).record);
      if (bound > batchLimit && count > 0) break;
    }
    const batch = this.#pending.slice(0, count);
    this.#pending = this.#pending.slice(count);
    return batch;
  }

  async #write(batch: readonly Pending[]): Promise<void> {
    let accepted = batch;
    if (!this.#hasRoom(batch, reservedPart)) {
      try {
        await this.#rotate();
      } catch (error) {
        // There is no next segment. What frees room, or moves a message on, may use what was kept for it.
        accepted = batch.filter(({ record }) => !bringsMail(record));
        const fits = this.#hasRoom(accepted, 0);
        for (const { record, failed } of batch) if (!fits || bringsMail(record)) failed(error);
        if (!fits) return;
      }
    }
    try {
      await this.#put(accepted);
    } catch {
      try {
        await this.#rotate();
        await this.#put(accepted);
      } catch (error) {
        for (const { failed } of accepted) failed(storageError('could not write the journal', error));
      }
    }
  }

  #hasRoom(batch: readonly Pending[], keptPart: number): boolean {
    if (this.#current === undefined) return false;
    const bound = batch.reduce((sum, { record }) => sum + sizeBound(record), 0);
    return this.#current.segment.end + bound <= this.#options.segmentSize * (1 - keptPart);
  }

  /** Writes a batch into the present segment with one durable write, and tells everyone in it. */
  async #put(batch: readonly Pending[]): Promise<void> {
    if (this.#current === undefined) throw new Error('there is no segment');
    const { segment, file } = this.#current;
    const start = segment.end;
    const bound = batch.reduce((sum, { record }) => sum + sizeBound(record), start === 0 ? 1024 : 0);
    if (bound > this.#buffer.length) this.#buffer = Buffer.allocUnsafe(bound);
    const buffer = this.#buffer;
    let length = start === 0 ? this.#encodeTitle(segment, buffer) : 0;
    const places: Place[] = [];
    for (const { record } of batch) {
      const contextSize = encodeRecord(record, segment.tag, buffer, length);
      places.push({ segment, at: start + length, contextSize });
      length += recordSize(record.kind, contextSize, record.bodySize);
    }
    try {
      await writeAll(file, buffer.subarray(0, length), start);
    } catch (error) {
      await this.#seal();
      throw error;
    }
    segment.end = start + length;
    this.#usualBatch += (length - this.#usualBatch) / 16;
    if (start === 0) this.#options.onSegment(segment);
    places.forEach((place, i) => {
      batch[i]?.done(place);
    });
    if (segment.end > this.#options.segmentSize / 2) this.#spare ??= this.#prepare().catch(() => undefined);
  }

  #encodeTitle(segment: Segment, buffer: Buffer): number {
    const at = buffer.write(segment.title, 0, 'latin1');
    const context = JSON.stringify({ token: String(this.#options.term()) });
    const term: JournalRecord = {
      kind: 'term',
      id: noId,
      due: 0,
      priority: 0,
      context,
      bodySize: 0,
      bodyCrc: 0,
    };
    return at + recordSize('term', encodeRecord(term, segment.tag, buffer, at), 0);
  }

  /** Goes over to a new segment. */
  async #rotate(): Promise<void> {
    const next = (await this.#spare) ?? (await this.#prepare());
    this.#spare = undefined;
    await this.#seal();
    this.#current = next;
  }

  /** Ends the present segment behind its last durable record; a file without any is removed. */
  async #seal(): Promise<void> {
    if (this.#current === undefined) return;
    const { segment, file } = this.#current;
    this.#current = undefined;
    try {
      await file.truncate(segment.end);
    } catch {
      // Zeros, or records that nobody was told of, stay behind the end: the reader copes with both.
    }
    try {
      await file.close();
      if (segment.end === 0) await this.#options.files.remove(segment.path);
    } catch {
      // What counts was durable before; a file that stays behind is empty to the reader.
    }
  }

  /** Makes a segment: a new file, usually full of zeros, its name durable. */
  async #prepare(): Promise<{ readonly segment: Segment; readonly file: OpenFile }> {
    const { files, directory, segmentSize, random } = this.#options;
    const tag = Buffer.from(random(8)).toString('hex');
    const segment = new Segment(directory, ++this.#lastNumber, tag);
    const filledSize = this.#usualBatch < fillBelow ? segmentSize : 0;
    try {
      const filling = await files.open(segment.path, 'create');
      try {
        const zeros = Buffer.alloc(Math.min(fillStep, segmentSize));
        for (let at = 0; at < filledSize; at += zeros.length) {
          await writeAll(filling, zeros.subarray(0, filledSize - at), at);
          await filling.sync();
        }
      } finally {
        await filling.close();
      }
      await files.syncDirectory(directory);
      return { segment, file: await files.open(segment.path, 'durable') };
    } catch (error) {
      await files.remove(segment.path).catch(() => undefined);
      throw storageError('could not make a new journal segment', error);
    }
  }
}

function bringsMail({ kind }: JournalRecord): boolean {
  return kind === 'mail' || kind === 'file';
}
