/**
 * A host's handlers at work on one session: each event of the machine goes to its handler, and the
 * handler's word back to the machine.
 *
 * No fault of a handler gets past here: the host is told, and the peer keeps its mail.
 */
import type { Asking } from '../machine/index.ts';
import {
  type BodyEvent,
  type DataEvent,
  type MessageEvent,
  type Reply,
  type ResetReason,
  replies,
  reply,
  type SmtpServerEvent,
  type SmtpServerMachine,
} from '../smtp/index.ts';
import { type DecidableEvent, decide, fallbackFor, type ReportedEvent, report } from './decide.ts';
import type { MessageSink, SmtpHandlers, Visit } from './handlers.ts';

/** The events that a host has to do with; the others are for whoever holds the connection. */
export type HostedEvent = Exclude<SmtpServerEvent, { type: 'upgrade' | 'turnaround' }>;

const noSink = reply(554, '5.3.2', 'This server takes no messages');

/**
 * Lets handlers act on the events of a machine, without any socket: what `serveSmtp` does, for hosts
 * with connections of another kind, and for tests of handlers.
 *
 * @example
 * ```ts
 * import { SmtpHost } from 'mailwright/reception';
 * import { mx, SmtpServerMachine } from 'mailwright/smtp';
 *
 * const end = { family: 'unix', path: '' } as const;
 * const machine = new SmtpServerMachine({ ...mx, hostname: 'mx.example.org' }, { id: 'one', remote: end, local: end });
 * const visit = { session: machine.session, signal: new AbortController().signal, metadata: {} };
 * const host = new SmtpHost(machine, { helo: ({ greeting }) => void console.log(greeting.name) }, visit);
 *
 * for (const line of ['', 'EHLO client.example.org\r\n']) {
 *   machine.receive(Buffer.from(line));
 *   for (let event = machine.next(); event !== null; event = machine.next()) {
 *     if (event.type !== 'upgrade' && event.type !== 'turnaround') await host.act(event);
 *   }
 * }
 * console.log(String(machine.takeOutput()[0])); // 220 mx.example.org ..., 250-mx.example.org ...
 * ```
 */
export class SmtpHost {
  readonly #machine: SmtpServerMachine;
  readonly #handlers: SmtpHandlers;
  readonly #visit: Visit;
  #sink: MessageSink | null = null;
  /** A piece went to a sink that may use it beyond its `write`. Whoever owns the chunk sets it back. */
  lent = false;

  constructor(machine: SmtpServerMachine, handlers: SmtpHandlers, visit: Visit) {
    this.#machine = machine;
    this.#handlers = handlers;
    this.#visit = visit;
  }

  /**
   * Has an event acted on, and answered if it asks.
   *
   * @returns nothing when that is done, or a Promise for when it will be, which never rejects: pull no
   *   further event before
   */
  act(event: HostedEvent): void | Promise<void> {
    switch (event.type) {
      case 'body':
        return this.#write(event);
      case 'data':
        return this.#openSink(event);
      case 'message':
        return this.#endSink(event);
      case 'reset':
        return this.#abortSink(event.why);
      case 'authenticated':
      case 'authenticationFailed':
      case 'forward':
      case 'violation':
      case 'close':
        return this.#report(event);
      default:
        return this.#decide(event);
    }
  }

  /** Tells the host of a fault; what comes of that is nobody's business. */
  tell(error: unknown): void {
    try {
      if (this.#handlers.error !== undefined) this.#handlers.error(error, this.#visit);
      else process.emitWarning(error instanceof Error ? error : String(error), 'MailHandlerFailed');
    } catch {
      // A host whose error handler fails has nobody left to be told.
    }
  }

  #decide(event: DecidableEvent): void | Promise<void> {
    try {
      const verdict = decide(this.#handlers, event, this.#visit);
      return isPromise(verdict) ? this.#answerLater(event, verdict) : this.#answer(event, verdict);
    } catch (error) {
      this.#fail(event, error);
    }
  }

  #openSink(event: DataEvent): void | Promise<void> {
    try {
      const opened = this.#handlers.data?.(event.envelope, this.#visit);
      if (!isPromise(opened)) return this.#takeSink(event, opened);
      return Promise.resolve(opened).then(
        (sink) => this.#takeSink(event, sink),
        (error: unknown) => this.#fail(event, error),
      );
    } catch (error) {
      this.#fail(event, error);
    }
  }

  #takeSink(event: DataEvent, opened: MessageSink | Reply | undefined): void {
    if (opened === undefined || !('write' in opened)) {
      this.#answer(event, opened ?? noSink);
    } else if (this.#machine.answer(event, undefined)) {
      this.#sink = opened;
    } else {
      // The peer went while the host was thinking.
      this.#guard(() => opened.abort('gone'));
    }
  }

  #write(event: BodyEvent): void | Promise<void> {
    try {
      const sink = this.#sink;
      if (sink?.retains !== false) this.lent = true;
      const written = sink?.write(event.chunk);
      if (isPromise(written)) {
        return Promise.resolve(written).catch((error: unknown) => this.#sinkFailed(error));
      }
    } catch (error) {
      this.#sinkFailed(error);
    }
  }

  #endSink(event: MessageEvent): void | Promise<void> {
    const sink = this.#sink;
    this.#sink = null;
    try {
      // Without a sink its writing has failed, and the host was told.
      const verdict = sink === null ? replies.localError : sink.end(event);
      return isPromise(verdict) ? this.#answerLater(event, verdict) : this.#answer(event, verdict);
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
    this.tell(error);
    this.#abortSink('refused');
  }

  /** Gives the host's word to the machine; one that makes no sense is a fault like any other. */
  #answer(event: Asking<SmtpServerEvent>, verdict: unknown): void {
    try {
      this.#machine.answer(event, verdict as never);
    } catch (error) {
      this.tell(error);
      this.#machine.abandon();
    }
  }

  #answerLater(event: Asking<SmtpServerEvent>, verdict: PromiseLike<unknown>): Promise<void> {
    return Promise.resolve(verdict).then(
      (value) => this.#answer(event, value),
      (error: unknown) => this.#fail(event, error),
    );
  }

  #fail(event: Asking<SmtpServerEvent>, error: unknown): void {
    this.tell(error);
    this.#answer(event, fallbackFor(event, error));
  }

  #report(event: ReportedEvent): void {
    this.#guard(() => report(this.#handlers, event, this.#visit));
  }

  /** Runs what nobody waits for. */
  #guard(work: () => void | Promise<void>): void {
    try {
      work()?.catch((error: unknown) => this.tell(error));
    } catch (error) {
      this.tell(error);
    }
  }
}

/** Any thenable: handlers may bring promises of their own kind. */
function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value;
}
