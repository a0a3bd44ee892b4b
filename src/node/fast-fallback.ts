/**
 * Connecting to one of several addresses of a server: "Happy Eyeballs" (RFC 8305), so that an address
 * that does not answer costs a quarter of a second and not half a minute.
 */
import type { Duplex } from 'node:stream';
import type { Clock, PeerAddress } from '../machine/index.ts';

/** What a connection is made with. */
export interface ConnectOptions {
  /** The address to connect from; by default the system chooses. */
  readonly source?: string;
  /** Aborted when the connection is no longer wanted. */
  readonly signal: AbortSignal;
}

/**
 * Connects to one address. It rejects when there is no connection, leaving none open; after an abort it
 * may also resolve, and the connection is then destroyed.
 */
export type Connect = (at: PeerAddress, options: ConnectOptions) => Promise<Duplex>;

/** How connections are made. */
export interface FallbackOptions {
  readonly connect: Connect;
  readonly clock: Clock;
  /** Milliseconds for all addresses together. */
  readonly timeout: number;
  /** Addresses to connect from, by family. */
  readonly source?: { readonly ipv4?: string; readonly ipv6?: string } | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A connection, or why there is none; `at` is then the address that failed last. */
export type Connected =
  | { readonly ok: true; readonly socket: Duplex; readonly at: PeerAddress }
  | {
      readonly ok: false;
      readonly why: 'failed' | 'timeout';
      readonly text: string;
      readonly at: PeerAddress;
    };

/** RFC 8305 §5: the recommended Connection Attempt Delay, in milliseconds. */
const attemptDelay = 250;

/**
 * Tries addresses one after the other, beginning the next when one has failed or has not answered for
 * a quarter of a second. The first connection wins; the other attempts are given up. Never rejects.
 *
 * @param ends at least one, the preferred one first
 */
export function connectFirst(ends: readonly PeerAddress[], options: FallbackOptions): Promise<Connected> {
  return new Promise((done) => new Race(interleaved(ends), options, done).begin());
}

/** RFC 8305 §4: the families take turns, beginning with that of the first address. */
export function interleaved(ends: readonly PeerAddress[]): readonly PeerAddress[] {
  const first = ends.filter(({ family }) => family === ends[0]?.family);
  const other = ends.filter(({ family }) => family !== ends[0]?.family);
  if (other.length === 0) return ends;
  return Array.from({ length: Math.max(first.length, other.length) }, (_, index) => [
    ...first.slice(index, index + 1),
    ...other.slice(index, index + 1),
  ]).flat();
}

class Race {
  readonly #ends: readonly PeerAddress[];
  readonly #options: FallbackOptions;
  readonly #done: (connected: Connected) => void;
  readonly #attempts = new Map<PeerAddress, AbortController>();
  #begun = 0;
  #over = false;
  #cancelNext: () => void = () => {};
  #cancelTimeout: () => void = () => {};

  constructor(ends: readonly PeerAddress[], options: FallbackOptions, done: (connected: Connected) => void) {
    this.#ends = ends;
    this.#options = options;
    this.#done = done;
  }

  begin(): void {
    const { clock, timeout, signal } = this.#options;
    if (signal?.aborted === true) {
      this.#aborted();
      return;
    }
    signal?.addEventListener('abort', this.#aborted);
    this.#cancelTimeout = clock.after(timeout, () => {
      this.#fail('timeout', `no connection within ${timeout / 1000} seconds`, this.#last);
    });
    this.#next();
  }

  /** The address that was tried last. */
  get #last(): PeerAddress {
    return this.#ends[Math.max(0, this.#begun - 1)] as PeerAddress;
  }

  readonly #aborted = (): void => this.#fail('failed', 'given up before there was a connection', this.#last);

  #next(): void {
    this.#cancelNext();
    const at = this.#ends[this.#begun];
    if (at === undefined) return;
    this.#begun += 1;
    const attempt = new AbortController();
    this.#attempts.set(at, attempt);
    if (this.#begun < this.#ends.length) {
      this.#cancelNext = this.#options.clock.after(attemptDelay, () => this.#next());
    }
    const { connect, source } = this.#options;
    const from = at.family === 'unix' ? undefined : source?.[at.family];
    connect(at, { signal: attempt.signal, ...(from !== undefined && { source: from }) }).then(
      (socket) => this.#connected(socket, at),
      (error: unknown) => this.#failed(error, at),
    );
  }

  #connected(socket: Duplex, at: PeerAddress): void {
    this.#attempts.delete(at);
    if (this.#over) discard(socket);
    else this.#finish({ ok: true, socket, at });
  }

  #failed(error: unknown, at: PeerAddress): void {
    this.#attempts.delete(at);
    if (this.#over) return;
    if (this.#begun < this.#ends.length) this.#next();
    else if (this.#attempts.size === 0) this.#fail('failed', textOf(error), at);
  }

  #fail(why: 'failed' | 'timeout', text: string, at: PeerAddress): void {
    this.#finish({ ok: false, why, text, at });
  }

  #finish(connected: Connected): void {
    this.#over = true;
    this.#cancelNext();
    this.#cancelTimeout();
    this.#options.signal?.removeEventListener('abort', this.#aborted);
    for (const attempt of this.#attempts.values()) attempt.abort();
    this.#attempts.clear();
    this.#done(connected);
  }
}

/** Of a connection that nobody wants not even the errors matter. */
export function discard(socket: Duplex): void {
  socket.on('error', () => {});
  socket.destroy();
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
