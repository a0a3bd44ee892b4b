/**
 * The catalog: what a file spool holds in memory of each message, and how much of each segment is needed.
 *
 * It is built from the journal's records, in their order, by one function, whether they are read back
 * after a start or were just written. So what is in memory is always what a restart would find.
 */
import type { SpoolId } from '../context.ts';
import type { SpoolEntry } from '../contract.ts';
import { DueOrder } from '../due-order.ts';
import type { Place } from './journal.ts';
import { type RecordKind, recordSize } from './record.ts';
import type { Segment } from './segment.ts';

/** A message: what a listing tells, and where its octets and its context stand. */
export interface Entry extends SpoolEntry {
  due: number;
  priority: number;
  /** The octets are in a file of their own. */
  readonly ownFile: boolean;
  /** The record with the message; with `ownFile`, the record that tells of the file. */
  mail: Place;
  /** The record with the present context: `mail`, or a later one. */
  latest: Place;
}

/** What {@link Catalog.apply} needs of a record. */
export interface Applied {
  readonly kind: RecordKind;
  readonly id: SpoolId;
  readonly due: number;
  readonly priority: number;
  readonly bodySize: number;
}

/** Everything that the journal says, in short. */
export class Catalog {
  readonly entries = new Map<SpoolId, Entry>();
  readonly due = new DueOrder<Entry>();
  /** The journal's files that hold records, oldest first. */
  readonly segments: Segment[] = [];
  /** Octets of records that are still needed, in all segments. */
  live = 0;

  /**
   * Takes in what a durable record says of a message.
   *
   * @returns the message's entry, which for `gone` is no longer here; `undefined` for a message unknown
   */
  apply(record: Applied, place: Place): Entry | undefined {
    const { kind, id, due, priority } = record;
    const known = this.entries.get(id);
    switch (kind) {
      case 'mail':
      case 'file': {
        if (known !== undefined) this.#forget(known);
        const ownFile = kind === 'file';
        const entry = { id, size: record.bodySize, due, priority, ownFile, mail: place, latest: place };
        this.entries.set(id, entry);
        this.due.add(entry);
        this.#count(place, mailSize(entry));
        return entry;
      }
      case 'edit':
        if (known === undefined) return undefined;
        if (known.latest !== known.mail) this.#count(known.latest, -editSize(known.latest));
        this.due.remove(known);
        known.latest = place;
        known.due = due;
        known.priority = priority;
        this.due.add(known);
        this.#count(place, editSize(place));
        return known;
      case 'gone':
        if (known === undefined) return undefined;
        this.#forget(known);
        this.entries.delete(id);
        return known;
      case 'term':
        return undefined;
    }
  }

  #forget(entry: Entry): void {
    this.due.remove(entry);
    this.#count(entry.mail, -mailSize(entry));
    if (entry.latest !== entry.mail) this.#count(entry.latest, -editSize(entry.latest));
  }

  #count(place: Place, octets: number): void {
    place.segment.live += octets;
    this.live += octets;
  }
}

function mailSize(entry: Entry): number {
  return recordSize(entry.ownFile ? 'file' : 'mail', entry.mail.contextSize, entry.size);
}

function editSize(place: Place): number {
  return recordSize('edit', place.contextSize, 0);
}
