/**
 * What a client session has said, what it awaits, and what is known about the server.
 *
 * Two rules: replies come in the order of the commands, so that what is awaited is a queue; and nothing
 * is said while DATA awaits its reply, since after 354 it would be content (RFC 2920 §3.1).
 */
import { Buffer } from 'node:buffer';
import type { Bytes, Patience, TlsInfo } from '../../machine/index.ts';
import { readLimits, type ServerLimits } from './capabilities.ts';
import type { SmtpClientEvent } from './events.ts';
import type { SmtpClientOptions, SmtpClientPatience, SmtpServerFacts } from './options.ts';
import { abridged, ReplyReader, verdictOf } from './reply-reader.ts';
import type {
  ServerReply,
  SmtpFailure,
  SmtpFailureReason,
  SmtpStage,
  TransactionResult,
} from './transaction.ts';

/** A reply that is awaited. */
export interface Expected {
  /** The wait's name; it may change while the server is awaited. */
  stage: SmtpStage;
  /** Acts on the reply; `true` when another is to come for the same command. */
  readonly take: (reply: ServerReply) => unknown;
}

/**
 * Where a session stands.
 *
 * - `opening`: from the greeting to authentication.
 * - `upgrading`: STARTTLS was accepted, TLS is not yet there.
 * - `open`: transactions can be sent.
 * - `leaving`: QUIT is out.
 * - `closed`: over.
 */
type ClientPhase = 'opening' | 'upgrading' | 'open' | 'leaving' | 'closed';

/** RFC 5321 §4.5.3.2, and what other waits should be. */
const defaultPatience: SmtpClientPatience = {
  greeting: 300_000,
  hello: 300_000,
  starttls: 120_000,
  auth: 120_000,
  mail: 300_000,
  rcpt: 300_000,
  data: 120_000,
  block: 180_000,
  endOfData: 600_000,
  rset: 300_000,
  quit: 10_000,
};

/** Commands in flight at once: enough for any distance, and a bound for what both sides must hold. */
const window = 256;

/** Pieces below this many octets are copied together, which costs less than a write of their own. */
const worthAWrite = 2048;

/** The facts of a session as the machine writes them. */
class ServerFacts implements SmtpServerFacts {
  greeting = '';
  extensions: ReadonlyMap<string, string> = new Map();
  user: string | null = null;
  transactions = 0;
  last: TransactionResult | null = null;
}

/** The inner side of the client machine. */
export class Dialogue {
  readonly options: SmtpClientOptions;
  readonly server = new ServerFacts();
  readonly reader = new ReplyReader();
  tls: TlsInfo | null;
  limits: ServerLimits = readLimits(new Map());
  phase: ClientPhase = 'opening';
  /** DATA awaits its reply. */
  dataAwaited = false;
  /** Content was asked for, and has not come to its end. */
  contentDue = false;
  /** The transaction that the server may hold without its end: RSET has to come before the next. */
  halfOpen: object | null = null;
  /** Why the session ended, once it has; `null` after QUIT. */
  failure: SmtpFailure | null = null;

  readonly #patience: SmtpClientPatience;
  readonly #closing: (failure: SmtpFailure | null) => void;
  readonly #events: SmtpClientEvent[] = [];
  readonly #awaited: Expected[] = [];
  #text = '';
  #output: Bytes[] = [];
  #patienceId = 1;

  /** @param closing is called once, before the session's `close` event */
  constructor(
    options: SmtpClientOptions,
    tls: TlsInfo | null,
    closing: (failure: SmtpFailure | null) => void,
  ) {
    this.options = options;
    this.tls = tls;
    this.#patience = { ...defaultPatience, ...options.patience };
    this.#closing = closing;
  }

  get lmtp(): boolean {
    return this.options.protocol === 'lmtp';
  }

  get pipelining(): boolean {
    return this.server.extensions.has('PIPELINING');
  }

  /** BDAT can be used. */
  get chunking(): boolean {
    return this.options.chunking !== false && this.server.extensions.has('CHUNKING');
  }

  /** Another command may be said now (RFC 2920 §3.1). */
  get hasRoom(): boolean {
    return !this.dataAwaited && this.#awaited.length < (this.pipelining ? window : 1);
  }

  /** Every command was answered. */
  get quiet(): boolean {
    return this.#awaited.length === 0;
  }

  /** The wait that goes on. */
  get stage(): SmtpStage {
    if (this.phase === 'upgrading') return 'handshake';
    return this.#awaited[0]?.stage ?? (this.contentDue ? 'content' : 'idle');
  }

  say(text: string): void {
    this.#text += text;
  }

  send(pieces: readonly Bytes[]): void {
    if (pieces.length === 0) return;
    this.#endText();
    this.#output.push(...pieces);
  }

  /** Awaits a reply, after those that are awaited already. */
  expect(stage: SmtpStage, take: Expected['take']): Expected {
    const expected = { stage, take };
    if (this.#awaited.push(expected) === 1) this.renew();
    return expected;
  }

  /** Begins the present wait anew. */
  renew(): void {
    this.#patienceId += 1;
  }

  /** Acts on a reply. */
  hear(reply: ServerReply): void {
    const expected = this.#awaited.shift();
    this.renew();
    if (expected === undefined) {
      if (reply.code !== 421) this.fail('protocol', 'idle', 'a reply to nothing', reply);
    } else if (expected.take(reply) === true && this.phase !== 'closed') {
      this.#awaited.unshift(expected);
    }
    // RFC 5321 §3.8: 421 may come at any time, and the server goes.
    if (reply.code === 421) this.refused(expected?.stage ?? 'idle', reply);
  }

  emit(event: SmtpClientEvent): void {
    this.#events.push(event);
  }

  nextEvent(): SmtpClientEvent | null {
    return this.#events.shift() ?? null;
  }

  /** The server said no, and that is the end; or it said what is no answer at all. */
  refused(stage: SmtpStage, reply: ServerReply): void {
    if (verdictOf(reply) !== 'no')
      this.fail('protocol', stage, 'the reply is no answer to what was asked', reply);
    else this.fail('refused', stage, 'the server refused', reply);
  }

  /** Ends the session by a fault; behind QUIT nothing is one. */
  fail(why: SmtpFailureReason, stage: SmtpStage, text: string, reply?: ServerReply): void {
    if (this.phase === 'leaving') this.close(null);
    else this.close({ why, stage, text, ...(reply !== undefined && { reply: abridged(reply) }) });
  }

  /** Ends the session. What was said before is still to be sent: a server may act on it, and results say so. */
  close(failure: SmtpFailure | null): void {
    if (this.phase === 'closed') return;
    // RFC 5321 §4.1.1.10: QUIT is said wherever the server still listens.
    const farewell = failure !== null && this.quiet && polite(failure);
    this.phase = 'closed';
    this.failure = failure;
    this.dataAwaited = false;
    this.contentDue = false;
    this.#awaited.length = 0;
    if (farewell) this.say('QUIT\r\n');
    this.reader.clear();
    this.renew();
    this.#closing(failure);
    this.emit({ type: 'close', failure });
  }

  /** RFC 3207 §4.2: nothing that was learned before TLS survives it. */
  forget(): void {
    this.server.greeting = '';
    this.learn(new Map());
  }

  learn(extensions: ReadonlyMap<string, string>): void {
    this.server.extensions = extensions;
    this.limits = readLimits(extensions);
  }

  get patience(): Patience {
    const { stage } = this;
    return { id: this.#patienceId, ms: this.#waitOf(stage), why: stage };
  }

  #waitOf(stage: SmtpStage): number {
    // The handshake is the driver's, and idling is for the pool to end.
    if (stage === 'connect' || stage === 'idle' || stage === 'handshake') return Number.POSITIVE_INFINITY;
    if (stage === 'content') return this.#patience.block;
    return this.#patience[stage === 'end-of-data' ? 'endOfData' : stage];
  }

  takeOutput(): readonly Bytes[] {
    this.#endText();
    const output = joined(this.#output);
    this.#output = [];
    return output;
  }

  #endText(): void {
    if (this.#text === '') return;
    this.#output.push(Buffer.from(this.#text));
    this.#text = '';
  }
}

/** Whether the session was in step when it failed, so that a QUIT would be understood. */
function polite({ why, stage, reply }: SmtpFailure): boolean {
  if (reply?.code === 421 || stage === 'content') return false;
  return why === 'refused' || why === 'tls-missing' || why === 'auth-missing' || why === 'auth-failed';
}

/** Small neighbours become one. */
function joined(pieces: readonly Bytes[]): readonly Bytes[] {
  if (pieces.length < 2) return pieces;
  const out: Bytes[] = [];
  let small: Bytes[] = [];
  const flush = () => {
    if (small.length > 0) out.push(small.length === 1 ? (small[0] as Bytes) : Buffer.concat(small));
    small = [];
  };
  for (const piece of pieces) {
    if (piece.length >= worthAWrite) {
      flush();
      out.push(piece);
    } else {
      small.push(piece);
    }
  }
  flush();
  return out;
}
