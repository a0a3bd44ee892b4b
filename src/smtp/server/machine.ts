/**
 * The SMTP and LMTP server as a {@link Machine}: it cuts the input into lines and content, and lets
 * the conversation act on them.
 *
 * Framing comes before parsing: whatever a line or a piece of content means, where it ends is
 * decided here and nowhere else.
 */
import { Buffer, isUtf8 } from 'node:buffer';
import type { Asking, Bytes, Machine, Patience, TlsInfo, VerdictFor } from '../../machine/index.ts';
import { type Reply, replies, reply } from '../reply.ts';
import { greet } from './commands/greeting.ts';
import { Conversation, type Framing } from './conversation.ts';
import { runCommand, trimmedEnd } from './dispatch.ts';
import type { SmtpServerEvent } from './events.ts';
import { minimumProgress, type SmtpServerOptions } from './options.ts';
import { setupOf } from './prepare.ts';
import type { SmtpConnection, SmtpSession } from './session.ts';
import type { Setup } from './setup.ts';

/** So much of a chunk is made text at once: many pipelined commands, little waste before content. */
const textWindow = 4096;

const nothing: readonly Bytes[] = [];

// RFC 5321 §4.5.3.1.9
const lineTooLong = reply(500, '5.5.2', 'Line too long');
const notText = reply(500, '5.5.2', 'Command line holds octets that are not allowed');
// As Postfix answers it: the peer is confused, or somebody speaks through it.
const bareInCommand = reply(521, '5.5.2', 'Bare CR or LF in command; closing connection');

const unusual = /[^\x20-\x7e]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const control = /[\x00-\x1f\x7f]/;
const notAscii = /[\x80-\xff]/;

/**
 * One SMTP or LMTP session, without its socket.
 *
 * @example
 * ```ts
 * import { SmtpServerMachine, mx } from 'mailwright/smtp';
 *
 * const machine = new SmtpServerMachine(
 *   { ...mx, hostname: 'mx.example.org' },
 *   {
 *     id: 'test',
 *     remote: { family: 'ipv4', address: '192.0.2.1', port: 40000 },
 *     local: { family: 'ipv4', address: '192.0.2.25', port: 25 },
 *   },
 * );
 * const event = machine.next(); // { type: 'connect' }
 * if (event?.type === 'connect') machine.answer(event, undefined);
 * Buffer.concat(machine.takeOutput()).toString(); // '220 mx.example.org ESMTP mailwright\r\n'
 * ```
 */
export class SmtpServerMachine implements Machine<SmtpServerEvent> {
  readonly #conversation: Conversation;
  readonly #input: Buffer[] = [];
  /** Octets of the first chunk that are done with. */
  #position = 0;
  /** A stretch of the first chunk as text, of which `#textAt` characters are done with. */
  #text = '';
  #textAt = 0;
  /** The beginning of a line whose end has not come. */
  #partial = '';
  /** The line in hand is longer than any may be; it is skipped to its end. */
  #overlong = false;
  #ended = false;
  /** Content since patience was last renewed. */
  #progress = 0;

  constructor(options: SmtpServerOptions, connection: SmtpConnection) {
    this.#conversation = new Conversation(setupOf(options), connection);
    greet(this.#conversation);
  }

  /** What is known about the session. Read it at any time; it changes as the session goes on. */
  get session(): SmtpSession {
    return this.#conversation.session;
  }

  receive(chunk: Bytes): void {
    const { phase } = this.#conversation;
    if (phase === 'closed' || chunk.length === 0) return;
    if (phase === 'upgrading') {
      this.#leftovers();
      return;
    }
    if (phase === 'connecting') this.#conversation.emit({ type: 'violation', kind: 'early-talker' });
    this.#input.push(
      Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength),
    );
  }

  receiveEnd(): void {
    this.#ended = true;
  }

  next(): SmtpServerEvent | null {
    for (;;) {
      const event = this.#conversation.nextEvent();
      if (event !== null) return event;
      if (this.#conversation.phase === 'closed') this.#input.length = 0;
      if (this.parked || this.#conversation.phase === 'closed') return null;
      if (!this.#step()) {
        if (!this.#ended) return null;
        this.#conversation.close('gone');
      }
    }
  }

  answer<A extends Asking<SmtpServerEvent>>(event: A, verdict: VerdictFor<A>): boolean {
    return this.#conversation.answer(event, verdict);
  }

  get parked(): boolean {
    return this.#conversation.parked;
  }

  get wantsInput(): boolean {
    return !this.parked && this.#conversation.phase !== 'closed';
  }

  /** Something came in that could not be acted on yet: with a slow host, time to stop reading. */
  get holdsInput(): boolean {
    return this.#input.length > 0;
  }

  takeOutput(): readonly Bytes[] {
    const output = this.#conversation.takeOutput();
    return output === '' ? nothing : [Buffer.from(output)];
  }

  get patience(): Patience {
    return this.#conversation.patience;
  }

  /** How long the whole session may last, in milliseconds, by `patience.session`; the driver sees to it. */
  get lifetime(): number {
    return this.#conversation.setup.patience.session;
  }

  expire(): void {
    this.#conversation.expire();
  }

  tlsEstablished(info: TlsInfo): void {
    this.#conversation.secure(info);
  }

  /** Leaves once the transaction in hand is over, with 421 or another farewell. */
  shutdown(farewell: Reply = replies.shuttingDown): void {
    this.#conversation.leave(farewell);
  }

  /** The connection is gone: drops what is in hand. Events that tell so remain to be pulled. */
  abandon(): void {
    this.#input.length = 0;
    this.#conversation.close('gone');
  }

  /** Cuts out one line or piece of content and has it acted on; `false` when input is missing. */
  #step(): boolean {
    const { framing } = this.#conversation;
    return framing === null ? this.#line() : this.#content(framing);
  }

  #line(): boolean {
    const chunk = this.#input[0];
    if (chunk === undefined) return false;
    if (this.#textAt === this.#text.length) {
      this.#text = chunk.toString(
        'latin1',
        this.#position,
        Math.min(chunk.length, this.#position + textWindow),
      );
      this.#textAt = 0;
    }
    const feed = this.#text.indexOf('\n', this.#textAt);
    const end = feed < 0 ? this.#text.length : feed + 1;
    const piece = this.#text.slice(this.#textAt, end);
    this.#textAt = end;
    this.#consume(chunk, piece.length);
    const line = this.#partial + piece;
    if (line.length > this.#conversation.setup.lineLength) this.#overlong = true;
    // Of a line that is too long, the last octet tells whether CR stands before LF.
    this.#partial = feed >= 0 ? '' : this.#overlong ? line.slice(-1) : line;
    if (feed >= 0) this.#takeLine(line);
    return true;
  }

  /** Acts on a line that is complete up to its LF. */
  #takeLine(line: string): void {
    const conversation = this.#conversation;
    const tooLong = this.#overlong;
    this.#overlong = false;
    conversation.await('command');
    // Of a line that is too long only the end is known, whatever part of it is still there.
    const text = lineText(tooLong ? line.slice(-2) : line, conversation.setup);
    if (text === 'bare-newline') {
      conversation.emit({ type: 'violation', kind: 'bare-newline' });
      conversation.end('violation', bareInCommand);
    } else if (conversation.takeLine !== null) {
      // A line with octets that are not allowed is passed as it came: it is no base64 either.
      conversation.takeLine(tooLong ? null : (text ?? line));
    } else if (tooLong) {
      conversation.fault('line-too-long', lineTooLong);
    } else if (text === null) {
      conversation.fault('syntax', notText);
    } else {
      runCommand(conversation, text);
    }
    if (conversation.phase === 'upgrading') this.#upgrade();
    conversation.leaveWhenFree();
  }

  /** RFC 3207 §4.2: what came behind STARTTLS in clear could be anybody's, and ends the session. */
  #upgrade(): void {
    if (this.#input.length > 0) this.#leftovers();
    else this.#conversation.emit({ type: 'upgrade' });
  }

  #leftovers(): void {
    this.#input.length = 0;
    this.#conversation.emit({ type: 'violation', kind: 'starttls-leftovers' });
    this.#conversation.close('violation');
  }

  #content(framing: Framing): boolean {
    const chunk = this.#input[0];
    const complete = framing.type === 'octets' ? framing.left === 0 : framing.reader.ended;
    if (complete) {
      this.#conversation.framing = null;
      framing.end();
      return true;
    }
    if (chunk === undefined) return false;
    this.#text = '';
    this.#textAt = 0;
    const from = this.#position;
    const to =
      framing.type === 'octets'
        ? Math.min(chunk.length, from + framing.left)
        : framing.reader.take(chunk, from);
    this.#consume(chunk, to - from);
    this.#progressed(to - from);
    if (framing.type === 'octets') {
      framing.left -= to - from;
      framing.take(chunk.subarray(from, to));
    } else {
      framing.take(framing.reader);
    }
    return true;
  }

  #consume(chunk: Buffer, octets: number): void {
    this.#position += octets;
    if (this.#position < chunk.length) return;
    this.#input.shift();
    this.#position = 0;
    this.#text = '';
    this.#textAt = 0;
  }

  /** Content renews patience by whole blocks, never by single octets. */
  #progressed(octets: number): void {
    this.#progress += octets;
    if (this.#conversation.patience.why !== 'dataStart' && this.#progress < minimumProgress) return;
    this.#progress = 0;
    this.#conversation.await('dataBlock');
  }
}

/**
 * The text of a command line without its line end; `null` where it holds what no command may;
 * `bare-newline` where CR or LF stands alone and that is not forgiven.
 */
function lineText(line: string, { options, mail }: Setup): string | null | 'bare-newline' {
  const strict = options.bareNewlines !== 'normalise';
  const ended = line.endsWith('\r\n');
  if (!ended && strict) return 'bare-newline';
  const text = line.slice(0, ended ? -2 : -1);
  if (!unusual.test(text)) return text;
  if (strict && text.includes('\r')) return 'bare-newline';
  // RFC 5321 §4.1.1: white space before the line end is tolerated, tabs too.
  const trimmed = trimmedEnd(text, 0);
  if (control.test(trimmed)) return null;
  if (!notAscii.test(trimmed)) return trimmed;
  // RFC 6531 §3.1: UTF-8 in commands is for servers that offer SMTPUTF8.
  const octets = Buffer.from(trimmed, 'latin1');
  return mail.has('SMTPUTF8') && isUtf8(octets) ? octets.toString() : null;
}
