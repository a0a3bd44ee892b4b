/**
 * Runs an SMTP or LMTP machine on a duplex stream: bytes in, handlers asked, bytes out.
 *
 * It keeps the machine's order of calls (see `Machine`), and three rules of its own:
 *
 * - One write for each turn. Replies are held until the machine has nothing more to say.
 * - Reading stops as soon as something came in that can't be used yet, and not before: at most one
 *   chunk waits in the machine.
 * - No event of the socket and no fault of a handler leaves this file as an exception.
 */
import type { Buffer } from 'node:buffer';
import type { Duplex } from 'node:stream';
import type { Clock, TlsInfo } from '../machine/index.ts';
import { type SmtpHandlers, SmtpHost, type Visit } from '../reception/index.ts';
import {
  type CloseEvent,
  type CloseReason,
  type Reply,
  replies,
  reply,
  type SmtpServerEvent,
  type SmtpServerMachine,
  type SmtpSession,
} from '../smtp/index.ts';
import type { Json } from '../spool/index.ts';
import { type Deadlines, deadlinesOf, steadyClock, type Waiting } from './deadlines.ts';
import { letGo, listen, type StreamOwner } from './stream-listening.ts';

/** A connection that was taken from clear text to TLS. */
export interface Upgraded {
  /** What to talk on from now; closing it closes the connection. */
  readonly socket: Duplex;
  readonly tls: TlsInfo;
}

/** What only a driver can do for a session. */
export interface ServeOptions {
  /**
   * Runs the server's side of a TLS handshake on a connection in clear; rejects when it fails, with
   * the connection destroyed. Needed where STARTTLS is offered. See `tlsUpgrade`.
   */
  readonly upgrade?: (socket: Duplex) => Promise<Upgraded>;
  /** Takes over the connection after an accepted ATRN (RFC 2645 §5.2). Default: it is closed. */
  readonly turnaround?: (socket: Duplex, domains: readonly string[], visit: Visit) => void;
  /**
   * The stream's chunks belong to whoever reads them, as those of sockets do and those of a pipe in the
   * same process do not. Large ones are then freed as soon as they are done with, which the garbage
   * collector would do much later. Default `false`.
   */
  readonly ownsChunks?: boolean;
  /** What its waits go by. Default: the system's, going steadily. */
  readonly clock?: Clock;
}

/** A session that is being served. */
export interface ServedSession extends Visit {
  /** Resolves, and never rejects, when the session is over and its connection closed. */
  readonly closed: Promise<CloseReason>;
  /** Ends the session with 421 or another farewell, after the transaction in hand (RFC 5321 §3.8). */
  shutdown(farewell?: Reply): void;
  /** Ends the session at once and destroys the connection. */
  destroy(): void;
}

/** How long a peer may take to close after our last reply, before the connection is destroyed. */
const linger = 5_000;
/** How long a transaction in hand may go on once the session's time is over. */
const grace = 60_000;
/** Replies that a peer doesn't read may pile up to so many octets before we stop reading from it. */
const unreadReplies = 65_536;
/** Chunks of this size and above are worth freeing by hand. */
const largeChunk = 16_384;

const outOfTime = reply(421, '4.4.2', 'Session time limit reached');

/**
 * Serves one session on any duplex stream: a TCP or TLS socket, a Unix socket, a pair in a test.
 *
 * The stream must be open and not yet read from. Of implicit TLS, the machine was told at its making.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:net';
 * import { connectionInfo, serveSmtp } from 'mailwright/node';
 * import { mx, SmtpServerMachine } from 'mailwright/smtp';
 *
 * const options = { ...mx, hostname: 'mx.example.org' };
 * createServer((socket) => {
 *   const machine = new SmtpServerMachine(options, { id: 'one', ...connectionInfo(socket) });
 *   serveSmtp(socket, machine, { violation: ({ kind }) => console.log(kind) });
 * });
 * ```
 */
export function serveSmtp(
  socket: Duplex,
  machine: SmtpServerMachine,
  handlers: SmtpHandlers,
  options: ServeOptions = {},
): ServedSession {
  return new Serving(socket, machine, handlers, options);
}

class Serving implements StreamOwner, ServedSession, Waiting {
  #socket: Duplex;
  readonly #machine: SmtpServerMachine;
  readonly #host: SmtpHost;
  readonly #options: ServeOptions;
  readonly #deadlines: Deadlines;
  #state: 'open' | 'upgrading' | 'closing' | 'closed' = 'open';
  /** The event whose handler is still thinking; nothing is pulled meanwhile. */
  #waitingFor: SmtpServerEvent | null = null;
  #paused = false;
  /** The large chunks in hand, where they are ours to free. */
  readonly #chunks: Buffer[] = [];
  #why: CloseReason = 'gone';
  #patienceId = 0;
  #sessionEnd: number;
  #lastChance = Number.POSITIVE_INFINITY;
  #domains: readonly string[] = [];
  #controller: AbortController | null = null;
  #metadata: Record<string, Json> | null = null;
  #closed: PromiseWithResolvers<CloseReason> | null = null;
  deadline: number;

  constructor(socket: Duplex, machine: SmtpServerMachine, handlers: SmtpHandlers, options: ServeOptions) {
    this.#socket = socket;
    this.#machine = machine;
    this.#host = new SmtpHost(machine, handlers, this);
    this.#options = options;
    this.#deadlines = deadlinesOf(options.clock ?? steadyClock);
    this.#deadlines.add(this);
    this.#sessionEnd = this.#deadlines.after(machine.lifetime);
    this.deadline = this.#sessionEnd;
    listen(this.#socket, this);
    this.#turn();
  }

  get session(): SmtpSession {
    return this.#machine.session;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#state === 'closed') this.#controller.abort();
    return this.#controller.signal;
  }

  get metadata(): Record<string, Json> {
    this.#metadata ??= {};
    return this.#metadata;
  }

  get closed(): Promise<CloseReason> {
    this.#closed ??= Promise.withResolvers();
    if (this.#state === 'closed') this.#closed.resolve(this.#why);
    return this.#closed.promise;
  }

  shutdown(farewell: Reply = replies.shuttingDown): void {
    this.#machine.shutdown(farewell);
    this.#turn();
  }

  destroy(): void {
    this.#socket.destroy();
    this.gone();
  }

  expired(): void {
    const now = this.#deadlines.after(0);
    if (this.#state !== 'open' || this.#lastChance <= now) {
      this.destroy();
    } else if (this.#sessionEnd <= now) {
      this.#lastChance = now + grace;
      this.#sessionEnd = Number.POSITIVE_INFINITY;
      this.shutdown(outOfTime);
    } else if (this.#waitingFor?.type !== 'body') {
      // A sink that holds the peer back is not the peer's delay; all else is answered for.
      this.#waitingFor = null;
      this.#machine.expire();
      this.#turn();
    }
    this.#arm();
  }

  /** A chunk came. */
  receive(chunk: Buffer): void {
    if (this.#state !== 'open') return;
    if (this.#options.ownsChunks === true && chunk.length >= largeChunk) this.#chunks.push(chunk);
    this.#machine.receive(chunk);
    this.#turn();
  }

  /** Frees the chunks in hand once nobody needs them. */
  #free(): void {
    if (this.#chunks.length === 0 || this.#waitingFor !== null || this.#machine.holdsInput) return;
    for (const { buffer, byteLength } of this.#host.lent ? [] : this.#chunks) {
      if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
    }
    this.#chunks.length = 0;
    this.#host.lent = false;
  }

  /** The peer has closed its side. */
  receiveEnd(): void {
    this.#machine.receiveEnd();
    this.#turn();
  }

  /** The stream can take more. */
  drained(): void {
    this.#turn();
  }

  /** Pulls what the machine has, and writes what it says. */
  #turn(): void {
    if (this.#state !== 'open') return;
    while (this.#waitingFor === null) {
      const event = this.#machine.next();
      if (event === null) break;
      this.#act(event);
    }
    this.#free();
    this.#flush();
  }

  #act(event: SmtpServerEvent): void {
    switch (event.type) {
      case 'upgrade':
        this.#upgrade();
        break;
      case 'turnaround':
        this.#domains = event.domains;
        break;
      default: {
        const done = this.#host.act(event);
        if (done !== undefined) this.#wait(event, done);
        if (event.type === 'close') this.#end(event);
      }
    }
  }

  /** Pulls nothing more until the host is done with the event, or time has run out for it. */
  #wait(event: SmtpServerEvent, done: Promise<void>): void {
    this.#waitingFor = event;
    void done.then(() => {
      if (this.#waitingFor === event) this.#waitingFor = null;
      this.#turn();
    });
  }

  #flush(): void {
    const [output] = this.#machine.takeOutput();
    if (output !== undefined && this.#socket.writable) this.#socket.write(output);
    if (this.#state === 'closing' && this.#why !== 'turnaround') {
      this.#socket.end();
      this.#socket.resume();
    } else if (this.#state === 'open') {
      this.#steer();
    }
    this.#arm();
  }

  /** Stops reading from a peer that is ahead of us, or does not read what we say. */
  #steer(): void {
    const ahead = this.#waitingFor !== null && this.#machine.holdsInput;
    const deaf = this.#socket.writableLength > unreadReplies;
    if ((ahead || deaf) === this.#paused) return;
    this.#paused = !this.#paused;
    if (this.#paused) this.#socket.pause();
    else this.#socket.resume();
  }

  #arm(): void {
    if (this.#state === 'closing') {
      if (this.#patienceId >= 0) this.deadline = this.#deadlines.after(linger);
      this.#patienceId = -1;
      return;
    }
    const { id, ms } = this.#machine.patience;
    if (id === this.#patienceId && this.deadline !== Number.POSITIVE_INFINITY) return;
    this.#patienceId = id;
    this.deadline = Math.min(this.#deadlines.after(ms), this.#sessionEnd, this.#lastChance);
  }

  #upgrade(): void {
    const { upgrade } = this.#options;
    const clear = this.#socket;
    this.#flush();
    // RFC 3207 §4.2: what waits in the stream came in clear, behind STARTTLS.
    const early = clear.readableLength > 0 ? (clear.read() as Buffer | null) : null;
    if (early !== null) {
      this.#machine.receive(early);
      return;
    }
    if (upgrade === undefined) {
      this.#host.tell(new Error('STARTTLS is offered, but serveSmtp was given no upgrade'));
      this.destroy();
      return;
    }
    this.#state = 'upgrading';
    letGo(this.#socket);
    upgrade(clear).then(
      ({ socket, tls }) => {
        if (this.#state !== 'upgrading') {
          socket.destroy();
          return;
        }
        this.#socket = socket;
        this.#state = 'open';
        listen(this.#socket, this);
        this.#machine.tlsEstablished(tls);
        this.#turn();
      },
      () => this.destroy(),
    );
  }

  /** The conversation is over: what is still to be said goes out, then the connection closes. */
  #end(event: CloseEvent): void {
    this.#why = event.why;
    this.#state = 'closing';
    const { turnaround } = this.#options;
    if (event.why !== 'turnaround' || turnaround === undefined) return;
    this.#flush();
    letGo(this.#socket);
    const socket = this.#socket;
    try {
      turnaround(socket, this.#domains, this);
    } catch (error) {
      this.#host.tell(error);
      socket.destroy();
    }
    this.gone();
  }

  /** The connection is gone, whatever the reason. */
  gone(): void {
    if (this.#state === 'closed') return;
    this.#machine.abandon();
    this.#waitingFor = null;
    for (let event = this.#machine.next(); event !== null; event = this.#machine.next()) this.#act(event);
    this.#state = 'closed';
    this.#deadlines.remove(this);
    this.#controller?.abort();
    this.#closed?.resolve(this.#why);
  }
}
