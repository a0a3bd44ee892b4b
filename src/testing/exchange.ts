import type { Bytes, Machine, Segment } from '../machine/index.ts';

/** More events than this without new input mean a machine that never comes to rest. */
const restlessAfter = 1_000_000;

/**
 * Drives a machine as a socket's driver would, without a socket: feeds while input is wanted, pulls
 * until `next()` is null, gathers what is to be sent.
 */
export class Exchange<E> {
  readonly machine: Machine<E>;
  readonly #onEvent: (event: E) => void;
  readonly #unread: Bytes[] = [];
  #sent: Segment[] = [];

  constructor(machine: Machine<E>, onEvent: (event: E) => void) {
    this.machine = machine;
    this.#onEvent = onEvent;
  }

  /** Offers a chunk; what the machine does not want now stays unread, as it would in a socket. */
  send(chunk: Bytes): void {
    this.#unread.push(chunk);
    this.settle();
  }

  /** Does something to the machine, then lets it come to rest. */
  act(deed: (machine: Machine<E>) => void): void {
    deed(this.machine);
    this.settle();
  }

  /** Pulls and feeds until the machine wants nothing more. */
  settle(): void {
    this.#pull();
    while (this.machine.wantsInput) {
      const chunk = this.#unread.shift();
      if (chunk === undefined) return;
      this.machine.receive(chunk);
      this.#pull();
    }
  }

  /** What the machine has sent since the last call. */
  takeSent(): Segment[] {
    const sent = this.#sent;
    this.#sent = [];
    return sent;
  }

  #pull(): void {
    for (let event = this.machine.next(), count = 1; event !== null; event = this.machine.next(), count++) {
      if (count > restlessAfter)
        throw new Error(`the machine gave ${restlessAfter} events without new input`);
      this.#onEvent(event);
    }
    for (const segment of this.machine.takeOutput()) this.#sent.push(segment);
  }
}

/** The octets of `segments` in wire order, bodies read to their end. */
export async function octetsOf(segments: readonly Segment[]): Promise<Buffer> {
  const pieces: Bytes[] = [];
  for (const segment of segments) {
    if (segment instanceof Uint8Array) pieces.push(segment);
    else for await (const piece of segment.open()) pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
