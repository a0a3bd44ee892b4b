/**
 * The context of a message: all that is known about it apart from its octets.
 *
 * It is plain JSON, begins when a message is received, is made durable together with the message,
 * and travels with it to the last delivery, so that a value set while receiving can be read days
 * later. `v` is the version of this form; a reader refuses a version that it does not know.
 */
import type { ConnectionInfo, TlsInfo } from '../machine/index.ts';
import type { Json, JsonRecord } from './json.ts';

/** A ULID: 26 characters that sort by the time they were made, then by order within a process. */
export type SpoolId = string;

/**
 * A path of the envelope as RFC 5321 §4.1.2 writes it, without its angle brackets and without a
 * source route: `user@example.org`, `"odd one"@[192.0.2.1]`, `Postmaster`. As a reverse path, the
 * empty string is the null path `<>` (RFC 5321 §4.5.5).
 */
export type PathText = string;

/** A message's envelope: where it came from, where it goes, and what SMTP was asked to do with it. */
export interface Envelope {
  /** The reverse path; `''` is the null path. */
  readonly from: PathText;
  /** In the order in which they were accepted; {@link Context.delivery} refers to them by place. */
  readonly recipients: readonly Recipient[];
  /** How the content was declared (RFC 6152 §2, RFC 3030 §3). Default `7bit`. */
  readonly body?: '7bit' | '8bitmime' | 'binarymime';
  /** The message needs SMTPUTF8 on its whole way (RFC 6531 §3.4). */
  readonly smtputf8?: true;
  /** The submitter that a trusted peer vouched for: AUTH= of MAIL (RFC 4954 §5); `''` is `<>`. */
  readonly auth?: PathText;
  /** What failure reports return (RFC 3461 §4.3) and the sender's own name for this message (§4.4). */
  readonly dsn?: { readonly ret?: 'full' | 'hdrs'; readonly envid?: string };
  /** By when, in ms since 1970, to deliver, and what happens otherwise (RFC 2852 §4). */
  readonly deliverBy?: { readonly at: number; readonly mode: 'return' | 'notify'; readonly trace?: true };
  /** Not to be released before this time, in ms since 1970 (RFC 4865 §4). */
  readonly holdUntil?: number;
  /** -9 to 9, 0 by default, higher is sooner (RFC 6710 §4). */
  readonly mtPriority?: number;
  /** Every hop must use verified TLS (RFC 8689 §2). */
  readonly requireTls?: true;
  /** Solicitation class keywords (RFC 3865 §2). */
  readonly solicit?: readonly string[];
}

/** One recipient of an envelope. */
export interface Recipient {
  /** The forward path. */
  readonly path: PathText;
  /** When to notify the sender (RFC 3461 §4.1); absent: the default, on failure (and perhaps delay). */
  readonly notify?: readonly ('never' | 'success' | 'failure' | 'delay')[];
  /** The address that the sender wrote, decoded from xtext (RFC 3461 §4.2): `{ type: 'rfc822', ... }`. */
  readonly orcpt?: { readonly type: string; readonly address: string };
  /** The recipient must have owned the mailbox since this ISO 8601 time (RFC 7293 §3). */
  readonly rrvs?: { readonly since: string; readonly otherwise: 'reject' | 'continue' };
}

/**
 * What became of one recipient, in the words of RFC 3464 §2.3.3.
 *
 * - `pending`: nothing was tried yet; the state of a recipient without a record.
 * - `delayed`: tried without success; to be tried again.
 * - `delivered`: in the recipient's mailbox.
 * - `relayed`: handed to a server that gives no further notice.
 * - `expanded`: handed to several other addresses.
 * - `failed`: given up.
 */
export type DeliveryStatus = 'pending' | 'delayed' | 'delivered' | 'relayed' | 'expanded' | 'failed';

/** The delivery state of one recipient: its status and whatever the delivering side notes beside it. */
export interface DeliveryState extends JsonRecord {
  readonly status: DeliveryStatus;
}

/** What the queue notes about a message as a whole; the named fields are those that a spool reads. */
export interface QueueState extends JsonRecord {
  /** When to work on the message next, in ms since 1970. Absent: as of `receivedAt`, or `holdUntil` of the envelope. */
  readonly due?: number;
  /** Never due until this is removed: frozen, or awaiting a person's release. */
  readonly held?: true;
  /** Higher goes first among messages that are due: from -99 to 99. Default: the envelope's `mtPriority`, or 0. */
  readonly priority?: number;
}

/** A W3C trace context, as its two header fields. */
export interface TraceContext {
  readonly traceparent: string;
  readonly tracestate?: string;
}

/** All that is known about a spooled message apart from its octets. See the top of this file. */
export interface Context {
  /** The version of this form. */
  readonly v: 1;
  readonly id: SpoolId;
  /** ms since 1970. */
  readonly receivedAt: number;
  /** Octets of the message. */
  readonly size: number;
  /** The keyword for `Received: ... with`, such as `ESMTPSA` (RFC 3848 §2, RFC 6531 §4.3, RFC 2033). */
  readonly protocol: string;
  /** Absent for a message that was made here. */
  readonly peer?: ConnectionInfo;
  /** What TLS established, without the channel bindings. */
  readonly tls?: Omit<TlsInfo, 'channelBindings'>;
  /** The authenticated user, as SASL's authorization identity. */
  readonly user?: string;
  /** The argument of EHLO, HELO or LHLO as the peer wrote it. */
  readonly helo?: string;
  readonly envelope: Envelope;
  /** By the recipient's place in `envelope.recipients`; a recipient without a record is `pending`. */
  readonly delivery: { readonly [recipient: number]: DeliveryState };
  readonly queue: QueueState;
  /** What checks found, by name of the check: `spf`, `dkim`, ... */
  readonly verdicts: JsonRecord;
  /** Values of the host's own, by module name; each at most {@link metadataLimit} octets of JSON. */
  readonly metadata: JsonRecord;
  readonly trace?: TraceContext;
}

/** What a caller gives to begin a message: a {@link Context} without what the spool fills in. */
export type NewContext = Omit<
  Context,
  'v' | 'id' | 'size' | 'receivedAt' | 'delivery' | 'queue' | 'verdicts' | 'metadata'
> &
  Partial<Pick<Context, 'receivedAt' | 'delivery' | 'queue' | 'verdicts' | 'metadata'>>;

/**
 * A change to a {@link Context}, as a JSON merge patch (RFC 7396): records merge name by name, `null`
 * removes, arrays are replaced whole. `v`, `id`, `size` and `receivedAt` never change.
 */
export interface ContextPatch {
  /** Fields of the envelope; a list of recipients replaces the former list whole. */
  readonly envelope?: { readonly [Field in keyof Envelope]?: Envelope[Field] | null };
  readonly delivery?: { readonly [recipient: number]: (JsonRecord & { status?: DeliveryStatus }) | null };
  readonly queue?: { readonly [name: string]: Json | undefined };
  readonly verdicts?: JsonRecord;
  readonly metadata?: JsonRecord;
  readonly user?: string | null;
  readonly trace?: TraceContext | null;
}
