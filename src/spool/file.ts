import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Body, Bytes } from '../machine/index.ts';
import type { Context, ContextPatch, NewContext, SpoolId } from './context.ts';
import { completeContext, decodeContext, encodeContext, patchContext, roomToGrow } from './context-change.ts';
import type {
  BeginOptions,
  ListOptions,
  OctetRange,
  Spool,
  SpoolChange,
  SpoolEntry,
  SpoolWriter,
  WriteOptions,
} from './contract.ts';
import { SpoolError } from './error.ts';
import { checkedToken, Fence } from './fence.ts';
import type { Catalog, Entry } from './file/catalog.ts';
import { Content, notFound } from './file/content.ts';
import { blank, recordOf } from './file/context-record.ts';
import { type Files, systemFiles } from './file/files.ts';
import { FileIntake } from './file/intake.ts';
import { Journal } from './file/journal.ts';
import { DirectorySync, LargeBody } from './file/large-body.ts';
import { lockDirectory } from './file/lock.ts';
import type { SpoolProblem } from './file/problem.ts';
import { Recent } from './file/recent.ts';
import { Reclaim } from './file/reclaim.ts';
import { type JournalRecord, noId } from './file/record.ts';
import { type Layout, largePath, type Recovered, recover } from './file/recovery.ts';
import { type Segment, SegmentReader } from './file/segment.ts';
import { storageError } from './file/storage-error.ts';
import { cutRange } from './octet-range.ts';
import { type UlidOptions, ulids } from './ulid.ts';
import { Watchers } from './watchers.ts';
import { GuardedWriter } from './writer.ts';

/** Options of {@link FileSpool}; the clock and the randomness for ids are those of {@link UlidOptions}. */
export interface FileSpoolOptions extends UlidOptions {
  /**
   * Octets up to which a message is kept in the journal, and in memory until its commit; a larger one gets
   * a file of its own. Default 131,072, at most 1,048,576.
   */
  readonly inlineLimit?: number;
  /** Octets of a segment of the journal. Default 33,554,432 (32 MiB), at least 65,536. */
  readonly segmentSize?: number;
  /**
   * Octets of messages that are kept in memory after their commit where they are due, so that delivering them at
   * once reads nothing from the disk. Default 16,777,216 (16 MiB); 0 for none.
   */
  readonly recentOctets?: number;
  /** Told of what was found wrong and left aside, while opening and later. Default: nobody is told. */
  readonly onProblem?: (problem: SpoolProblem) => void;
  /** The file system. Default: the machine's own; a test injects failures here. */
  readonly files?: Files;
}

type Settled = FileSpoolOptions &
  Required<Pick<FileSpoolOptions, 'files' | 'inlineLimit' | 'segmentSize' | 'recentOctets'>>;

const defaultInlineLimit = 131_072;
const defaultSegmentSize = 33_554_432;
const defaultRecentOctets = 16_777_216;
/** A message that began within so many milliseconds is expected to be complete in moments. */
const justBegun = 1;

/**
 * A spool in a directory of one machine, for one process at a time.
 *
 * What it acknowledges survives power loss: message, context and names in directories are synced before
 * `commit`, `update` or `delete` resolve. Many changes share one sync (group commit), so the more sessions
 * there are, the less each one waits. In memory it keeps less than 300 octets for each message, and contexts
 * and bodies only of those that are due at once. docs/spool-format.md describes the files; `less` shows the mail.
 *
 * Several worker processes each take a subdirectory of their own; the second process in one directory
 * is refused with `SPOOL_LOCKED`.
 *
 * @example
 * ```ts
 * import { FileSpool } from 'mailwright/spool';
 *
 * const spool = await FileSpool.open('/var/spool/mailwright/worker-1', {
 *   onProblem: (problem) => console.warn(problem),
 * });
 * console.log(await spool.count(), 'messages wait');
 * await spool.close();
 * ```
 */
export class FileSpool implements Spool {
  readonly #files: Files;
  readonly #layout: Layout;
  readonly #inlineLimit: number;
  readonly #catalog: Catalog;
  readonly #fence: Fence;
  readonly #journal: Journal;
  readonly #reclaim: Reclaim;
  readonly #reader: SegmentReader;
  readonly #content: Content;
  readonly #recent: Recent;
  readonly #largeNames: DirectorySync;
  readonly #unlock: () => Promise<void>;
  readonly #now: () => number;
  readonly #nextId: () => SpoolId;
  readonly #watchers = new Watchers();
  readonly #begun = new Set<SpoolWriter>();
  /** When the latest of them began, by the monotonic clock. */
  #lastBegun = 0;
  readonly #inHand = new Set<Promise<unknown>>();
  readonly #turns = new Map<SpoolId, Promise<unknown>>();
  #closing: Promise<void> | undefined;

  /**
   * Opens the spool of a directory, which is made when it does not exist, and reads its journal back.
   *
   * @throws SpoolError (as a rejection) `SPOOL_LOCKED`, `SPOOL_FORMAT`, `SPOOL_DENIED`, `SPOOL_READ_ONLY`,
   *   `SPOOL_FULL`, `SPOOL_IO`; `SPOOL_MISUSE` for options out of range
   */
  static async open(directory: string, options: FileSpoolOptions = {}): Promise<FileSpool> {
    const {
      files = systemFiles,
      inlineLimit = defaultInlineLimit,
      segmentSize = defaultSegmentSize,
      recentOctets = defaultRecentOctets,
    } = options;
    if (!(inlineLimit >= 0 && inlineLimit <= 1_048_576 && segmentSize >= 65_536 && recentOctets >= 0)) {
      throw new SpoolError(
        'SPOOL_MISUSE',
        'inlineLimit must be at most 1 MiB, segmentSize at least 64 KiB, and recentOctets not negative',
      );
    }
    const layout: Layout = { journal: join(directory, 'journal'), large: join(directory, 'large') };
    let unlock: (() => Promise<void>) | undefined;
    try {
      for (const path of [layout.journal, layout.large]) await files.makeDirectory(path);
      unlock = await lockDirectory(files, directory);
      await files.syncDirectory(directory);
      const recovered = await recover(files, layout, options.onProblem ?? (() => undefined));
      const settled = { ...options, files, inlineLimit, segmentSize, recentOctets };
      return new FileSpool(settled, layout, unlock, recovered);
    } catch (error) {
      await unlock?.();
      throw storageError(`could not open the spool ${directory}`, error);
    }
  }

  private constructor(options: Settled, layout: Layout, unlock: () => Promise<void>, recovered: Recovered) {
    const { files } = options;
    this.#files = files;
    this.#layout = layout;
    this.#unlock = unlock;
    this.#inlineLimit = options.inlineLimit;
    this.#now = options.now ?? Date.now;
    this.#nextId = ulids(options);
    this.#catalog = recovered.catalog;
    this.#fence = new Fence(recovered.term);
    this.#reader = new SegmentReader(files);
    this.#content = new Content(files, layout, this.#reader);
    this.#recent = new Recent(options.recentOctets);
    this.#largeNames = new DirectorySync(files, layout.large);
    this.#journal = new Journal({
      files,
      directory: layout.journal,
      segmentSize: options.segmentSize,
      lastNumber: recovered.lastNumber,
      random: options.random ?? randomBytes,
      term: () => this.#fence.highest,
      onSegment: (segment) => this.#catalog.segments.push(segment),
      // A message that began long ago may take as long again; one that began just now is mostly short.
      expectsMore: () => this.#begun.size > 0 && performance.now() - this.#lastBegun < justBegun,
    });
    this.#reclaim = new Reclaim({
      files,
      directory: layout.journal,
      segmentSize: options.segmentSize,
      catalog: this.#catalog,
      reader: this.#reader,
      copy: (entry, from) => this.#inTurn(entry.id, () => this.#copy(entry, from)),
      onProblem: options.onProblem ?? (() => undefined),
    });
  }

  begin(given: NewContext, options: BeginOptions = {}): SpoolWriter {
    this.#checkOpen();
    if (options.fence !== undefined) checkedToken(options.fence);
    const id = this.#nextId();
    const begun = completeContext(given, { id, size: 0, now: this.#now() });
    const intake = new FileIntake(
      this.#inlineLimit,
      options.expectedSize,
      () => new LargeBody(this.#files, largePath(this.#layout, id)),
    );
    const writer = new GuardedWriter(id, {
      take: (chunk) => intake.take(chunk),
      finish: (size, patch) => {
        this.#begun.delete(writer);
        return this.#hold(this.#commit(intake, begun, size, patch, options));
      },
      discard: () => {
        this.#begun.delete(writer);
        return intake.discard();
      },
    });
    this.#begun.add(writer);
    this.#lastBegun = performance.now();
    return writer;
  }

  async #commit(
    intake: FileIntake,
    begun: Context,
    size: number,
    patch: ContextPatch | undefined,
    options: WriteOptions,
  ): Promise<void> {
    try {
      this.#checkOpen();
      const taken = await intake.finish();
      const context = { ...(patch === undefined ? begun : patchContext(begun, patch)), size };
      const text = encodeContext(context, roomToGrow(context));
      const record = { ...recordOf('file', context, text), bodyCrc: taken.crc };
      if (taken.where === 'file') await this.#largeNames.sync();
      await this.#append(
        taken.where === 'file' ? record : { ...record, kind: 'mail', body: taken.octets },
        options,
      );
    } catch (error) {
      await intake.discard();
      throw storageError(`could not commit message ${begun.id}`, error);
    }
  }

  async open(id: SpoolId, range?: OctetRange): Promise<Body> {
    this.#checkOpen();
    const { size } = this.#find(id);
    const { start, end } = cutRange(size, range);
    return { size: end - start, open: () => this.#read(id, start, end) };
  }

  async *#read(id: SpoolId, start: number, end: number): AsyncGenerator<Bytes> {
    this.#checkOpen();
    const entry = this.#find(id);
    const recent = this.#recent.octets(id, start, end);
    if (recent !== undefined) yield recent;
    else yield* this.#content.read(entry, start, end);
  }

  async context(id: SpoolId): Promise<Context> {
    this.#checkOpen();
    const entry = this.#find(id);
    const recent = this.#recent.context(id);
    if (recent !== undefined) return decodeContext(recent);
    const { latest } = entry;
    const text = await this.#content.context(entry);
    // What was changed while it was read is not kept.
    if (this.#catalog.entries.get(id) === entry && entry.latest === latest) this.#recent.keep(id, text);
    return decodeContext(text);
  }

  update(id: SpoolId, patch: ContextPatch, options: WriteOptions = {}): Promise<Context> {
    return this.#change(id, async () => {
      const entry = this.#find(id);
      const before = this.#recent.context(id) ?? (await this.#content.context(entry));
      const patched = patchContext(decodeContext(before), patch);
      const text = encodeContext(patched);
      await this.#append(recordOf('edit', patched, text), options);
      return decodeContext(text);
    });
  }

  delete(id: SpoolId, options: WriteOptions = {}): Promise<boolean> {
    return this.#change(id, async () => {
      const entry = this.#catalog.entries.get(id);
      if (entry === undefined) {
        await this.#admit(options);
        return false;
      }
      await this.#append({ ...blank, kind: 'gone', id }, options);
      // Durable is that it is gone; a file that stays behind is removed by the next start.
      if (entry.ownFile) await this.#files.remove(largePath(this.#layout, id)).catch(() => undefined);
      return true;
    });
  }

  async *list(options: ListOptions = {}): AsyncGenerator<SpoolEntry> {
    this.#checkOpen();
    const { due, entries } = this.#catalog;
    const found = options.dueBy === undefined ? entries.values() : due.upTo(options.dueBy);
    for (const entry of found) yield told(entry);
  }

  async count(): Promise<number> {
    this.#checkOpen();
    return this.#catalog.entries.size;
  }

  watch(listener: (change: SpoolChange) => void, signal: AbortSignal): void {
    this.#checkOpen();
    this.#watchers.add(listener, signal);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#begun].map((writer) => writer.abort()));
    await this.#reclaim.stop();
    await Promise.allSettled(this.#inHand);
    await this.#journal.close();
    await this.#reader.closeAll();
    this.#watchers.clear();
    await this.#unlock();
  }

  /** Makes a record durable, then shows what it says. */
  async #append(record: JournalRecord, options: WriteOptions): Promise<void> {
    const admitted = this.#admit(options);
    const kind = changeKinds[record.kind];
    const appended = this.#journal.append(record, (place) => {
      const entry = this.#catalog.apply(record, place);
      this.#remember(record);
      if (entry !== undefined && kind !== undefined) this.#watchers.tell({ kind, entry: told(entry) });
    });
    await Promise.all([admitted, appended]);
    this.#reclaim.look();
  }

  /** Keeps a message in memory that somebody will soon come for. */
  #remember({ kind, id, due, context, body }: JournalRecord): void {
    if (kind === 'edit') this.#recent.renew(id, context);
    else if (kind === 'gone') this.#recent.forget(id);
    else if (kind !== 'term' && due <= this.#now()) this.#recent.keep(id, context, body);
  }

  /** Checks the fencing token; a new highest one becomes durable no later than what is appended next. */
  #admit({ fence }: WriteOptions): Promise<void> | undefined {
    if (!this.#fence.admit(fence)) return undefined;
    const context = JSON.stringify({ token: String(this.#fence.highest) });
    return this.#journal.append({ ...blank, kind: 'term', id: noId, context }, () => undefined);
  }

  /** Writes a message, with its present context, anew at the journal's end. */
  async #copy(entry: Entry, from: Segment): Promise<void> {
    if (this.#catalog.entries.get(entry.id) !== entry || entry.mail.segment !== from) return;
    const record = await this.#content.record(entry);
    await this.#journal.append(record, (place) => this.#catalog.apply(record, place));
  }

  /** A change to one message, after those that were asked for before. */
  async #change<T>(id: SpoolId, act: () => Promise<T>): Promise<T> {
    this.#checkOpen();
    return this.#hold(this.#inTurn(id, act));
  }

  async #inTurn<T>(id: SpoolId, act: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(id);
    const turn = before === undefined ? act() : before.then(act);
    const settled = turn.catch(() => undefined);
    this.#turns.set(id, settled);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(id) === settled) this.#turns.delete(id);
    }
  }

  /** What `close` waits for. */
  async #hold<T>(work: Promise<T>): Promise<T> {
    this.#inHand.add(work);
    try {
      return await work;
    } finally {
      this.#inHand.delete(work);
    }
  }

  #find(id: SpoolId): Entry {
    const entry = this.#catalog.entries.get(id);
    if (entry === undefined) throw notFound(id);
    return entry;
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new SpoolError('SPOOL_CLOSED', 'the spool is closed');
  }
}

const changeKinds: { readonly [kind in JournalRecord['kind']]?: SpoolChange['kind'] } = {
  mail: 'added',
  file: 'added',
  edit: 'updated',
  gone: 'deleted',
};

function told({ id, size, due, priority }: Entry): SpoolEntry {
  return { id, size, due, priority };
}
