/**
 * The state of one SMTP session: its phase, its transaction, what it will say and what it asks.
 *
 * Lines and content are cut out by the machine and handed in here; commands act on it. It keeps
 * three rules:
 *
 * - Which command is legal in which phase is data, on the command; absence from it is illegality.
 * - One question is open at a time, so replies leave in the order of the commands.
 * - Whatever ends a transaction without its message says so with one `reset` event.
 */
import type { Buffer } from 'node:buffer';
import {
  type Asking,
  type ConnectionInfo,
  MachineMisuse,
  type Patience,
  type TlsInfo,
  type VerdictFor,
} from '../../machine/index.ts';
import type { ContentReader } from '../dot-stuffing.ts';
import { endsSession, formatReply, type Reply, reply } from '../reply.ts';
import type { CloseReason, ResetReason, SmtpServerEvent, ViolationKind } from './events.ts';
import type { SmtpPatience } from './options.ts';
import { SessionState, type SmtpConnection } from './session.ts';
import type { Setup } from './setup.ts';
import type { Transaction } from './transaction.ts';

/**
 * Where a session stands.
 *
 * - `connecting`: the host has not yet let the peer in; nothing was said.
 * - `greeted`: 220 is out, HELO or EHLO is awaited.
 * - `ready`: between transactions.
 * - `mail`: MAIL was accepted, no recipient yet.
 * - `rcpt`: at least one recipient was accepted.
 * - `content`: the content of DATA or BDAT is coming, or is being judged.
 * - `chunks`: between two BDATs of one message.
 * - `authenticating`: lines are SASL responses.
 * - `upgrading`: STARTTLS was accepted, TLS is not yet there.
 * - `refused`: the peer was turned away with 554; only QUIT is left (RFC 5321 §3.1).
 * - `closed`: over.
 */
export type Phase =
  | 'connecting'
  | 'greeted'
  | 'ready'
  | 'mail'
  | 'rcpt'
  | 'content'
  | 'chunks'
  | 'authenticating'
  | 'upgrading'
  | 'refused'
  | 'closed';

/** How content is cut out of the input, until `end` runs. */
export type Framing =
  /** Dot-stuffed, up to CRLF.CRLF (RFC 5321 §4.5.2). */
  | { readonly type: 'dots'; readonly reader: ContentReader; take(reader: ContentReader): void; end(): void }
  /** Exactly so many octets (RFC 3030 §2). */
  | { readonly type: 'octets'; left: number; take(octets: Buffer): void; end(): void };

type AskingEvent = Asking<SmtpServerEvent>;

interface OpenQuestion {
  readonly event: AskingEvent;
  /** What time running out stands for. */
  readonly fallback: unknown;
  readonly proceed: (verdict: unknown) => void;
}

/** Questions whose answer no longer matters, told apart from those that never were ours. */
const stale = new WeakSet<object>();

const tooManyErrors = reply(421, '4.7.0', 'Too many errors');
const tooManyCommands = reply(421, '4.7.0', 'Too many commands without mail');
const timedOut = reply(421, '4.4.2', 'Timeout, closing connection');

/** The inner side of the server machine, which commands and extensions act on. */
export class Conversation {
  readonly setup: Setup;
  readonly session: SessionState;
  /** The ends of the connection as the driver told them, whatever XCLIENT said since. */
  readonly socketConnection: ConnectionInfo;
  phase: Phase = 'connecting';
  transaction: Transaction | null = null;
  /** How the next input is to be cut; `null` for lines. */
  framing: Framing | null = null;
  /** Takes the lines of phase `authenticating`; `null` for a line that was too long. */
  takeLine: ((line: string | null) => void) | null = null;

  #output = '';
  readonly #events: SmtpServerEvent[] = [];
  #question: OpenQuestion | null = null;
  #errors = 0;
  #idleCommands = 0;
  #leaving: Reply | null = null;
  #patience: keyof SmtpPatience = 'greeting';
  #patienceId = 1;

  constructor(setup: Setup, connection: SmtpConnection) {
    this.setup = setup;
    this.session = new SessionState(connection);
    this.socketConnection = this.session.connection;
  }

  /** Says a reply, in UTF-8 only where the client takes it. 421 and 521 end the session. */
  reply(verdict: Reply, utf8 = false): void {
    this.#output += formatReply(verdict, utf8);
    if (endsSession(verdict)) this.close(verdict.code === 421 ? 'shutdown' : 'refused');
  }

  /** Says text that is no ordinary reply: challenges, the go-ahead for content. */
  say(text: string): void {
    this.#output += text;
  }

  /** Answers a fault of the peer and counts it; too many end the session. */
  fault(kind: ViolationKind, verdict: Reply): void {
    this.emit({ type: 'violation', kind });
    this.#errors += 1;
    if (this.#errors < this.setup.limits.errors) {
      this.reply(verdict);
      return;
    }
    this.emit({ type: 'violation', kind: 'too-many-errors' });
    this.end('violation', tooManyErrors);
  }

  emit(event: SmtpServerEvent): void {
    this.#events.push(event);
  }

  /**
   * Asks the host and goes on with its answer; `fallback` stands for it when time runs out.
   */
  ask<T extends AskingEvent['type']>(
    event: Extract<AskingEvent, { type: T }>,
    fallback: VerdictFor<Extract<AskingEvent, { type: T }>>,
    proceed: (verdict: VerdictFor<Extract<AskingEvent, { type: T }>>) => void,
  ): void {
    this.#question = { event, fallback, proceed: proceed as (verdict: unknown) => void };
    this.#events.push(event);
    this.await(event.type === 'connect' ? 'greeting' : 'verdict');
  }

  /** The next event, in the order in which things happened. */
  nextEvent(): SmtpServerEvent | null {
    return this.#events.shift() ?? null;
  }

  get parked(): boolean {
    return this.#question !== null;
  }

  answer(event: object, verdict: unknown): boolean {
    const question = this.#question;
    if (question === null || question.event !== event) {
      if (stale.has(event)) return false;
      throw new MachineMisuse('answer() takes an event of this machine that asks, and only once');
    }
    this.#question = null;
    this.await('command');
    question.proceed(verdict);
    this.leaveWhenFree();
    return true;
  }

  /** Counts a command that sends no mail; too many in a row end the session. */
  idle(): boolean {
    this.#idleCommands += 1;
    if (this.#idleCommands <= this.setup.limits.idleCommands) return true;
    this.emit({ type: 'violation', kind: 'too-many-commands' });
    this.end('violation', tooManyCommands);
    return false;
  }

  begin(transaction: Transaction): void {
    this.transaction = transaction;
    this.session.transactions += 1;
    this.phase = 'mail';
  }

  /** The transaction is over and its message was answered. */
  finish(): void {
    if (this.phase === 'closed') return;
    this.framing = null;
    this.#idleCommands = 0;
    this.phase = 'ready';
  }

  /** The transaction in hand, if there is one, ends without its message. */
  drop(why: ResetReason): void {
    if (this.transaction === null) return;
    if (this.transaction.failure === null) this.emit({ type: 'reset', why });
    this.transaction = null;
    this.phase = 'ready';
  }

  /** Begins a new wait; the same wait begun anew counts as progress. */
  await(what: keyof SmtpPatience): void {
    this.#patience = what;
    this.#patienceId += 1;
  }

  /** TLS is up: the session starts anew, and nothing of it survives (RFC 3207 §4.2). */
  secure(info: TlsInfo): void {
    if (this.phase === 'closed') return;
    if (this.phase !== 'upgrading') throw new MachineMisuse('tlsEstablished() comes after an upgrade event');
    this.session.forget();
    this.session.tls = info;
    this.phase = 'greeted';
    this.await('command');
    this.leaveWhenFree();
  }

  get patience(): Patience {
    const why = this.#patience;
    return { id: this.#patienceId, ms: this.phase === 'closed' ? Infinity : this.setup.patience[why], why };
  }

  expire(): void {
    const question = this.#question;
    if (question !== null && question.event.type !== 'connect') {
      stale.add(question.event);
      this.answer(question.event, question.fallback);
      return;
    }
    if (this.phase === 'closed') return;
    this.emit({ type: 'violation', kind: 'timeout' });
    this.end('timeout', timedOut);
  }

  /** Leaves with `farewell` as soon as no transaction is in hand. */
  leave(farewell: Reply): void {
    if (this.phase === 'closed') return;
    this.#leaving = farewell;
    this.leaveWhenFree();
  }

  /** To be called when a command or an answer may have ended the last transaction. */
  leaveWhenFree(): void {
    if (this.#leaving === null || this.phase === 'closed') return;
    const free = this.transaction === null && this.#question === null && this.framing === null;
    // Nothing may be said between the reply to STARTTLS and the end of the handshake.
    if (free && this.phase !== 'upgrading') this.end('shutdown', this.#leaving);
  }

  /** Says a last reply and ends the session. */
  end(why: CloseReason, farewell: Reply): void {
    this.#output += formatReply(farewell);
    this.close(why);
  }

  /** Ends the session. A question that is open goes stale. */
  close(why: CloseReason): void {
    if (this.phase === 'closed') return;
    if (this.#question !== null) {
      stale.add(this.#question.event);
      // Nobody need be asked what no longer matters.
      if (this.#events.at(-1) === this.#question.event) this.#events.pop();
      this.#question = null;
    }
    this.drop('gone');
    this.framing = null;
    this.phase = 'closed';
    this.emit({ type: 'close', why });
  }

  takeOutput(): string {
    const output = this.#output;
    this.#output = '';
    return output;
  }
}
