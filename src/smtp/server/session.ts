/**
 * What is known about one SMTP session, as plain facts that a host may read at any time.
 */
import type { ForwardPath, ReversePath } from '../../address/index.ts';
import type { ConnectionInfo, TlsInfo } from '../../machine/index.ts';
import type { Identity } from '../../sasl/index.ts';
import type { MailParameters, RcptParameters } from '../parameters.ts';

/** What a driver knows when a connection opens. */
export interface SmtpConnection extends ConnectionInfo {
  /** The driver's name for the session, unique within its process. */
  readonly id: string;
  /** Set where TLS was there from the first octet (RFC 8314 §3.3). */
  readonly tls?: TlsInfo;
}

/** How the client introduced itself. */
export interface Greeting {
  readonly verb: 'HELO' | 'EHLO' | 'LHLO';
  /** The domain or address literal as sent (RFC 5321 §4.1.1.1). Unproven. */
  readonly name: string;
}

/** Whom a trusted relay says it forwards for (XFORWARD); values as the relay gave them. */
export type Forwarded = Readonly<
  Partial<Record<'name' | 'addr' | 'port' | 'proto' | 'helo' | 'ident' | 'source', string>>
>;

/** One accepted recipient with what its parameters said. */
export interface Recipient {
  readonly path: ForwardPath;
  readonly parameters: RcptParameters;
}

/** The envelope of the transaction in hand (RFC 5321 §2.3.1). */
export interface Envelope {
  readonly from: ReversePath;
  readonly parameters: MailParameters;
  readonly recipients: readonly Recipient[];
}

/** The facts of a session. The machine keeps them current; hosts only read. */
export interface SmtpSession {
  readonly id: string;
  /** The ends of the connection; a trusted XCLIENT or PROXY header replaces those of the socket. */
  readonly connection: ConnectionInfo;
  /** The peer's name as a trusted XCLIENT gave it. */
  readonly peerName: string | null;
  readonly tls: TlsInfo | null;
  readonly greeting: Greeting | null;
  /** Who authenticated; `null` for nobody. */
  readonly identity: Identity | null;
  readonly forwarded: Forwarded | null;
  /** Transactions begun so far, the present one included. */
  readonly transactions: number;
  /** The `with` keyword for a Received field (RFC 3848 §2, RFC 6531 §4.3): `ESMTPSA`. */
  protocol(smtputf8?: boolean): string;
}

/** The session as the machine writes it. */
export class SessionState implements SmtpSession {
  readonly id: string;
  connection: ConnectionInfo;
  peerName: string | null = null;
  tls: TlsInfo | null;
  greeting: Greeting | null = null;
  identity: Identity | null = null;
  forwarded: Forwarded | null = null;
  transactions = 0;

  constructor({ id, remote, local, tls }: SmtpConnection) {
    this.id = id;
    this.connection = { remote, local };
    this.tls = tls ?? null;
  }

  protocol(smtputf8 = false): string {
    const verb = this.greeting?.verb;
    if (verb === undefined || verb === 'HELO') return 'SMTP';
    const base = verb === 'LHLO' ? 'LMTP' : smtputf8 ? 'SMTP' : 'ESMTP';
    const security = `${this.tls === null ? '' : 'S'}${this.identity === null ? '' : 'A'}`;
    return `${smtputf8 ? 'UTF8' : ''}${base}${security}`;
  }

  /** RFC 3207 §4.2: nothing that was learned before TLS survives it. */
  forget(): void {
    this.greeting = null;
    this.identity = null;
    this.forwarded = null;
  }
}
