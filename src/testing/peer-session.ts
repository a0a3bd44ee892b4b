/**
 * One session of a scripted peer: a server machine that is given the client's input command by command, so
 * that a script can step in at each of them.
 */
import { Buffer } from 'node:buffer';
import type { Duplex } from 'node:stream';
import { formatPath } from '../address/index.ts';
import type { Clock } from '../machine/index.ts';
import type { Upgraded } from '../node/index.ts';
import { type MessageSink, type SmtpHandlers, SmtpHost } from '../reception/index.ts';
import {
  type Envelope,
  type MessageEvent,
  queuedAs,
  type Reply,
  replies,
  type SmtpConnection,
  type SmtpServerEvent,
  SmtpServerMachine,
  type SmtpServerOptions,
  type Verdict,
} from '../smtp/index.ts';
import type { Credentials } from '../users/index.ts';
import { PeerInput } from './peer-input.ts';
import type { PeerConnection, PeerMessage } from './peer-record.ts';
import { carriesOut, textOf, verdictOf } from './peer-reply.ts';
import type { PeerReaction, PeerScript, PeerStage } from './peer-script.ts';

/** What all sessions of a peer are run with. */
export interface PeerSettings {
  readonly machine: SmtpServerOptions;
  readonly script: PeerScript;
  readonly clock: Clock;
  readonly credentials: Credentials;
  readonly upgrade: (socket: Duplex) => Promise<Upgraded>;
  readonly onMessage: (message: PeerMessage) => void;
}

type Mutable<T> = { -readonly [Field in keyof T]: T[Field] };
type Written = Mutable<Omit<PeerConnection, 'commands'>> & { readonly commands: string[] };

/** Commands that the script is asked about before the machine sees them; of others, by the machine's events. */
const stages: Readonly<Record<string, PeerStage | null>> = {
  STARTTLS: 'starttls',
  AUTH: 'auth',
  RSET: 'rset',
  QUIT: 'quit',
  HELO: null,
  EHLO: null,
  LHLO: null,
  MAIL: null,
  RCPT: null,
  DATA: null,
  BDAT: null,
};

export class PeerSession {
  readonly connection: Written;
  /** Resolves when the connection is closed. */
  readonly closed: Promise<void>;
  readonly #settings: PeerSettings;
  readonly #machine: SmtpServerMachine;
  readonly #host: SmtpHost;
  readonly #input = new PeerInput();
  /** The connection as it was accepted. */
  readonly #raw: Duplex;
  /** What is talked on: the same, or TLS upon it. */
  #socket: Duplex;
  /** The peer or the client has ended the conversation, or the peer has fallen silent for good. */
  #over = false;
  #inputEnded = false;
  /** Wakes whoever waits for input. */
  #wake: () => void = () => {};
  readonly #gone: () => void;
  /** What the script said about the piece in hand. */
  #reaction: PeerReaction = {};
  /** Goes out in place of the machine's reply. */
  #override: string | null = null;
  #from = '';
  #transaction = 0;
  #authenticating = false;
  /** The command in hand is BDAT, which tells itself what follows. */
  #chunked = false;
  #upgrading = false;
  /** The machine has nothing more to say after this. */
  #leaving = false;

  /** @param raw - the connection as it was accepted, where `socket` is TLS upon it */
  constructor(settings: PeerSettings, info: SmtpConnection, number: number, socket: Duplex, raw = socket) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    this.#gone = () => {
      this.#over = true;
      this.#end('gone');
      this.connection.closedAt ??= settings.clock.now();
      resolve();
      this.#wake();
    };
    this.#settings = settings;
    this.#raw = raw;
    this.#socket = socket;
    const { remote, local, tls = null } = info;
    this.connection = {
      number,
      remote,
      local,
      openedAt: settings.clock.now(),
      closedAt: null,
      tls,
      user: null,
      commands: [],
      end: null,
    };
    this.#machine = new SmtpServerMachine(settings.machine, info);
    const { session } = this.#machine;
    const { signal } = new AbortController();
    this.#host = new SmtpHost(this.#machine, this.#handlers(), { session, signal, metadata: {} });
    raw.on('error', () => {});
    raw.once('close', this.#gone);
    this.#listen(socket);
    void this.#run();
  }

  /** Closes the connection at once. */
  destroy(): void {
    this.#end('peer');
    this.#socket.destroy();
    this.#raw.destroy();
  }

  async #run(): Promise<void> {
    await this.#act(null);
    while (!this.#over) {
      const command = this.#input.atCommand;
      const piece = this.#input.take();
      if (piece !== null) {
        await (command ? this.#command(piece) : this.#act(piece));
      } else if (this.#inputEnded) {
        this.#leave('gone');
      } else {
        await this.#wait();
      }
    }
  }

  /** Acts on the line of a command, or of an authentication exchange. */
  async #command(piece: Buffer): Promise<void> {
    const line = piece.toString('utf8').trimEnd();
    const verb = this.#authenticating ? 'AUTH' : (line.split(' ', 1)[0] ?? '').toUpperCase();
    if (!this.#authenticating) {
      const told = verb === 'AUTH' ? line.split(' ', 2).join(' ') : line;
      this.connection.commands.push(told);
    }
    const chunk = /^BDAT (\d{1,15})/i.exec(line);
    this.#chunked = chunk !== null;
    if (chunk !== null) this.#input.expectChunk(Number(chunk[1]));
    const stage = Object.hasOwn(stages, verb) ? stages[verb] : 'other';
    const { reply } = stage == null ? {} : this.#ask(stage);
    // A command that the script refuses is not even seen by the machine.
    if (reply !== undefined && !carriesOut(reply)) await this.#say(Buffer.alloc(0));
    else await this.#act(piece);
  }

  /** Has the machine act on a piece of input, and says what there is to say. */
  async #act(piece: Buffer | null): Promise<void> {
    if (piece !== null) this.#machine.receive(piece);
    for (let event = this.#machine.next(); event !== null; event = this.#machine.next()) {
      if (event.type === 'upgrade') this.#upgrading = true;
      else if (event.type !== 'turnaround') await this.#host.act(event);
      this.#follow(event);
      if (this.#over) return;
    }
    const output = Buffer.concat(this.#machine.takeOutput());
    // Nothing is said before the content is there: not even a refusal of BDAT (RFC 3030 §2).
    if (output.length > 0 || this.#input.atCommand) await this.#say(output);
    if (this.#upgrading && !this.#over) await this.#upgrade();
  }

  #follow(event: SmtpServerEvent): void {
    if (event.type === 'authenticated') this.connection.user = event.identity.user;
    if (event.type === 'reset') this.#from = '';
    if (event.type === 'close') this.#leaving = true;
    if (event.type === 'close' && event.why === 'quit') this.#end('quit');
  }

  /** Asks the script, and has what it says done with the next that is said. */
  #ask(stage: PeerStage, path = ''): PeerReaction {
    const reaction = this.#settings.script({
      stage,
      connection: this.connection.number,
      transaction: this.#transaction,
      remote: this.connection.remote,
      from: this.#from,
      path,
      time: this.#settings.clock.now(),
    });
    if (reaction === undefined) return {};
    if (reaction.octets === undefined) this.#react(reaction);
    return reaction;
  }

  #react(reaction: PeerReaction): void {
    this.#reaction = reaction;
    this.#override = reaction.reply === undefined ? null : textOf(reaction.reply);
  }

  /** Says what the script wants, or else what the machine says; then does what the script wants done. */
  async #say(output: Buffer): Promise<void> {
    const { after = 0, reply, end } = this.#reaction;
    const override = this.#override;
    this.#reaction = {};
    this.#override = null;
    if (after > 0) await this.#pause(after);
    if (this.#over) return;
    const said = override === null ? output : Buffer.from(override);
    if (said.length > 0) this.#socket.write(said);
    this.#authenticating = said.subarray(0, 3).toString('latin1') === '334';
    const farewell = typeof reply === 'object' && (reply.code === 421 || reply.code === 521);
    if (end === 'stall') this.#stall();
    else if (end === 'reset') this.#reset();
    else if (end === 'close' || farewell || this.#leaving) this.#leave('peer');
  }

  #leave(end: 'peer' | 'gone'): void {
    this.#over = true;
    this.#end(end);
    this.#socket.end();
    this.#socket.resume();
  }

  #reset(): void {
    this.#over = true;
    this.#end('peer');
    const raw: Duplex & { resetAndDestroy?: () => unknown } = this.#raw;
    if (raw.resetAndDestroy === undefined) raw.destroy();
    else raw.resetAndDestroy();
  }

  #stall(): void {
    this.#over = true;
    this.#end('stalled');
    this.#socket.pause();
  }

  #end(end: PeerConnection['end']): void {
    this.connection.end ??= end;
  }

  async #pause(ms: number): Promise<void> {
    let cancel = () => {};
    const passed = new Promise<void>((resolve) => {
      cancel = this.#settings.clock.after(ms, resolve);
    });
    await Promise.race([passed, this.closed]);
    cancel();
  }

  /** Waits for input. Meanwhile the script may have something to say. */
  async #wait(): Promise<void> {
    const idle = this.#input.atCommand && this.#input.length === 0;
    const { after = 0, ...reaction } = idle ? this.#ask('idle') : {};
    this.#reaction = {};
    this.#override = null;
    const acts = reaction.reply !== undefined || reaction.end !== undefined;
    const due = await new Promise<boolean>((resolve) => {
      const cancel = acts ? this.#settings.clock.after(after, () => resolve(true)) : () => {};
      this.#wake = () => {
        cancel();
        resolve(false);
      };
    });
    if (!due) return;
    this.#react(reaction);
    await this.#say(Buffer.alloc(0));
  }

  async #upgrade(): Promise<void> {
    this.#upgrading = false;
    const { reply, end } = this.#ask('handshake');
    await this.#say(Buffer.alloc(0));
    if (reply !== undefined || end !== undefined || this.#over) return;
    // What came behind STARTTLS in clear ends the session (RFC 3207 §4.2), as the machine knows.
    if (this.#input.length > 0) {
      await this.#act(this.#input.takeAll());
      return;
    }
    this.#socket.off('data', this.#received).off('end', this.#ended);
    try {
      const { socket, tls } = await this.#settings.upgrade(this.#socket);
      this.#socket = socket;
      this.connection.tls = tls;
      this.#machine.tlsEstablished(tls);
      this.#listen(socket);
    } catch {
      this.destroy();
    }
  }

  readonly #received = (chunk: Buffer): void => {
    if (this.#over) return;
    this.#input.append(chunk);
    this.#wake();
  };

  readonly #ended = (): void => {
    this.#inputEnded = true;
    this.connection.closedAt ??= this.#settings.clock.now();
    this.#wake();
  };

  #listen(socket: Duplex): void {
    socket.on('error', () => {});
    socket.once('close', this.#gone).on('data', this.#received).on('end', this.#ended);
  }

  #handlers(): SmtpHandlers {
    return {
      credentials: this.#settings.credentials,
      helo: () => verdictOf(this.#ask('helo').reply),
      connect: () => {
        const { reply } = this.#ask('connect');
        // Whatever is said instead of a greeting, the client may go on.
        return typeof reply === 'string' && !/^[45]/.test(reply) ? undefined : verdictOf(reply);
      },
      mail: ({ from }) => {
        this.#transaction += 1;
        this.#from = formatPath(from).slice(1, -1);
        return verdictOf(this.#ask('mail', this.#from).reply);
      },
      rcpt: ({ to }) => verdictOf(this.#ask('rcpt', formatPath(to).slice(1, -1)).reply),
      data: (envelope) => this.#data(envelope),
    };
  }

  #data(envelope: Envelope): MessageSink | Reply {
    const reaction = this.#ask('data');
    const refused = reaction.octets === undefined ? verdictOf(reaction.reply) : undefined;
    if (refused !== undefined) return refused;
    if (!this.#chunked) this.#input.expectContent();
    const chunks: Buffer[] = [];
    let left = reaction.octets ?? Number.POSITIVE_INFINITY;
    return {
      write: (chunk) => {
        chunks.push(Buffer.from(chunk));
        if (left === Number.POSITIVE_INFINITY) return;
        left -= chunk.length;
        if (left > 0) return;
        left = Number.POSITIVE_INFINITY;
        this.#react(reaction);
        return this.#say(Buffer.alloc(0));
      },
      end: (event) => this.#message(event, envelope, Buffer.concat(chunks)),
      abort: () => {},
    };
  }

  /** The content is complete: LMTP has a reply for each recipient (RFC 2033 §4.2), SMTP one for all. */
  #message(event: MessageEvent, envelope: Envelope, octets: Buffer): readonly Verdict[] | Verdict {
    const recipients = envelope.recipients.map(({ path, parameters }) => ({
      path: formatPath(path).slice(1, -1),
      parameters,
    }));
    const lmtp = this.#settings.machine.protocol === 'lmtp';
    const reactions = (lmtp ? recipients : [{ path: '' }]).map(({ path }) => this.#ask('message', path));
    const takes = reactions.map(({ reply }) => reply === undefined || reply === '' || carriesOut(reply));
    this.#settings.onMessage({
      connection: this.connection.number,
      from: formatPath(envelope.from).slice(1, -1),
      parameters: envelope.parameters,
      recipients,
      octets,
      at: this.#settings.clock.now(),
      taken: recipients.map((_, place) => takes[lmtp ? place : 0] === true),
    });
    this.#reaction = Object.assign({}, ...reactions);
    if (reactions.some(({ reply }) => reply !== undefined)) {
      this.#override = reactions.map(({ reply = queuedAs(`${event.size}`) }) => textOf(reply)).join('');
    }
    const verdicts = takes.map((taken) => (taken ? undefined : replies.messageRefused));
    return lmtp ? verdicts : verdicts[0];
  }
}
