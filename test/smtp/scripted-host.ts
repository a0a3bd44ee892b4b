/** A host for transcripts: it decides as the `!` lines say, and lets everything else pass. */
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { type Bytes, Secret } from 'mailwright/machine';
import { accepted, refused, scramKeys, temporary } from 'mailwright/sasl';
import {
  type EnhancedStatus,
  type Reply,
  type SmtpConnection,
  type SmtpServerEvent,
  SmtpServerMachine,
  type SmtpServerOptions,
} from 'mailwright/smtp';
import { runTranscripts, type TranscriptSubject } from 'mailwright/testing';

/** A message as a host would have stored it. */
export interface ReceivedMessage {
  readonly envelope: unknown;
  readonly content: string;
}

export const connection: SmtpConnection = {
  id: 'session',
  remote: { family: 'ipv4', address: '192.0.2.1', port: 40_000 },
  local: { family: 'ipv4', address: '192.0.2.25', port: 25 },
};

/** The only user there is. */
export const user = { name: 'tim', password: 'tanstaaftanstaaf' } as const;

/** Octets that are not random at all. */
export function counting(size: number): Bytes {
  return Uint8Array.from({ length: size }, (_, index) => index);
}

/** `550 5.1.1 No such user`, as a reply; the enhanced status may be left out. */
export function replyOf(text: string): Reply {
  const [, code = '', enhanced, rest = ''] =
    /^([2-5]\d\d)(?: ([245]\.\d+\.\d+))?(?: (.*))?$/s.exec(text) ?? [];
  if (code === '') throw new Error(`no reply: ${text}`);
  const lines = rest.split('\\n');
  return {
    code: Number(code),
    ...(enhanced !== undefined && { enhanced: enhanced as EnhancedStatus }),
    text: lines.length === 1 ? rest : lines,
  };
}

/** A server machine with its host, and all that the host was told. */
export class ScriptedHost implements TranscriptSubject<SmtpServerEvent> {
  readonly machine: SmtpServerMachine;
  readonly messages: ReceivedMessage[] = [];
  /** Every event but pieces of content, in a form fit for comparing. */
  readonly told: unknown[] = [];
  /** Whether late answers were still wanted. */
  readonly late: boolean[] = [];
  #content: Buffer[] = [];
  #open: SmtpServerEvent | null = null;

  constructor(options: SmtpServerOptions, from: SmtpConnection = connection) {
    this.machine = new SmtpServerMachine(options, from);
  }

  nameOf(event: SmtpServerEvent): string {
    return event.type;
  }

  decide(event: SmtpServerEvent, decision: string | undefined): void {
    this.#note(event);
    if (decision === 'later') this.#open = event;
    else this.#answer(event, decision);
  }

  act(name: string, text: string): void {
    if (name === 'answer' && this.#open !== null) this.late.push(this.#answer(this.#open, text || undefined));
    else if (name === 'shutdown') this.machine.shutdown();
    else if (name === 'abandon') this.machine.abandon();
    else throw new Error(`unknown deed ${name}`);
  }

  /** Lets the machine act on `octets`, decides by the event's type, and gives what the machine says. */
  converse(octets: string | Bytes, decisions: Readonly<Record<string, string>> = {}): string {
    this.settle(decisions);
    this.machine.receive(typeof octets === 'string' ? Buffer.from(octets) : octets);
    this.settle(decisions);
    return Buffer.concat(this.machine.takeOutput()).toString();
  }

  /** Pulls and decides until the machine rests. */
  settle(decisions: Readonly<Record<string, string>> = {}): void {
    for (let event = this.machine.next(); event !== null; event = this.machine.next()) {
      this.decide(event, decisions[event.type]);
    }
  }

  /** The types of the events so far, content left out. */
  get types(): readonly string[] {
    return this.told.map((event) => (event as { readonly type: string }).type);
  }

  outcome(): unknown {
    return {
      messages: this.messages,
      told: this.told,
      late: this.late,
      session: { ...this.machine.session },
    };
  }

  #note(event: SmtpServerEvent): void {
    if (event.type === 'body') {
      this.#content.push(Buffer.from(event.chunk));
      return;
    }
    this.told.push(
      'envelope' in event
        ? { type: event.type, envelope: plain(event.envelope), ...('size' in event && { size: event.size }) }
        : plain(event),
    );
    if (event.type === 'message') {
      const content = Buffer.concat(this.#content).toString('latin1');
      this.messages.push({ envelope: plain(event.envelope), content });
    }
    if (event.type === 'message' || event.type === 'reset') this.#content = [];
  }

  #answer(event: SmtpServerEvent, decision: string | undefined): boolean {
    const { machine } = this;
    switch (event.type) {
      case 'message': {
        const verdicts = decision?.split(' | ').map((text) => (text === 'ok' ? undefined : replyOf(text)));
        return machine.answer(event, verdicts?.length === 1 ? verdicts[0] : verdicts);
      }
      case 'verifyPassword': {
        const right = event.authcid === user.name && event.password.reveal() === user.password;
        return machine.answer(
          event,
          decision === 'temporary' ? temporary : right ? identity(event) : refused,
        );
      }
      case 'verifyToken':
        return machine.answer(event, event.token.reveal() === 'good' ? accepted(user.name) : refused);
      case 'external':
      case 'anonymous':
        return machine.answer(event, decision === undefined ? refused : accepted(decision));
      case 'scramKeys':
        return machine.answer(event, {
          type: 'keys',
          keys: scramKeys(user.password, { hash: event.hash, salt: counting(16), iterations: 4096 }),
          identity: { user: user.name },
        });
      case 'cramPassword':
        return machine.answer(event, {
          type: 'password',
          password: new Secret(user.password),
          identity: { user: user.name },
        });
      case 'connect':
      case 'helo':
      case 'mail':
      case 'rcpt':
      case 'data':
      case 'vrfy':
      case 'expn':
      case 'help':
      case 'etrn':
      case 'atrn':
        return machine.answer(event, decision === undefined ? undefined : replyOf(decision));
      default:
        return false;
    }
  }
}

function identity({ authcid, authzid }: { readonly authcid: string; readonly authzid: string | null }) {
  return accepted(authzid === null ? authcid : { user: authzid, actor: authcid });
}

/** What JSON keeps of a value: enough to compare, and no reference into the machine. */
function plain(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** A test of one transcript, or of several with `==` titles, under these options. */
export function transcript(
  name: string,
  options: Omit<SmtpServerOptions, 'hostname'>,
  text: string,
  from: SmtpConnection = connection,
): void {
  const whole = { hostname: 'mx.example.org', ...options };
  test(name, async () => {
    await runTranscripts(text, () => new ScriptedHost(whole, from));
  });
}
