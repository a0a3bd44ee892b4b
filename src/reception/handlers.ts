/**
 * What a host decides while mail comes in: an object of functions, each optional, each free to
 * answer at once or later.
 *
 * A verdict is the reply that the peer reads, or `undefined` for the usual one: yes, for questions
 * of admission. What is not given is decided so too; only who takes the content must be said, by
 * `data`, or every message is refused.
 */
import type { Bytes } from '../machine/index.ts';
import type {
  AtrnEvent,
  AuthenticatedEvent,
  AuthenticationFailedEvent,
  CloseEvent,
  Envelope,
  EtrnEvent,
  ExpnEvent,
  ForwardEvent,
  HeloEvent,
  HelpEvent,
  MailEvent,
  MessageEvent,
  MessageVerdict,
  RcptEvent,
  Reply,
  ResetReason,
  SmtpSession,
  Verdict,
  ViolationEvent,
  VrfyEvent,
} from '../smtp/index.ts';
import type { Json } from '../spool/index.ts';
import type { Credentials, MaybePromise } from '../users/index.ts';

/** One session as a handler sees it. */
export interface Visit {
  /** The facts of the session, current at every reading. */
  readonly session: SmtpSession;
  /** Fires when the peer is gone; give it to whatever a handler waits for. */
  readonly signal: AbortSignal;
  /**
   * Values of the host's own, by module name, for handlers to read and write; they are persisted with
   * each message of the session that begins from then on.
   */
  readonly metadata: Record<string, Json>;
}

/**
 * Where the content of one message goes.
 *
 * `write` is called for each piece, each after the former's Promise, if it gave one, has resolved; a
 * Promise holds the peer back. Then `end` is called once, or `abort` once: never both, never again.
 */
export interface MessageSink {
  /**
   * `false` promises that nothing of a piece is used once its `write` is done. Its memory can then be
   * freed at once, instead of waiting for the garbage collector. Default `true`, to be safe.
   */
  readonly retains?: boolean;
  /** Takes a piece. Its octets are only lent: copy what is kept beyond the call or its Promise. */
  write(chunk: Bytes): void | Promise<void>;
  /**
   * The content is complete. A positive verdict takes the message into custody: it must be safe by
   * then (RFC 5321 §4.2.5).
   */
  end(message: MessageEvent): MaybePromise<MessageVerdict>;
  /** The message will not be completed. Must not throw. */
  abort(why: ResetReason): void | Promise<void>;
}

/**
 * A host's decisions about an SMTP or LMTP session. See the top of this file.
 *
 * A handler that throws or rejects is answered for with 451 (the peer keeps its mail), and told to
 * `error`.
 *
 * @example
 * ```ts
 * import { formatPath } from 'mailwright/address';
 * import type { SmtpHandlers } from 'mailwright/reception';
 * import { replies } from 'mailwright/smtp';
 *
 * const handlers: SmtpHandlers = {
 *   rcpt: ({ to }) => (formatPath(to) === '<postmaster@example.org>' ? undefined : replies.noSuchUser),
 *   data: () => {
 *     let size = 0;
 *     return {
 *       write: (chunk) => void (size += chunk.length),
 *       end: () => (size > 0 ? undefined : replies.messageRefused),
 *       abort: () => {},
 *     };
 *   },
 * };
 * ```
 */
export interface SmtpHandlers {
  /** A peer connected; refuse with 554, or 421 to send it away at once. */
  connect?(visit: Visit): MaybePromise<Verdict>;
  helo?(event: HeloEvent, visit: Visit): MaybePromise<Verdict>;
  /** Who may log in. Needs the AUTH extension, which `SmtpServer` adds by itself. */
  readonly credentials?: Credentials;
  authenticated?(event: AuthenticatedEvent, visit: Visit): void;
  authenticationFailed?(event: AuthenticationFailedEvent, visit: Visit): void;
  /** The reverse path and MAIL's parameters. */
  mail?(event: MailEvent, visit: Visit): MaybePromise<Verdict>;
  /** One recipient. A server that takes mail from strangers must refuse those that are not its own. */
  rcpt?(event: RcptEvent, visit: Visit): MaybePromise<Verdict>;
  /** The content is about to come: a sink for it, or a refusal. */
  data?(envelope: Envelope, visit: Visit): MaybePromise<MessageSink | Reply>;
  vrfy?(event: VrfyEvent, visit: Visit): MaybePromise<Verdict>;
  expn?(event: ExpnEvent, visit: Visit): MaybePromise<Verdict>;
  help?(event: HelpEvent, visit: Visit): MaybePromise<Verdict>;
  etrn?(event: EtrnEvent, visit: Visit): MaybePromise<Verdict>;
  atrn?(event: AtrnEvent, visit: Visit): MaybePromise<Verdict>;
  /** A trusted relay told whom it forwards for. */
  forward?(event: ForwardEvent, visit: Visit): void;
  /** The peer broke a rule; it has been answered. For statistics and policy. */
  violation?(event: ViolationEvent, visit: Visit): void;
  /** The session is over. Called once for each session. */
  close?(event: CloseEvent, visit: Visit): void;
  /**
   * A handler or a sink failed, or, with no `visit`, the server did: it could not accept, or a worker
   * died. Default: it goes to `process.emitWarning`.
   */
  error?(error: unknown, visit: Visit | undefined): void;
}
