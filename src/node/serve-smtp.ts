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
import type { Asking, TlsInfo } from '../machine/index.ts';
import {
  type DecidableEvent,
  decide,
  fallbackFor,
  type MessageSink,
  type ReportedEvent,
  report,
  type SmtpHandlers,
  type Visit,
} from '../reception/index.ts';
import {
  type BodyEvent,
  type CloseEvent,
  type CloseReason,
  type DataEvent,
  type MessageEvent,
  type Reply,
  type ResetReason,
  replies,
  reply,
  type SmtpServerEvent,
  type SmtpServerMachine,
  type SmtpSession,
} from '../smtp/index.ts';
import type { JsonRecord } from '../spool/index.ts';
import { deadlines, type Waiting } from './deadlines.ts';

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

const noSink = reply(554, '5.3.2', 'This server takes no messages');
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

/** Whose stream it is. Listeners are shared by all sessions, since closures would cost each one memory. */
const servings = new WeakMap<Duplex, Serving>();

const listeners: readonly (readonly [string, (this: Duplex, chunk: Buffer) => void])[] = [
  [
    'data',
    function (chunk) {
      servings.get(this)?.receive(chunk);
    },
  ],
  [
    'end',
    function () {
      servings.get(this)?.receiveEnd();
    },
  ],
  [
    'error',
    function () {
      servings.get(this)?.gone();
    },
  ],
  [
    'close',
    function () {
      servings.get(this)?.gone();
    },
  ],
  [
    'drain',
    function () {
      servings.get(this)?.drained();
    },
  ],
];

const ignore = () => {};

class Serving implements ServedSession, Waiting {
  #socket: Duplex;
  readonly #machine: SmtpServerMachine;
  readonly #handlers: SmtpHandlers;
  readonly #options: ServeOptions;
  #state: 'open' | 'upgrading' | 'closing' | 'closed' = 'open';
  #sink: MessageSink | null = null;
  /** The event whose handler is still thinking; nothing is pulled meanwhile. */
  #waitingFor: SmtpServerEvent | null = null;
  #paused = false;
  #why: CloseReason = 'gone';
  #patienceId = 0;
  #sessionEnd: number;
  #lastChance = Number.POSITIVE_INFINITY;
  #domains: readonly string[] = [];
  #controller: AbortController | null = null;
  #metadata: JsonRecord | null = null;
  #closed: PromiseWithResolvers<CloseReason> | null = null;
  deadline: number;

  constructor(socket: Duplex, machine: SmtpServerMachine, handlers: SmtpHandlers, options: ServeOptions) {
    this.#socket = socket;
    this.#machine = machine;
    this.#handlers = handlers;
    this.#options = options;
    deadlines.add(this);
    this.#sessionEnd = deadlines.after(machine.lifetime);
    this.deadline = this.#sessionEnd;
    this.#listen();
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

  get metadata(): JsonRecord {
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
    const now = deadlines.after(0);
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

  #listen(): void {
    servings.set(this.#socket, this);
    for (const [name, listener] of listeners) this.#socket.on(name, listener);
  }

  /** From here on the stream is somebody else's; only its errors are still caught. */
  #letGo(): void {
    for (const [name, listener] of listeners) this.#socket.off(name, listener);
    this.#socket.on('error', ignore);
  }

  /** A chunk came. */
  receive(chunk: Buffer): void {
    if (this.#state !== 'open') return;
    this.#machine.receive(chunk);
    this.#turn();
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
    this.#flush();
  }

  #act(event: SmtpServerEvent): void {
    switch (event.type) {
      case 'body':
        this.#write(event);
        break;
      case 'data':
        this.#openSink(event);
        break;
      case 'message':
        this.#endSink(event);
        break;
      case 'reset':
        this.#abortSink(event.why);
        break;
      case 'upgrade':
        this.#upgrade();
        break;
      case 'turnaround':
        this.#domains = event.domains;
        break;
      case 'close':
        this.#end(event);
        break;
      case 'authenticated':
      case 'authenticationFailed':
      case 'forward':
      case 'violation':
        this.#report(event);
        break;
      default:
        this.#decide(event);
    }
  }

  #decide(event: DecidableEvent): void {
    try {
      const verdict = decide(this.#handlers, event, this);
      if (verdict instanceof Promise) this.#later(event, verdict);
      else this.#answer(event, verdict);
    } catch (error) {
      this.#fail(event, error);
    }
  }

  #openSink(event: DataEvent): void {
    const take = (opened: MessageSink | Reply | undefined) => {
      if (opened !== undefined && 'write' in opened) {
        if (this.#answer(event, undefined)) this.#sink = opened;
        else void this.#guard(() => opened.abort('gone'));
      } else {
        this.#answer(event, opened ?? noSink);
      }
    };
    try {
      const opened = this.#handlers.data?.(event.envelope, this);
      if (opened instanceof Promise) this.#later(event, opened, take);
      else take(opened);
    } catch (error) {
      this.#fail(event, error);
    }
  }

  #write(event: BodyEvent): void {
    try {
      const written = this.#sink?.write(event.chunk);
      if (written instanceof Promise) this.#later(event, written);
    } catch (error) {
      this.#sinkFailed(error);
    }
  }

  #endSink(event: MessageEvent): void {
    const sink = this.#sink;
    this.#sink = null;
    try {
      // Without a sink its writing has failed, and the error was told.
      const verdict = sink === null ? replies.localError : sink.end(event);
      if (verdict instanceof Promise) this.#later(event, verdict);
      else this.#answer(event, verdict);
    } catch (error) {
      this.#fail(event, error);
    }
  }

  #abortSink(why: ResetReason): void {
    const sink = this.#sink;
    this.#sink = null;
    if (sink !== null) this.#guard(() => sink.abort(why));
  }

  #sinkFailed(error: unknown): void {
    this.#tell(error);
    this.#abortSink('refused');
  }

  /** Waits for a handler; the answer is given when it is there, if it is still wanted then. */
  #later<T>(event: SmtpServerEvent, promise: Promise<T>, take?: (value: T) => void): void {
    this.#waitingFor = event;
    promise
      .then(
        (value) => {
          this.#resume(event);
          if (take !== undefined) take(value);
          else if (event.type !== 'body') this.#answer(event as Asking<SmtpServerEvent>, value);
        },
        (error: unknown) => {
          this.#resume(event);
          if (event.type === 'body') this.#sinkFailed(error);
          else this.#fail(event as Asking<SmtpServerEvent>, error);
        },
      )
      .then(() => this.#turn());
  }

  #resume(event: SmtpServerEvent): void {
    if (this.#waitingFor === event) this.#waitingFor = null;
  }

  /** Gives the host's word to the machine; a host that misuses it loses the session, not the process. */
  #answer(event: Asking<SmtpServerEvent>, verdict: unknown): boolean {
    try {
      return this.#machine.answer(event, verdict as never);
    } catch (error) {
      this.#tell(error);
      this.destroy();
      return false;
    }
  }

  /** A handler failed: the host is told, the peer keeps its mail. */
  #fail(event: Asking<SmtpServerEvent>, error: unknown): void {
    this.#tell(error);
    this.#answer(event, fallbackFor(event, error));
  }

  #report(event: ReportedEvent): void {
    this.#guard(() => report(this.#handlers, event, this));
  }

  /** Runs what can't be answered for: a fault of it goes to the host and no further. */
  #guard(work: () => void | Promise<void>): void {
    try {
      work()?.catch((error: unknown) => this.#tell(error));
    } catch (error) {
      this.#tell(error);
    }
  }

  #tell(error: unknown): void {
    try {
      if (this.#handlers.error !== undefined) this.#handlers.error(error, this);
      else process.emitWarning(error instanceof Error ? error : String(error), 'MailHandlerFailed');
    } catch {
      // A host whose error handler fails has nobody left to be told.
    }
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
      if (this.#patienceId >= 0) this.deadline = deadlines.after(linger);
      this.#patienceId = -1;
      return;
    }
    const { id, ms } = this.#machine.patience;
    if (id === this.#patienceId && this.deadline !== Number.POSITIVE_INFINITY) return;
    this.#patienceId = id;
    this.deadline = Math.min(deadlines.after(ms), this.#sessionEnd, this.#lastChance);
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
      this.#tell(new Error('STARTTLS is offered, but serveSmtp was given no upgrade'));
      this.destroy();
      return;
    }
    this.#state = 'upgrading';
    this.#letGo();
    upgrade(clear).then(
      ({ socket, tls }) => {
        if (this.#state !== 'upgrading') {
          socket.destroy();
          return;
        }
        this.#socket = socket;
        this.#state = 'open';
        this.#listen();
        this.#machine.tlsEstablished(tls);
        this.#turn();
      },
      () => this.destroy(),
    );
  }

  /** The conversation is over: what is still to be said goes out, then the connection closes. */
  #end(event: CloseEvent): void {
    this.#why = event.why;
    this.#report(event);
    this.#state = 'closing';
    const { turnaround } = this.#options;
    if (event.why !== 'turnaround' || turnaround === undefined) return;
    this.#flush();
    this.#letGo();
    const socket = this.#socket;
    this.#guard(() => turnaround(socket, this.#domains, this));
    this.gone();
  }

  /** The connection is gone, whatever the reason. */
  gone(): void {
    if (this.#state === 'closed') return;
    this.#machine.abandon();
    this.#waitingFor = null;
    for (let event = this.#machine.next(); event !== null; event = this.#machine.next()) this.#act(event);
    this.#state = 'closed';
    deadlines.remove(this);
    this.#controller?.abort();
    this.#closed?.resolve(this.#why);
  }
}
