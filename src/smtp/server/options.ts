/**
 * How a server is set up: plain data, and the few functions that bring in what is outside.
 */
import type { HeloOptions, PathOptions } from '../../address/index.ts';
import type { Extension } from './extension.ts';

/** Bounds on what one peer may use up. Each is enforced while its data arrives. */
export interface SmtpLimits {
  /** Octets of one message, as SIZE advertises it. Default 50 MiB, what large providers take. */
  readonly message: number;
  /** Accepted recipients of one message. Default 1000; RFC 5321 §4.5.3.1.8 asks for 100 or more. */
  readonly recipients: number;
  /** Different domains among them, advertised with LIMITS. Default unlimited. */
  readonly recipientDomains: number;
  /** Transactions in one session. Default 10,000; a client that has more connects anew. */
  readonly transactions: number;
  /** Commands without use (NOOP, RSET, VRFY, ...) between two messages. Default 100, as Postfix. */
  readonly idleCommands: number;
  /** Errors of syntax, sequence and authentication in one session. Default 20, as Postfix. */
  readonly errors: number;
}

/**
 * How long the server waits, in milliseconds (RFC 5321 §4.5.3.2).
 *
 * A wait is not prolonged by single octets: only by a whole command, or by `minimumProgress` of
 * content.
 */
export interface SmtpPatience {
  /** For the host's word on a new connection. Default 300,000. */
  readonly greeting: number;
  /** For the next command. Default 300,000. */
  readonly command: number;
  /** For the first content after 354. Default 120,000. */
  readonly dataStart: number;
  /** For the next `minimumProgress` octets of content. Default 180,000. */
  readonly dataBlock: number;
  /** For the host's word on a message, or on a command. Default 600,000. */
  readonly verdict: number;
  /** For the whole session, enforced by the driver. Default 1,800,000. */
  readonly session: number;
}

/** The defaults of {@link SmtpLimits}. */
export const defaultLimits: SmtpLimits = {
  message: 50 * 1024 * 1024,
  recipients: 1000,
  recipientDomains: Number.POSITIVE_INFINITY,
  transactions: 10_000,
  idleCommands: 100,
  errors: 20,
};

/** The defaults of {@link SmtpPatience}. */
export const defaultPatience: SmtpPatience = {
  greeting: 300_000,
  command: 300_000,
  dataStart: 120_000,
  dataBlock: 180_000,
  verdict: 600_000,
  session: 1_800_000,
};

/** Content that must arrive within one `dataBlock` of patience: one small TCP window. */
export const minimumProgress = 4096;

/** The set-up of a server machine. */
export interface SmtpServerOptions {
  /** The server's own name, in its greeting and in EHLO's reply (RFC 5321 §4.2). */
  readonly hostname: string;
  /** Text behind the name in the greeting. Default `mailwright`. */
  readonly banner?: string;
  /** `lmtp` answers LHLO instead of HELO and EHLO, and gives a reply for each recipient. Default `smtp`. */
  readonly protocol?: 'smtp' | 'lmtp';
  /** The extensions that are offered; see the profiles for good sets. Default none. */
  readonly extensions?: readonly Extension[];
  readonly limits?: Partial<SmtpLimits>;
  readonly patience?: Partial<SmtpPatience>;
  /** Nothing but greeting, STARTTLS, NOOP and QUIT before TLS (RFC 3207 §4). Default `false`. */
  readonly requireTls?: boolean;
  /** No mail before AUTH (RFC 6409 §4.3). Default `false`. */
  readonly requireAuth?: boolean;
  /**
   * CR and LF that stand alone. `reject`: commands with them end the session, content with them is
   * refused after its true end (RFC 5321 §2.3.8). `normalise`: for old clients that can't do better;
   * each becomes CRLF, so that nothing that passes on can be read as another end of data. Even then
   * only CRLF.CRLF ends the content. Default `reject`.
   */
  readonly bareNewlines?: 'reject' | 'normalise';
  /** Leniency about the paths of MAIL and RCPT. Default strict RFC 5321 §4.1.2. */
  readonly paths?: PathOptions;
  /** Leniency about the name in HELO and EHLO. Default strict RFC 5321 §4.1.1.1. */
  readonly heloNames?: HeloOptions;
}
