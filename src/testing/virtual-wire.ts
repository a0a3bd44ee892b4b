/**
 * A connection in memory: two ends, and what happens to octets between them.
 *
 * Octets arrive whole and in order, as late as the latency says. Whether and when they do is for the
 * network to say (`Passage`); what a fault does to a connection is said here.
 */
import type { Buffer } from 'node:buffer';
import { Duplex } from 'node:stream';
import type { Clock } from '../machine/index.ts';

/** Octets on their way in one direction, beyond which a writer has to wait: a TCP window. */
const window = 262_144;

/** What the network makes of a piece that is sent now. */
export interface Passage {
  /** When it arrives, in ms since 1970; `Infinity` for never. */
  arrival(): number;
  /** How many of these octets still pass before the connection breaks or stalls. */
  admit(octets: number): number;
  /** What has become of the connection once `admit` gave less than it was asked for. */
  readonly fate: 'cut' | 'stall';
}

/** An error as a socket of the platform has it. */
export function socketError(code: string, what: string): Error {
  return Object.assign(new Error(`${what} ${code}`), { code, syscall: what });
}

/** One end of a connection. What a program holds of it is a {@link WireSocket}. */
export class WireEnd {
  /** The end across. Set once, when both are there. */
  across!: WireEnd;
  /** Called once, when this end is closed or broken. */
  onClose: () => void = () => {};
  readonly #clock: Clock;
  readonly #passage: Passage;
  #socket: WireSocket | null = null;
  /** What came and the socket has not taken yet. */
  readonly #arrived: (Buffer | null)[] = [];
  /** The socket wants more. */
  #hungry = false;
  #onTheWay = 0;
  #writer: (() => void) | null = null;
  #lastArrival = 0;
  #state: 'open' | 'stalled' | 'closed' = 'open';
  #ended = false;

  constructor(clock: Clock, passage: Passage) {
    this.#clock = clock;
    this.#passage = passage;
  }

  /** The socket that a program talks through from now on; one before it hears and says nothing any more. */
  hold(socket: WireSocket): void {
    this.#socket = socket;
    this.#hungry = false;
  }

  holds(socket: WireSocket): boolean {
    return this.#socket === socket;
  }

  /** Gives a piece on its way. `done` is called when there is room for the next. */
  send(piece: Buffer, done: () => void): void {
    const admitted = this.#passage.admit(piece.length);
    if (admitted > 0) {
      this.#onTheWay += admitted;
      const part = admitted < piece.length ? piece.subarray(0, admitted) : piece;
      this.#travel(() => this.across.#arrive(part));
    }
    if (admitted < piece.length) this.#suffer();
    if (this.#state !== 'open') return;
    if (this.#onTheWay < window) done();
    else this.#writer = done;
  }

  /** No more comes from this end. */
  sendEnd(): void {
    if (this.#ended || this.#state !== 'open') return;
    this.#ended = true;
    this.#travel(() => this.across.#arrive(null));
  }

  /** The program has closed this end. */
  close(): void {
    if (this.#state === 'closed') return;
    this.sendEnd();
    this.#close();
  }

  /** Both ends learn that the connection broke: this one at once, the other when the news arrives. */
  cut(): void {
    this.#travel(() => this.across.break());
    this.break();
  }

  /** This end learns that the connection broke. */
  break(): void {
    if (this.#state === 'closed') return;
    const socket = this.#socket;
    this.#close();
    socket?.destroy(socketError('ECONNRESET', 'read'));
  }

  /** The program is no more: nothing reaches it, and the other end learns that the connection broke. */
  vanish(): void {
    if (this.#state === 'closed') return;
    this.#travel(() => this.across.break());
    this.#close();
  }

  /** From now on nothing passes in either direction, and nobody is told. */
  stall(): void {
    for (const end of [this, this.across]) if (end.#state === 'open') end.#state = 'stalled';
  }

  /** The socket wants what came. */
  pull(): void {
    this.#hungry = true;
    while (this.#hungry && this.#arrived.length > 0) this.#give(this.#arrived.shift() ?? null);
  }

  #close(): void {
    this.#state = 'closed';
    this.#socket = null;
    this.#arrived.length = 0;
    this.#writer = null;
    this.onClose();
  }

  #suffer(): void {
    if (this.#passage.fate === 'stall') this.stall();
    else this.cut();
  }

  #travel(act: () => void): void {
    const at = Math.max(this.#passage.arrival(), this.#lastArrival);
    this.#lastArrival = at;
    this.#clock.after(at - this.#clock.now(), () => {
      if (this.#state !== 'stalled') act();
    });
  }

  #arrive(piece: Buffer | null): void {
    if (this.#state === 'stalled') return;
    if (this.#state === 'closed') {
      // As TCP answers what comes to a closed port.
      if (piece !== null) this.#travel(() => this.across.break());
      return;
    }
    if (this.#hungry) this.#give(piece);
    else this.#arrived.push(piece);
  }

  #give(piece: Buffer | null): void {
    this.#hungry = this.#socket?.push(piece) === true;
    if (piece === null) return;
    const from = this.across;
    from.#onTheWay -= piece.length;
    const writer = from.#writer;
    if (writer === null || from.#onTheWay >= window) return;
    from.#writer = null;
    writer();
  }
}

/** What a program holds of one end of a connection, in the way of `net.Socket`. */
export class WireSocket extends Duplex {
  /** The end of the connection that it stands at. */
  readonly wire: WireEnd;

  /** @param halfOpen - whether writing may go on after the peer has ended */
  constructor(end: WireEnd, halfOpen: boolean) {
    super({ allowHalfOpen: halfOpen });
    this.wire = end;
    end.hold(this);
  }

  /** Breaks the connection, as `net.Socket` does. */
  resetAndDestroy(): this {
    this.wire.cut();
    return this;
  }

  override _read(): void {
    if (this.wire.holds(this)) this.wire.pull();
  }

  override _write(piece: Buffer, _encoding: string, done: () => void): void {
    if (this.wire.holds(this)) this.wire.send(piece, done);
  }

  override _final(done: () => void): void {
    if (this.wire.holds(this)) this.wire.sendEnd();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (this.wire.holds(this)) this.wire.close();
    done(error);
  }
}
