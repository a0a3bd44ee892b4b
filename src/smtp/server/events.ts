/**
 * What the server machine tells its driver, and what it asks.
 *
 * An event that extends `Asks<V>` parks the machine until `answer(event, V)`; the others inform.
 */
import type { ForwardPath, ReversePath } from '../../address/index.ts';
import type { Asks, Bytes } from '../../machine/index.ts';
import type { Identity, Question, SaslFailure } from '../../sasl/index.ts';
import type { MailParameters, RcptParameters } from '../parameters.ts';
import type { Reply } from '../reply.ts';
import type { Envelope, Forwarded, Greeting } from './session.ts';

/** A host's decision: a reply of its own, or `undefined` for the machine's usual one. */
export type Verdict = Reply | undefined;

/** The decision on a message. LMTP takes one for each recipient, in order (RFC 2033 §4.2). */
export type MessageVerdict = Verdict | readonly Verdict[];

/** A peer connected, or a trusted XCLIENT changed who it is. Refusing answers 554 or what is given (RFC 5321 §3.1). */
export interface ConnectEvent extends Asks<Verdict> {
  readonly type: 'connect';
}

/** HELO, EHLO or LHLO (RFC 5321 §4.1.1.1). A positive verdict's text is not used. */
export interface HeloEvent extends Asks<Verdict> {
  readonly type: 'helo';
  readonly greeting: Greeting;
}

/** The client proved who it is (RFC 4954 §4). */
export interface AuthenticatedEvent {
  readonly type: 'authenticated';
  readonly identity: Identity;
  readonly mechanism: string;
}

/** The client failed to prove who it is; `failure.detail` is for the log. */
export interface AuthenticationFailedEvent {
  readonly type: 'authenticationFailed';
  readonly mechanism: string;
  readonly failure: SaslFailure;
}

/** MAIL: a transaction wants to begin (RFC 5321 §4.1.1.2). */
export interface MailEvent extends Asks<Verdict> {
  readonly type: 'mail';
  readonly from: ReversePath;
  readonly parameters: MailParameters;
}

/** RCPT: one more recipient (RFC 5321 §4.1.1.3). */
export interface RcptEvent extends Asks<Verdict> {
  readonly type: 'rcpt';
  readonly to: ForwardPath;
  readonly parameters: RcptParameters;
}

/** DATA, or the first BDAT: the content is about to come (RFC 5321 §4.1.1.4, RFC 3030 §2). */
export interface DataEvent extends Asks<Verdict> {
  readonly type: 'data';
  readonly envelope: Envelope;
}

/** A piece of the content, dots unstuffed. A view of the received chunk: copy what is kept. */
export interface BodyEvent {
  readonly type: 'body';
  readonly chunk: Bytes;
}

/** The content is complete; a positive verdict takes it into custody (RFC 5321 §4.2.5). */
export interface MessageEvent extends Asks<MessageVerdict> {
  readonly type: 'message';
  readonly envelope: Envelope;
  /** Octets of the content. */
  readonly size: number;
}

/**
 * Why a transaction ended without its message.
 *
 * - `reset`: the client took it back (RSET, or a new greeting).
 * - `refused`: the content was refused while it came: too large, bare CR or LF, too long in coming.
 * - `gone`: the connection ended.
 */
export type ResetReason = 'reset' | 'refused' | 'gone';

/** The transaction in hand is over without a message; whatever was kept of its content can go. */
export interface ResetEvent {
  readonly type: 'reset';
  readonly why: ResetReason;
}

/** VRFY (RFC 5321 §3.5). The usual reply is 252. */
export interface VrfyEvent extends Asks<Verdict> {
  readonly type: 'vrfy';
  readonly text: string;
  readonly smtputf8: boolean;
}

/** EXPN (RFC 5321 §3.5). The usual reply is 502. */
export interface ExpnEvent extends Asks<Verdict> {
  readonly type: 'expn';
  readonly text: string;
  readonly smtputf8: boolean;
}

/** HELP (RFC 5321 §4.1.1.8). The usual reply names the commands. */
export interface HelpEvent extends Asks<Verdict> {
  readonly type: 'help';
  readonly topic: string;
}

/** ETRN (RFC 1985 §5): start delivery of what waits for a node. The usual reply is 458. */
export interface EtrnEvent extends Asks<Verdict> {
  readonly type: 'etrn';
  /** `@` names a domain with its subdomains, `#` a queue of the server's; none, just the node. */
  readonly prefix: '@' | '#' | null;
  readonly node: string;
}

/** ATRN (RFC 2645 §4): turn the connection round for these domains. The usual reply is 453. */
export interface AtrnEvent extends Asks<Verdict> {
  readonly type: 'atrn';
  /** The domains asked for; empty means all of the authenticated user's. */
  readonly domains: readonly string[];
}

/** ATRN was accepted: once the output is sent, the host owns the connection and speaks as client. */
export interface TurnaroundEvent {
  readonly type: 'turnaround';
  readonly domains: readonly string[];
}

/** Once the output is sent, run the TLS handshake and call `tlsEstablished` (RFC 3207 §4). */
export interface UpgradeEvent {
  readonly type: 'upgrade';
}

/** A trusted relay said whom it forwards for (XFORWARD). */
export interface ForwardEvent {
  readonly type: 'forward';
  readonly forwarded: Forwarded;
}

/** What a peer did wrong, as a word for statistics and policy. */
export type ViolationKind =
  | 'early-talker'
  | 'bare-newline'
  | 'line-too-long'
  | 'syntax'
  | 'sequence'
  | 'unknown-command'
  | 'authentication'
  | 'foreign-protocol'
  | 'too-big'
  | 'too-many-errors'
  | 'too-many-commands'
  | 'starttls-leftovers'
  | 'timeout';

/** The peer broke a rule. It has been answered; this is for the record. */
export interface ViolationEvent {
  readonly type: 'violation';
  readonly kind: ViolationKind;
}

/** Why a session ended. */
export type CloseReason = 'quit' | 'gone' | 'timeout' | 'refused' | 'violation' | 'shutdown' | 'turnaround';

/** The session is over: close the connection once the output is sent. The last event. */
export interface CloseEvent {
  readonly type: 'close';
  readonly why: CloseReason;
}

/** Every event of the server machine; the credential questions of SASL are among them. */
export type SmtpServerEvent =
  | ConnectEvent
  | HeloEvent
  | Question
  | AuthenticatedEvent
  | AuthenticationFailedEvent
  | MailEvent
  | RcptEvent
  | DataEvent
  | BodyEvent
  | MessageEvent
  | ResetEvent
  | VrfyEvent
  | ExpnEvent
  | HelpEvent
  | EtrnEvent
  | AtrnEvent
  | TurnaroundEvent
  | UpgradeEvent
  | ForwardEvent
  | ViolationEvent
  | CloseEvent;
