/** A client machine and a server machine with nothing but octets between them. */
import { Buffer } from 'node:buffer';
import type { Bytes, TlsInfo } from 'mailwright/machine';
import {
  type SmtpClientEvent,
  SmtpClientMachine,
  type SmtpClientOptions,
  type SmtpServerOptions,
  type SmtpTransaction,
  type TransactionResult,
} from 'mailwright/smtp';
import { connection, counting, ScriptedHost } from '../scripted-host.ts';

/** How octets are cut on their way: the sizes of the pieces, one after another. */
type Cut = () => number;

/** A message and its content, as it is fed. */
export interface Mail {
  readonly transaction: SmtpTransaction;
  readonly content: Bytes;
}

/** A message of a few recipients. */
export function mailOf(
  content: string | Bytes,
  to: readonly string[] = ['b@example.net'],
  parameters: SmtpTransaction['parameters'] = {},
): Mail {
  const octets = typeof content === 'string' ? Buffer.from(content) : content;
  const recipients = to.map((path) => ({ path, parameters: {} }));
  return {
    transaction: { from: 'a@example.org', parameters, recipients, size: octets.length },
    content: octets,
  };
}

const channel = counting(32);
/** The TLS that an upgrade establishes; both ends see the same channel. */
export const tls: TlsInfo = {
  version: 'TLSv1.3',
  cipher: 'TLS_AES_256_GCM_SHA384',
  channelBindings: { 'tls-exporter': channel },
};

/** What to set up, beside the machines' own options. */
export interface PairOptions {
  readonly client?: Partial<SmtpClientOptions>;
  readonly server?: Partial<SmtpServerOptions>;
  /** TLS from the first octet. */
  readonly tls?: TlsInfo;
  /** The host's decisions, by the event's name: the first that is left is used, the last for ever. */
  readonly decisions?: Readonly<Record<string, readonly (string | undefined)[]>>;
  readonly cut?: Cut;
  /** Sizes in which content is fed. Default: at once. */
  readonly feed?: Cut;
}

/** Both machines, and what was said between them. */
export class Pair {
  readonly client: SmtpClientMachine;
  readonly host: ScriptedHost;
  readonly results: TransactionResult[] = [];
  /** The client's events, in their order. */
  readonly events: SmtpClientEvent[] = [];
  /** What the client sent, one text for each turn in which it sent anything. */
  readonly flights: string[] = [];
  readonly #options: PairOptions;
  readonly #mails: Mail[] = [];
  readonly #used = new Map<string, number>();

  constructor(options: PairOptions = {}) {
    this.#options = options;
    const ends = options.tls === undefined ? connection : { ...connection, tls: options.tls };
    this.host = new ScriptedHost({ hostname: 'mx.example.org', ...options.server }, ends);
    this.client = new SmtpClientMachine(
      { hostname: 'client.example', random: counting, ...options.client },
      options.tls === undefined ? {} : { tls: options.tls },
    );
  }

  /** Sends messages as soon as the client is ready for each, and comes to rest. */
  send(...mails: readonly Mail[]): readonly TransactionResult[] {
    this.#mails.push(...mails);
    this.run();
    return this.results;
  }

  /** Carries octets to and fro until nobody has anything to say. */
  run(): void {
    for (let quiet = false; !quiet; ) {
      quiet = true;
      this.#settleHost();
      const fromServer = Buffer.concat(this.host.machine.takeOutput());
      this.#carry(fromServer, (piece) => {
        this.client.receive(piece);
        this.#settleClient();
      });
      this.#settleClient();
      const fromClient = Buffer.concat(this.client.takeOutput() as readonly Bytes[]);
      if (fromClient.length > 0) this.flights.push(fromClient.toString('latin1'));
      this.#carry(fromClient, (piece) => {
        this.host.machine.receive(piece);
        this.#settleHost();
      });
      if (fromServer.length + fromClient.length > 0) quiet = false;
    }
  }

  /** Names of the client's events. */
  get types(): readonly string[] {
    return this.events.map(({ type }) => type);
  }

  #carry(octets: Buffer, deliver: (piece: Buffer) => void): void {
    for (let at = 0; at < octets.length; ) {
      const end = at + Math.max(1, this.#options.cut?.() ?? octets.length);
      deliver(Buffer.from(octets.subarray(at, end)));
      at = end;
    }
  }

  #settleHost(): void {
    const { machine } = this.host;
    for (let event = machine.next(); event !== null; event = machine.next()) {
      this.host.decide(event, this.#decisionFor(event.type));
    }
  }

  #decisionFor(name: string): string | undefined {
    const decisions = this.#options.decisions?.[name] ?? [];
    const used = this.#used.get(name) ?? 0;
    this.#used.set(name, used + 1);
    return decisions[Math.min(used, decisions.length - 1)];
  }

  #settleClient(): void {
    const { client } = this;
    for (let event = client.next(); event !== null; event = client.next()) {
      this.events.push(event);
      if (event.type === 'result') this.results.push(event.result);
      if (event.type === 'ready') this.#begin();
      if (event.type === 'content') this.#feed(event.transaction);
      if (event.type === 'upgrade') {
        const info = this.host.machine;
        // The server's upgrade event came with its reply.
        info.tlsEstablished(tls);
        client.tlsEstablished(tls);
      }
    }
  }

  readonly #begun = new Map<SmtpTransaction, Bytes>();

  #begin(): void {
    const mail = this.#mails.shift();
    if (mail === undefined) return;
    this.#begun.set(mail.transaction, mail.content);
    this.client.send(mail.transaction);
  }

  #feed(transaction: SmtpTransaction): void {
    const content = this.#begun.get(transaction) as Bytes;
    for (let at = 0; at < content.length; ) {
      const end = at + Math.max(1, this.#options.feed?.() ?? content.length);
      this.client.feed(content.subarray(at, end));
      at = end;
    }
    this.client.finish();
  }
}
