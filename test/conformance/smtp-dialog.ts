/** A client's side of a scripted dialog with our server machine, TLS simulated. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { accepted, refused } from 'mailwright/sasl';
import {
  type Reply,
  replies,
  type SmtpServerEvent,
  SmtpServerMachine,
  type SmtpServerOptions,
} from 'mailwright/smtp';
import { type ReadReply, readReplies } from '../smtp/replies.ts';
import { connection } from '../smtp/scripted-host.ts';

/** Who lives on the server, and what it takes. */
export interface Household {
  readonly options: SmtpServerOptions;
  /** Whether that is one of the server's own addresses, in lower case. */
  readonly isLocal: (address: string) => boolean;
  /** Whether that is a user's password. */
  readonly isPassword: (user: string, password: string) => boolean;
}

const tls = { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' };

/** One connection of a script. */
export class Dialog {
  readonly #machine: SmtpServerMachine;
  readonly #household: Household;
  #unread: ReadReply[] = [];
  /** The last reply that was read; its lines may be asked for one by one. */
  #last: ReadReply | null = null;
  #inContent = false;
  closed = false;
  /** What the last line sent was: a verb, or `content`. */
  about = 'connection';

  constructor(household: Household, secure: boolean) {
    this.#household = household;
    this.#machine = new SmtpServerMachine(household.options, { ...connection, ...(secure && { tls }) });
    this.#settle();
  }

  /** Sends octets, given as characters. */
  send(text: string): void {
    this.#last = null;
    const line = text.trimEnd();
    this.about = this.#inContent ? 'content' : (/^\S*/.exec(line)?.[0].toUpperCase() ?? '');
    this.#machine.receive(Buffer.from(text));
    this.#settle();
  }

  /** Says a greeting that the script left out, and reads the reply away. */
  introduce(): void {
    this.send('EHLO localhost\r\n');
    this.read();
  }

  /** A greeting was said and taken. */
  get introduced(): boolean {
    return this.#machine.session.greeting !== null;
  }

  /** The next reply; `null` when none is there. */
  read(): ReadReply | null {
    this.#last = this.#unread.shift() ?? null;
    return this.#last;
  }

  /** The reply that was read last, where nothing was sent since. */
  get last(): ReadReply | null {
    return this.#last;
  }

  get waiting(): number {
    return this.#unread.length;
  }

  #settle(): void {
    let upgraded = false;
    for (let event = this.#machine.next(); event !== null; event = this.#machine.next()) {
      this.#decide(event);
      if (event.type === 'upgrade') upgraded = true;
      if (event.type === 'close') this.closed = true;
    }
    const read = readReplies(Buffer.concat(this.#machine.takeOutput()));
    assert.ok(typeof read !== 'string', String(read));
    this.#unread.push(...read);
    // Of several replies the last tells whether content is expected.
    if (read.length > 0) this.#inContent = read.at(-1)?.code === 354;
    if (upgraded) this.#machine.tlsEstablished(tls);
  }

  #decide(event: SmtpServerEvent): void {
    const machine = this.#machine;
    switch (event.type) {
      case 'verifyPassword': {
        const right = this.#household.isPassword(event.authcid, event.password.reveal());
        // Here users act for themselves only, and may say so.
        machine.answer(
          event,
          right && (event.authzid ?? event.authcid) === event.authcid ? accepted(event.authcid) : refused,
        );
        break;
      }
      case 'rcpt':
        machine.answer(event, this.#mayReach(event.to));
        break;
      case 'scramKeys':
      case 'verifyToken':
      case 'external':
      case 'anonymous':
      case 'cramPassword':
        machine.answer(event, refused);
        break;
      default:
        if (machine.parked) machine.answer(event as Extract<SmtpServerEvent, { type: 'mail' }>, undefined);
    }
  }

  #mayReach(to: Extract<SmtpServerEvent, { type: 'rcpt' }>['to']): Reply | undefined {
    if (to === 'postmaster' || this.#machine.session.identity !== null) return undefined;
    const domain = typeof to.domain === 'string' ? to.domain.toLowerCase() : '';
    if (this.#household.isLocal(`${to.localPart.toLowerCase()}@${domain}`)) return undefined;
    return this.#household.isLocal(`postmaster@${domain}`) ? replies.noSuchUser : replies.relayingDenied;
  }
}

/** A reply of ours that differs from the script's, and the rule by which it does. */
export interface Difference {
  /** What the reply was to, as `Dialog.about` tells. */
  readonly about: RegExp;
  /** The code that the script has. */
  readonly theirs: RegExp;
  readonly ours: RegExp;
  readonly why: string;
}

/** Compares codes, and keeps count of the reasoned differences that were met. */
export class CodeComparison {
  readonly #differences: readonly Difference[];
  readonly #met = new Map<string, number>();

  constructor(differences: readonly Difference[]) {
    this.#differences = differences;
  }

  /** Whether our code may stand where the script has `pattern`, a code or an expression for some. */
  matches(pattern: string, code: number, about: string): boolean {
    if (new RegExp(`^(?:${pattern})$`).test(String(code))) return true;
    const reason = this.#differences.find(
      (each) => each.about.test(about) && each.theirs.test(pattern) && each.ours.test(String(code)),
    );
    if (reason !== undefined) this.note(reason.why);
    return reason !== undefined;
  }

  /** Counts a difference. */
  note(why: string): void {
    this.#met.set(why, (this.#met.get(why) ?? 0) + 1);
  }

  /** The differences met, a line each. */
  print(): void {
    for (const [why, count] of this.#met) console.log(`  ${count} x ${why}`);
  }
}
