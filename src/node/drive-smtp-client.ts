/**
 * Runs an SMTP or LMTP client machine on a duplex stream: transactions in, results out.
 *
 * It keeps the machine's order of calls (see `Machine`), and three rules of its own:
 *
 * - One write for each turn. Content up to 64 KiB leaves in one, and more of it in pieces of that size,
 *   each after the stream has room for it.
 * - Every transaction that was taken gets its result, whatever becomes of the connection.
 * - No event of the stream and no fault of a content's source leaves this file as an exception.
 */
import type { Buffer } from 'node:buffer';
import type { Duplex } from 'node:stream';
import type { MailSession } from '../delivery/index.ts';
import type { Body, Clock, TlsInfo } from '../machine/index.ts';
import type {
  SmtpClientEvent,
  SmtpClientMachine,
  SmtpFailure,
  SmtpServerFacts,
  SmtpTransaction,
  TransactionResult,
} from '../smtp/index.ts';
import { ContentFeed, type FedSession } from './content-feed.ts';
import { type Deadlines, deadlinesOf, steadyClock, type Waiting } from './deadlines.ts';
import { discard } from './fast-fallback.ts';
import { letGo, listen, type StreamOwner } from './stream-listening.ts';
import type { Secured } from './tls-client.ts';

/** What only a driver can do for a session. */
export interface DriveOptions {
  /** The IP address, or the path, that the stream leads to. */
  readonly address: string;
  /** The TLS that the stream is under already. */
  readonly tls?: TlsInfo;
  /**
   * Runs the client's side of a TLS handshake on a stream in clear, and gives up in the end where the server
   * does not answer. Needed where the machine may use STARTTLS. See `tlsClient`.
   */
  readonly upgrade?: (socket: Duplex) => Promise<Secured>;
  /** Default: the system's, going steadily. */
  readonly clock?: Clock;
}

/** A session that is being driven. */
export interface DrivenSession extends MailSession {
  /** Resolves, and never rejects, with `null` when the first transaction can come, or with why none can. */
  readonly opened: Promise<SmtpFailure | null>;
}

/** How long a server may take to close after the session is over, before the connection is destroyed. */
const linger = 2000;

/**
 * Drives a session on any duplex stream: a TCP or TLS socket, a Unix socket, a pair in a test.
 *
 * The stream must be open and not yet read from. Of TLS from the first octet, the machine was told at its
 * making.
 *
 * @example
 * ```ts
 * import { randomBytes } from 'node:crypto';
 * import { connect } from 'node:net';
 * import { driveSmtpClient } from 'mailwright/node';
 * import { SmtpClientMachine } from 'mailwright/smtp';
 *
 * const machine = new SmtpClientMachine({
 *   hostname: 'client.example.org',
 *   starttls: 'never',
 *   random: randomBytes,
 * });
 * const socket = connect(25, 'mx.example.org');
 * const session = driveSmtpClient(socket, machine, { address: '192.0.2.25' });
 * const failure = await session.opened;
 * console.log(failure === null ? session.server.greeting : failure.text);
 * ```
 */
export function driveSmtpClient(
  socket: Duplex,
  machine: SmtpClientMachine,
  options: DriveOptions,
): DrivenSession {
  return new Driving(socket, machine, options);
}

/** A transaction under way. */
interface Sending {
  readonly transaction: SmtpTransaction;
  readonly content: Body;
  readonly signal: AbortSignal | undefined;
  readonly done: (result: TransactionResult) => void;
  /** Once the machine has asked for the content. */
  feed: ContentFeed | null;
}

class Driving implements StreamOwner, DrivenSession, FedSession, Waiting {
  readonly address: string;
  readonly opened: Promise<SmtpFailure | null>;
  onClose: (() => void) | null = null;
  onIdle: (() => void) | null = null;
  deadline = Number.POSITIVE_INFINITY;
  #socket: Duplex;
  #tls: TlsInfo | null;
  readonly #machine: SmtpClientMachine;
  readonly #upgradeWith: DriveOptions['upgrade'];
  readonly #deadlines: Deadlines;
  readonly #settleOpened: (failure: SmtpFailure | null) => void;
  /** `closing`: over, and the server is given a moment to close its side. */
  #state: 'open' | 'upgrading' | 'closing' | 'closed' = 'open';
  /** In the order in which the machine got them. */
  readonly #sendings: Sending[] = [];
  #patienceId = 0;
  #paused = false;
  #turning = false;
  #ready = false;
  #onClosed: PromiseWithResolvers<void> | null = null;
  readonly #destroy = (): void => this.destroy();

  constructor(socket: Duplex, machine: SmtpClientMachine, { address, tls, upgrade, clock }: DriveOptions) {
    this.#socket = socket;
    this.#machine = machine;
    this.address = address;
    this.#tls = tls ?? null;
    this.#upgradeWith = upgrade;
    const { promise, resolve } = Promise.withResolvers<SmtpFailure | null>();
    this.opened = promise;
    this.#settleOpened = resolve;
    this.#deadlines = deadlinesOf(clock ?? steadyClock);
    this.#deadlines.add(this);
    listen(this.#socket, this);
    if (socket.destroyed) this.gone();
    else this.turn();
  }

  get tls(): TlsInfo | null {
    return this.#tls;
  }

  get server(): SmtpServerFacts {
    return this.#machine.server;
  }

  get idle(): boolean {
    return this.#state === 'open' && this.#machine.ready;
  }

  get closed(): boolean {
    return this.#state === 'closing' || this.#state === 'closed';
  }

  send(transaction: SmtpTransaction, content: Body, signal?: AbortSignal): Promise<TransactionResult> {
    return new Promise((done) => {
      this.#machine.send(transaction);
      this.#sendings.push({ transaction, content, signal, done, feed: null });
      signal?.addEventListener('abort', this.#destroy);
      if (signal?.aborted === true) this.destroy();
      else this.turn();
    });
  }

  quit(): Promise<void> {
    this.#onClosed ??= Promise.withResolvers();
    if (this.#state === 'closed') this.#onClosed.resolve();
    this.#machine.quit();
    this.turn();
    return this.#onClosed.promise;
  }

  destroy(): void {
    discard(this.#socket);
    this.gone();
  }

  expired(): void {
    if (this.#state === 'closing') {
      this.destroy();
    } else {
      this.#machine.expire();
      this.turn();
    }
  }

  /** A chunk came. */
  receive(chunk: Buffer): void {
    if (this.#state !== 'open') return;
    this.#machine.receive(chunk);
    this.turn();
  }

  /** The server has closed its side. */
  receiveEnd(): void {
    if (this.#state !== 'open') return;
    this.#machine.receiveEnd();
    this.turn();
  }

  get roomy(): boolean {
    return this.#machine.wantsContent && !this.#socket.writableNeedDrain;
  }

  /** The stream can take more, or the machine may. */
  drained(): void {
    for (const { feed } of this.#sendings) feed?.stir();
  }

  /** Pulls what the machine has, and writes what it says. */
  turn(): void {
    // Of what `onIdle` sends, the turn that called it takes care.
    if (this.#turning) return;
    this.#turning = true;
    const open = this.#state === 'open';
    this.#pull();
    this.#turning = false;
    if (!open) return;
    this.#flush();
    this.#goOn();
    this.drained();
  }

  #pull(): void {
    for (let event = this.#machine.next(); event !== null; event = this.#machine.next()) this.#act(event);
  }

  #act(event: SmtpClientEvent): void {
    switch (event.type) {
      case 'upgrade':
        this.#state = 'upgrading';
        break;
      case 'ready':
        this.#idled();
        break;
      case 'content':
        this.#supply(event.transaction);
        break;
      case 'contentRefused':
        for (const { transaction, feed } of this.#sendings) {
          if (transaction === event.transaction) feed?.stop();
        }
        break;
      case 'result':
        this.#resolve(event.result);
        break;
      case 'close':
        this.#end(event.failure);
    }
  }

  #idled(): void {
    if (this.#ready) this.onIdle?.();
    else this.#settleOpened(null);
    this.#ready = true;
  }

  #flush(): void {
    const socket = this.#socket;
    // Small content that is being read goes in one write with the commands before it.
    if (this.#state === 'open' && this.#sendings.some(({ feed }) => feed?.held)) return;
    const output = this.#machine.takeOutput();
    if (output.length === 0 || !socket.writable) return;
    if (output.length === 1) {
      socket.write(output[0]);
      return;
    }
    socket.cork();
    for (const octets of output) socket.write(octets);
    socket.uncork();
  }

  #goOn(): void {
    switch (this.#state) {
      case 'upgrading':
        this.deadline = Number.POSITIVE_INFINITY;
        this.#upgrade();
        break;
      case 'closing':
        this.deadline = this.#deadlines.after(linger);
        if (this.#socket.destroyed) this.gone();
        else this.#socket.end().resume();
        break;
      case 'open':
        this.#steer();
        this.#arm();
    }
  }

  /** Stops reading where the machine has no use for more. */
  #steer(): void {
    if (this.#machine.wantsInput !== this.#paused) return;
    this.#paused = !this.#paused;
    if (this.#paused) this.#socket.pause();
    else this.#socket.resume();
  }

  #arm(): void {
    const { id, ms } = this.#machine.patience;
    if (id === this.#patienceId) return;
    this.#patienceId = id;
    this.deadline = this.#deadlines.after(ms);
  }

  #upgrade(): void {
    const clear = this.#socket;
    // RFC 3207 §4.2: what waits in the stream came in clear, behind the reply to STARTTLS.
    const early = clear.readableLength > 0 ? (clear.read() as Buffer | null) : null;
    if (early !== null || this.#upgradeWith === undefined) {
      this.#state = 'open';
      if (early !== null) this.#machine.receive(early);
      else this.#machine.tlsFailed('driveSmtpClient was given no upgrade');
      this.turn();
      return;
    }
    letGo(this.#socket);
    void this.#upgradeWith(clear).then((secured) => {
      if (this.#state !== 'upgrading') {
        if (secured.ok) discard(secured.socket);
        return;
      }
      this.#state = 'open';
      if (secured.ok) {
        this.#socket = secured.socket;
        this.#tls = secured.tls;
        listen(this.#socket, this);
        this.#machine.tlsEstablished(secured.tls);
      } else {
        this.#machine.tlsFailed(secured.text);
      }
      this.turn();
    });
  }

  #supply(transaction: SmtpTransaction): void {
    const sending = this.#sendings.find((each) => each.transaction === transaction && each.feed === null);
    if (sending === undefined) return;
    sending.feed = new ContentFeed(sending.content, this.#machine, this);
    void sending.feed.run();
  }

  #resolve(result: TransactionResult): void {
    const sending = this.#sendings.shift();
    if (sending === undefined) return;
    sending.feed?.stop();
    // One listener for all that share a signal, as the recipients of one message do.
    if (!this.#sendings.some(({ signal }) => signal === sending.signal)) {
      sending.signal?.removeEventListener('abort', this.#destroy);
    }
    sending.done(result);
  }

  /** The conversation is over: what is still to be said goes out, then the connection closes. */
  #end(failure: SmtpFailure | null): void {
    if (this.#state !== 'closed') this.#state = 'closing';
    this.#settleOpened(failure ?? { why: 'gone', stage: 'connect', text: 'the session was ended by us' });
    queueMicrotask(() => this.onClose?.());
  }

  /** The connection is gone, whatever the reason. */
  gone(): void {
    if (this.#state === 'closed') return;
    this.#machine.abandon();
    this.#state = 'closed';
    this.#pull();
    this.#deadlines.remove(this);
    this.#onClosed?.resolve();
  }
}
