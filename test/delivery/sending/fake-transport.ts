/** A transport without a network: servers are functions, and time is a clock's. */
import assert from 'node:assert/strict';
import type { MailSession, NotOpened, Opened, Target, TlsObservation, Transport } from 'mailwright/delivery';
import type { Body, Clock } from 'mailwright/machine';
import type {
  RecipientResult,
  ServerReply,
  SmtpFailure,
  SmtpServerFacts,
  SmtpTransaction,
  TransactionResult,
} from 'mailwright/smtp';

/** How a server behaves. All is optional: by default it takes everything at once. */
export interface FakeServer {
  /** Why there is no session; `null`: there is one. */
  open?(number: number): SmtpFailure | null;
  /** What it says of a transaction; `number` counts those of the session from 0. */
  answer?(transaction: SmtpTransaction, number: number, session: FakeSession): TransactionResult;
  readonly extensions?: Readonly<Record<string, string>>;
  readonly observed?: TlsObservation;
  /** How long it takes to open a session, and to answer a transaction, in ms. */
  openMs?(): number;
  answerMs?(): number;
  /** After how many ms of a transaction the session can take the next one. Default: with its result. */
  readyMs?(): number;
}

export const accept: ServerReply = { code: 250, enhanced: '2.0.0', lines: ['Ok'] };

/** A result that says the same of all recipients. */
export function forAll(
  { recipients }: SmtpTransaction,
  each: RecipientResult,
  facts: Partial<TransactionResult> = {},
): TransactionResult {
  return { recipients: recipients.map(() => each), dsn: false, mended: false, ...facts };
}

export function lost(why: SmtpFailure['why'], stage: SmtpFailure['stage'], reply?: ServerReply): SmtpFailure {
  return { why, stage, text: `${why} at ${stage}`, ...(reply !== undefined && { reply }) };
}

export class FakeTransport implements Transport {
  readonly opened: FakeSession[] = [];
  /** Targets that were asked for, in order, by host. */
  readonly asked: string[] = [];
  readonly clock: Clock;
  readonly #servers: (host: string) => FakeServer;

  constructor(clock: Clock, servers: (host: string) => FakeServer) {
    this.clock = clock;
    this.#servers = servers;
  }

  /** Sessions and connections being opened, by host, and the most there ever were. */
  readonly alive = new Map<string, number>();
  most = 0;
  readonly mostOf = new Map<string, number>();

  count(host: string, by: 1 | -1): void {
    const own = (this.alive.get(host) ?? 0) + by;
    this.alive.set(host, own);
    this.mostOf.set(host, Math.max(this.mostOf.get(host) ?? 0, own));
    let all = 0;
    for (const each of this.alive.values()) all += each;
    this.most = Math.max(this.most, all);
  }

  get inAll(): number {
    return [...this.alive.values()].reduce((sum, each) => sum + each, 0);
  }

  async open(target: Target, signal?: AbortSignal): Promise<Opened | NotOpened> {
    const { host } = target;
    const server = this.#servers(host);
    const number = this.asked.push(host) - 1;
    this.count(host, 1);
    const observed = server.observed !== undefined && { observed: server.observed };
    const took = await pause(this.clock, server.openMs?.() ?? 0, signal);
    const failure = took ? (server.open?.(number) ?? null) : lost('gone', 'connect');
    if (failure !== null) {
      this.count(host, -1);
      const address = failure.stage !== 'connect' && { address: '192.0.2.1' };
      return { ok: false, failure, ...address, ...observed };
    }
    const session = new FakeSession(this, target, server);
    this.opened.push(session);
    return { ok: true, session, ...observed };
  }
}

export class FakeSession implements MailSession {
  readonly address = '192.0.2.1';
  readonly tls = null;
  readonly sent: SmtpTransaction[] = [];
  readonly contents: Body[] = [];
  readonly target: Target;
  readonly #server: FakeServer;
  readonly #transport: FakeTransport;
  idle = true;
  closed = false;
  onClose: (() => void) | null = null;
  onIdle: (() => void) | null = null;
  quits = 0;
  /** Transactions without a result: no more than one may go ahead of another's. */
  pending = 0;

  constructor(transport: FakeTransport, target: Target, server: FakeServer) {
    this.#transport = transport;
    this.#server = server;
    this.target = target;
  }

  get server(): SmtpServerFacts {
    const extensions = new Map(Object.entries(this.#server.extensions ?? {}));
    return { greeting: 'hello', extensions, user: null, transactions: this.sent.length, last: null };
  }

  async send(transaction: SmtpTransaction, content: Body, signal?: AbortSignal): Promise<TransactionResult> {
    assert.ok(this.idle && this.pending < 2, 'a session is used by two at once');
    this.idle = false;
    this.pending++;
    const number = this.sent.push(transaction) - 1;
    this.contents.push(content);
    const { clock } = this.#transport;
    // The server closed it before: nobody knew.
    const gone = forAll(transaction, { result: 'failed', failure: lost('gone', 'mail'), ambiguous: false });
    if (this.closed) return this.#over(gone);
    const ready = this.#server.readyMs?.();
    if (ready !== undefined) clock.after(ready, () => this.#becomeIdle());
    const took = await pause(clock, this.#server.answerMs?.() ?? 0, signal);
    if (!took) this.destroy();
    if (this.closed) return this.#over(gone);
    const result =
      this.#server.answer?.(transaction, number, this) ??
      forAll(transaction, { result: 'accepted', reply: accept });
    if (result.recipients.some((each) => each.result === 'failed')) this.destroy();
    this.pending--;
    if (!this.closed && ready === undefined) this.#becomeIdle();
    return result;
  }

  #over(result: TransactionResult): TransactionResult {
    this.pending--;
    return result;
  }

  #becomeIdle(): void {
    if (this.closed || this.idle) return;
    this.idle = true;
    this.onIdle?.();
  }

  async quit(): Promise<void> {
    assert.equal(this.pending, 0, 'quit while a transaction is under way');
    this.quits++;
    this.destroy();
  }

  /** The server closes the connection. */
  drop(): void {
    this.destroy();
  }

  destroy(): void {
    if (this.closed) return;
    this.closed = true;
    this.idle = false;
    this.#transport.count(this.target.host, -1);
    queueMicrotask(() => this.onClose?.());
  }
}

/** @returns `false`: the signal came first */
function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<boolean> {
  if (signal?.aborted) return Promise.resolve(false);
  if (ms === 0) return Promise.resolve(true);
  return new Promise((resolve) => {
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener('abort', stop);
      resolve(true);
    });
    const stop = () => {
      cancel();
      resolve(false);
    };
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/** A target for tests. */
export function targetOf(host: string, more: Partial<Target> = {}): Target {
  return {
    host,
    at: { addresses: ['192.0.2.1'], port: 25 },
    protocol: 'smtp',
    hostname: 'mail.example.com',
    tls: { mode: 'opportunistic' },
    ...more,
  };
}

/** A body with this text. */
export function bodyOf(text: string): Body {
  const octets = new TextEncoder().encode(text);
  return {
    size: octets.length,
    async *open() {
      yield octets;
    },
  };
}
