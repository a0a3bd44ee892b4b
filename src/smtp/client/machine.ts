/**
 * The SMTP and LMTP client as a {@link Machine}: it opens the session by itself, then sends what it is
 * given.
 */
import { type Bytes, type Machine, MachineMisuse, type Patience, type TlsInfo } from '../../machine/index.ts';
import { Dialogue } from './dialogue.ts';
import type { SmtpClientEvent } from './events.ts';
import type { OpenTransaction } from './open-transaction.ts';
import { awaitGreeting, failByLeftovers, sayHello } from './opening.ts';
import type { SmtpClientOptions, SmtpServerFacts } from './options.ts';
import { Sending } from './sending.ts';
import type { SmtpTransaction } from './transaction.ts';

// A domain or address literal has none of these, and the line must stay one.
const notName = /[^\x21-\x7e]/;

/**
 * One SMTP or LMTP session as a client, without its socket.
 *
 * Beside the turn that all machines share (see {@link Machine}), a driver does what the events say:
 *
 * - `upgrade`: run the TLS handshake, then `tlsEstablished` or `tlsFailed`.
 * - `ready`: give a message by `send`, now or later, or `quit`.
 * - `content`: `feed` the message's octets, piece by piece while `wantsContent`, the next piece when the
 *   transport has taken the output of the one before; then `finish`, or `fail` where the octets can't be
 *   had. Each call renews the patience for a block of content (RFC 5321 §4.5.3.2.5), so that the timer runs
 *   out when the transport takes nothing for so long.
 * - `contentRefused`: stop that. The result follows.
 * - `close`: send the output, close the connection.
 *
 * Whatever the server does, no call throws; `send`, `feed`, `finish`, `fail` and `quit` on a session that is
 * over do no harm.
 *
 * @example
 * ```ts
 * import { randomBytes } from 'node:crypto';
 * import { SmtpClientMachine } from 'mailwright/smtp';
 *
 * const machine = new SmtpClientMachine({ hostname: 'client.example', random: randomBytes });
 * machine.receive(Buffer.from('220 mx.example.org ESMTP\r\n'));
 * machine.next(); // null
 * Buffer.concat(machine.takeOutput()).toString(); // 'EHLO client.example\r\n'
 * machine.receive(Buffer.from('250 mx.example.org\r\n'));
 * machine.next(); // { type: 'ready' }
 * machine.send({
 *   from: 'a@client.example',
 *   parameters: {},
 *   recipients: [{ path: 'b@example.org', parameters: {} }],
 *   size: 1000,
 * });
 * Buffer.concat(machine.takeOutput()).toString(); // 'MAIL FROM:<a@client.example>\r\n'
 * ```
 */
export class SmtpClientMachine implements Machine<SmtpClientEvent> {
  readonly #dialogue: Dialogue;
  readonly #sending: Sending;
  #ended = false;
  /** `ready` was told since the last transaction was given. */
  #readyTold = false;

  /**
   * @param connection - `tls`: set where TLS was there from the first octet (RFC 8314 §3.3)
   * @throws MachineMisuse when the host name is none
   */
  constructor(options: SmtpClientOptions, connection: { readonly tls?: TlsInfo } = {}) {
    const { hostname } = options;
    if (hostname === '' || notName.test(hostname)) {
      throw new MachineMisuse(`no host name: ${JSON.stringify(hostname)}`);
    }
    this.#dialogue = new Dialogue(options, connection.tls ?? null, (failure) => this.#sending.abort(failure));
    this.#sending = new Sending(this.#dialogue);
    awaitGreeting(this.#dialogue);
  }

  /** What is known about the server and the session. Read it at any time; it changes as the session goes on. */
  get server(): SmtpServerFacts {
    return this.#dialogue.server;
  }

  /** `send` can be called. */
  get ready(): boolean {
    return this.#sending.ready;
  }

  /** `feed` can be called. `false` while as much waits as should. */
  get wantsContent(): boolean {
    return this.#sending.source?.wantsContent === true;
  }

  receive(chunk: Bytes): void {
    const { phase, reader } = this.#dialogue;
    if (phase === 'closed' || chunk.length === 0) return;
    if (phase === 'upgrading') failByLeftovers(this.#dialogue);
    else reader.receive(chunk);
  }

  receiveEnd(): void {
    this.#ended = true;
  }

  next(): SmtpClientEvent | null {
    const dialogue = this.#dialogue;
    for (;;) {
      const event = dialogue.nextEvent();
      if (event !== null) return event;
      if (dialogue.phase === 'closed') return null;
      // Before the next reply is read, so that a message is sent at the same place however octets were cut.
      if (this.ready && !this.#readyTold) {
        this.#readyTold = true;
        return { type: 'ready' };
      }
      if (this.#step()) continue;
      if (!this.#ended) return null;
      this.abandon();
    }
  }

  /** Acts on one reply; `false` when there is none. */
  #step(): boolean {
    const dialogue = this.#dialogue;
    const reply = dialogue.reader.read();
    if (reply === null) return false;
    if (typeof reply === 'string') {
      dialogue.fail('protocol', dialogue.stage, reply);
    } else {
      dialogue.hear(reply);
      this.#sending.advance();
    }
    return true;
  }

  /**
   * Sends a message. Its result comes as an event; so it does on a session that is over.
   *
   * @throws MachineMisuse when the machine is not `ready`, or the transaction holds what can't be said
   */
  send(transaction: SmtpTransaction): void {
    if (this.#dialogue.phase !== 'closed' && !this.ready)
      throw new MachineMisuse('send() comes when `ready`');
    this.#sending.begin(transaction);
    this.#readyTold = false;
  }

  /**
   * Hands over octets of the content that was asked for. The machine keeps views of `chunk` until the output
   * that holds them was taken and written.
   *
   * The pieces together should have the transaction's `size`; a server goes by what it gets, and may refuse
   * what is larger than was told.
   *
   * @throws MachineMisuse when no content was asked for
   */
  feed(chunk: Bytes): void {
    this.#source('feed')?.feed(chunk);
    this.#sending.advance();
  }

  /**
   * The content is complete.
   *
   * @throws MachineMisuse when no content was asked for
   */
  finish(): void {
    this.#source('finish')?.finish();
    this.#sending.source = null;
    this.#sending.advance();
  }

  /**
   * The octets can't be had: the message is not sent, and never ended so that a server could take the part for
   * the whole. A session that sends by DATA ends with it.
   *
   * @throws MachineMisuse when no content was asked for
   */
  fail(text: string): void {
    this.#source('fail')?.sourceFailed(text);
    this.#sending.source = null;
    this.#sending.advance();
  }

  #source(call: string): OpenTransaction | null {
    const { source } = this.#sending;
    if (source === null && this.#dialogue.phase !== 'closed') {
      throw new MachineMisuse(`${call}() comes after a content event, until finish() or fail()`);
    }
    return source;
  }

  /** Ends the session: at once where it is not open yet, else by QUIT once the results are there. */
  quit(): void {
    const { phase } = this.#dialogue;
    if (phase === 'open') {
      this.#sending.leaving = true;
      this.#sending.advance();
    } else if (phase !== 'leaving') {
      this.#dialogue.close(null);
    }
  }

  /** The connection is gone: what is open has failed. Events that tell so remain to be pulled. */
  abandon(): void {
    this.#dialogue.fail('gone', this.#dialogue.stage, 'the connection was lost');
  }

  /** There are no questions in this machine. */
  answer(): never {
    throw new MachineMisuse('no event of this machine asks');
  }

  get parked(): boolean {
    return false;
  }

  get wantsInput(): boolean {
    const { phase } = this.#dialogue;
    return phase !== 'upgrading' && phase !== 'closed';
  }

  takeOutput(): readonly Bytes[] {
    return this.#dialogue.takeOutput();
  }

  get patience(): Patience {
    return this.#dialogue.patience;
  }

  expire(): void {
    const { stage, quiet } = this.#dialogue;
    // The server has answered all there was: it is the content that does not come.
    if (quiet && stage === 'content')
      this.#dialogue.fail('content', stage, 'the content did not come in time');
    else this.#dialogue.fail('timeout', stage, 'the server did not answer in time');
  }

  tlsEstablished(info: TlsInfo): void {
    const dialogue = this.#dialogue;
    if (!this.#upgrading('tlsEstablished')) return;
    dialogue.forget();
    dialogue.tls = info;
    dialogue.phase = 'opening';
    sayHello(dialogue);
  }

  /** The handshake failed, or the certificate is not the one that is required: the session is over. */
  tlsFailed(text: string): void {
    if (this.#upgrading('tlsFailed')) this.#dialogue.fail('tls-failed', 'handshake', text);
  }

  #upgrading(call: string): boolean {
    const { phase } = this.#dialogue;
    if (phase === 'upgrading') return true;
    if (phase === 'closed') return false;
    throw new MachineMisuse(`${call}() comes after an upgrade event`);
  }
}
