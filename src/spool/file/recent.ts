/**
 * The messages that were written last, in memory: a queue that comes for a message right after its commit
 * reads nothing from the disk.
 */
import { Buffer } from 'node:buffer';
import type { Bytes } from '../../machine/index.ts';
import type { SpoolId } from '../context.ts';

interface RecentMessage {
  context: string;
  /** Absent for a message that has a file of its own, or whose context alone was read. */
  readonly octets: Bytes | undefined;
}

/** Octets that an entry takes beside its texts, roughly. */
const entryOctets = 300;

/** Contexts and octets of the latest messages, up to a number of octets. */
export class Recent {
  readonly #limit: number;
  readonly #messages = new Map<SpoolId, RecentMessage>();
  #octets = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  context(id: SpoolId): string | undefined {
    return this.#messages.get(id)?.context;
  }

  /** A copy of a part of the message, which is the caller's to keep; `undefined` where it is not here, or empty. */
  octets(id: SpoolId, start: number, end: number): Bytes | undefined {
    const octets = this.#messages.get(id)?.octets;
    return octets !== undefined && start < end ? Buffer.from(octets.subarray(start, end)) : undefined;
  }

  /** Keeps a message; those kept longest go. */
  keep(id: SpoolId, context: string, octets?: Bytes): void {
    this.forget(id);
    const size = sizeOf({ context, octets });
    if (size > this.#limit) return;
    // A copy, since a small buffer is mostly a view of a larger one, which it would keep alive.
    this.#messages.set(id, { context, octets: octets && copyOf(octets) });
    this.#octets += size;
    this.#makeRoom();
  }

  /** The message has another context, if it is kept. */
  renew(id: SpoolId, context: string): void {
    const message = this.#messages.get(id);
    if (message === undefined) return;
    this.#octets -= sizeOf(message);
    message.context = context;
    this.#octets += sizeOf(message);
    this.#makeRoom();
  }

  forget(id: SpoolId): void {
    const message = this.#messages.get(id);
    if (message === undefined) return;
    this.#messages.delete(id);
    this.#octets -= sizeOf(message);
  }

  #makeRoom(): void {
    if (this.#octets <= this.#limit) return;
    for (const [oldest] of this.#messages) {
      if (this.#octets <= this.#limit) break;
      this.forget(oldest);
    }
  }
}

function copyOf(octets: Bytes): Bytes {
  const copy = Buffer.allocUnsafeSlow(octets.length);
  copy.set(octets);
  return copy;
}

/** A context with characters beyond Latin-1 takes two octets for each. */
function sizeOf({ context, octets }: RecentMessage): number {
  return entryOctets + 2 * context.length + (octets?.length ?? 0);
}
