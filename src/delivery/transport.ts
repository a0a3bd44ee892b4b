/**
 * The network as delivery sees it: sessions with servers.
 *
 * `mailwright/node` implements it with sockets, `mailwright/testing` with a network in memory.
 */
import type { TlsaData } from '../dns/index.ts';
import type { Body, TlsInfo } from '../machine/index.ts';
import type { ClientCredentials } from '../sasl/index.ts';
import type {
  SmtpClientPatience,
  SmtpFailure,
  SmtpServerFacts,
  SmtpTransaction,
  TransactionResult,
} from '../smtp/index.ts';
import type { TlsResultType } from '../tlsrpt/index.ts';

/** Whose certificate it must be. */
export type CertificateDemand =
  /** Anybody's: encrypted, not authenticated. */
  | { readonly kind: 'any' }
  /** One that a trusted authority issued for one of these names (RFC 6125, RFC 8461 §4.1). */
  | { readonly kind: 'pkix'; readonly names: readonly string[] }
  /** One that these usable TLSA records vouch for (RFC 7672). */
  | { readonly kind: 'dane'; readonly records: readonly TlsaData[]; readonly names: readonly string[] };

/** Which TLS a session must have. */
export type TlsDemand =
  /** None; STARTTLS is left alone. */
  | { readonly mode: 'none' }
  /** STARTTLS if offered, any certificate; where the handshake fails, a new connection in clear (RFC 7435). */
  | {
      readonly mode: 'opportunistic';
      /** Checked for what is observed, and for nothing else (RFC 8461 §5, mode `testing`). */
      readonly wanted?: CertificateDemand;
    }
  /** STARTTLS, or TLS from the first octet where `implicit` (RFC 8314 §3.3); without it, no session. */
  | { readonly mode: 'required'; readonly implicit?: boolean; readonly certificate: CertificateDemand };

/** A server, and how to meet it. Plain data: equal texts of it share connections. */
export interface Target {
  /** The server's name: for SNI and for reports. */
  readonly host: string;
  /** IP addresses, the preferred one first; all belong to the same server. Or the path of a Unix socket. */
  readonly at: { readonly addresses: readonly string[]; readonly port: number } | { readonly path: string };
  readonly protocol: 'smtp' | 'lmtp';
  /** The name to greet with. */
  readonly hostname: string;
  readonly tls: TlsDemand;
  readonly credentials?: ClientCredentials;
  /** Credentials may go in clear. Default `false`. */
  readonly allowCleartext?: boolean;
  /** Addresses to connect from, by family. Default: the system's choice. */
  readonly source?: { readonly ipv4?: string; readonly ipv6?: string };
  readonly patience?: Partial<SmtpClientPatience> & {
    readonly connect?: number;
    readonly handshake?: number;
  };
}

/** How TLS went, for TLS reports (RFC 8460 §4.3). */
export type TlsObservation =
  | {
      readonly ok: true;
      readonly tls: TlsInfo;
      /** The certificate is not the one that was `wanted`. */
      readonly flaw?: TlsFault;
    }
  | ({ readonly ok: false } & TlsFault);

/** What was wrong with TLS. */
export interface TlsFault {
  readonly why: TlsResultType;
  /** For people. */
  readonly text: string;
}

/** No session. */
export interface NotOpened {
  readonly ok: false;
  readonly failure: SmtpFailure;
  /** The address that failed last; absent where none was reached. */
  readonly address?: string;
  readonly observed?: TlsObservation;
}

/** A session was opened. */
export interface Opened {
  readonly ok: true;
  readonly session: MailSession;
  /** Absent where TLS was not tried. */
  readonly observed?: TlsObservation;
}

/**
 * An open session with a server: greeted, with TLS and authenticated as the target demanded.
 *
 * It belongs to who opened it, who closes it in the end.
 */
export interface MailSession {
  /** The IP address, or the path, that is talked to. */
  readonly address: string;
  readonly tls: TlsInfo | null;
  readonly server: SmtpServerFacts;
  /** It can take a transaction at once. */
  readonly idle: boolean;
  /** The session is over, whatever the reason. */
  readonly closed: boolean;
  /** Called once, soon after the session is over. */
  onClose: (() => void) | null;
  /**
   * Called each time `idle` turns `true`, before the result that it may come with or after it. It may call
   * `send`. Not called for the idleness that a session is opened with.
   */
  onIdle: (() => void) | null;
  /**
   * Sends a message. Never rejects: trouble of any kind is in the result. Call it while `idle`.
   *
   * @param signal - ends the session at once when it aborts
   */
  send(transaction: SmtpTransaction, content: Body, signal?: AbortSignal): Promise<TransactionResult>;
  /** Says QUIT, waits a moment for the answer, and closes. Never rejects. */
  quit(): Promise<void>;
  /** Closes at once. */
  destroy(): void;
}

/** Opens sessions. */
export interface Transport {
  /** Tries the target's addresses with fast fall-back (RFC 8305). Never rejects. */
  open(target: Target, signal?: AbortSignal): Promise<Opened | NotOpened>;
}
