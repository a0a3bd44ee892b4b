/** What a client machine is made with. */
import type { Bytes } from '../../machine/index.ts';
import type { ClientCredentials, MechanismName } from '../../sasl/index.ts';
import type { TransactionResult } from './transaction.ts';

/**
 * How long to wait for the server at each stage, in milliseconds. The defaults are RFC 5321 §4.5.3.2's, or
 * longer where it names none.
 */
export interface SmtpClientPatience {
  /** For the greeting. Default 300,000. */
  readonly greeting: number;
  /** For the reply to EHLO, HELO or LHLO. Default 300,000. */
  readonly hello: number;
  /** For the reply to STARTTLS; the handshake is the driver's. Default 120,000. */
  readonly starttls: number;
  /** For each reply of AUTH. Default 120,000. */
  readonly auth: number;
  /** Default 300,000. */
  readonly mail: number;
  /** Default 300,000. */
  readonly rcpt: number;
  /** For 354. Default 120,000. */
  readonly data: number;
  /** For the server to take a block of content. Default 180,000. */
  readonly block: number;
  /** For the reply to the end of data. Default 600,000. */
  readonly endOfData: number;
  /** Default 300,000. */
  readonly rset: number;
  /** Default 10,000: nothing hangs on it. */
  readonly quit: number;
}

/** The options of an SMTP or LMTP client machine. */
export interface SmtpClientOptions {
  /** The name to greet with: a domain, or an address literal (RFC 5321 §4.1.1.1). */
  readonly hostname: string;
  /** Default `smtp`. LMTP greets with LHLO and gets a reply for each recipient (RFC 2033 §4). */
  readonly protocol?: 'smtp' | 'lmtp';
  /**
   * Whether to use STARTTLS: `never`; `offered` takes it where it is offered; `required` ends the session
   * where it can't be had. Default `offered`. Of no concern where TLS was there from the start.
   */
  readonly starttls?: 'never' | 'offered' | 'required';
  /** Whom to authenticate as, with the best mechanism that is offered. Default: nobody. */
  readonly credentials?: ClientCredentials;
  /** Mechanisms to choose from. Default: all that the credentials can drive, but CRAM-MD5, which has to be named. */
  readonly mechanisms?: readonly MechanismName[];
  /** Passwords and tokens may go in clear, which {@link SmtpClientOptions.credentials} else never do. Default `false`. */
  readonly allowCleartext?: boolean;
  /** Send content by BDAT where the server offers CHUNKING (RFC 3030). Default `true`. */
  readonly chunking?: boolean;
  /** Random octets for SASL. */
  readonly random: (octets: number) => Bytes;
  readonly patience?: Partial<SmtpClientPatience>;
}

/** Facts of a session, current after each `next()`. */
export interface SmtpServerFacts {
  /** The text of the greeting's first line; empty again behind STARTTLS (RFC 3207 §4.2). */
  readonly greeting: string;
  /** Keywords of EHLO in upper case with their parameters; empty after HELO (RFC 5321 §4.1.1.1). */
  readonly extensions: ReadonlyMap<string, string>;
  /** Who the session authenticated as. */
  readonly user: string | null;
  /** Results so far. */
  readonly transactions: number;
  readonly last: TransactionResult | null;
}
