/**
 * The typed values of MAIL and RCPT parameters, one field for each parameter of an extension.
 *
 * All are plain JSON-safe data: they travel with the message into the spool.
 */

/** `BODY=` (RFC 6152 §2, RFC 3030 §3). */
export type BodyType = '7BIT' | '8BITMIME' | 'BINARYMIME';

/** `BY=` (RFC 2852 §4): a deadline relative to the command, and what to do when it passes. */
export interface DeliverBy {
  /** Seconds from now; negative or zero once the deadline has passed on the way. */
  readonly seconds: number;
  /** `return`: give up and tell the sender. `notify`: tell the sender and go on. */
  readonly mode: 'return' | 'notify';
  /** The sender asks for a `relayed` notification from each hop that can't pass the deadline on. */
  readonly trace: boolean;
}

/** `HOLDFOR=`, in seconds from now, or `HOLDUNTIL=`, in milliseconds since 1970 (RFC 4865 §4). */
export type Hold = { readonly seconds: number } | { readonly until: number };

/** `NOTIFY=` (RFC 3461 §4.1): `never`, or the events that the sender wants to hear of. */
export type Notify = 'never' | readonly ('success' | 'failure' | 'delay')[];

/** `ORCPT=` (RFC 3461 §4.2, RFC 6533 §3): the recipient as the sender first wrote it. */
export interface OriginalRecipient {
  /** `rfc822`, `utf-8` or another registered address type, in lower case. */
  readonly type: string;
  /** The address, decoded from xtext or utf-8-addr-xtext. */
  readonly address: string;
}

/** `RRVS=` (RFC 7293 §3): the mailbox must have had the same owner since that time. */
export interface ValidSince {
  /** An RFC 3339 date-time as the client wrote it. */
  readonly since: string;
  /** What a next hop without RRVS means: refuse (`reject`, the default) or go on (`continue`). */
  readonly unsupported: 'reject' | 'continue';
}

/** All that MAIL's parameters said. A field is absent where its parameter was. */
export interface MailParameters {
  /** `SIZE=` (RFC 1870 §6): the sender's estimate in octets. */
  size?: number;
  body?: BodyType;
  /** `SMTPUTF8` (RFC 6531 §3.4). */
  smtputf8?: true;
  /** `RET=` (RFC 3461 §4.3): what a failure report returns. */
  ret?: 'full' | 'headers';
  /** `ENVID=` (RFC 3461 §4.4), decoded. */
  envid?: string;
  /** `AUTH=` (RFC 4954 §5): who submitted the message first; `null` for `<>`, unknown or untrusted. */
  auth?: string | null;
  deliverBy?: DeliverBy;
  hold?: Hold;
  /** `MT-PRIORITY=` (RFC 6710 §4): -9 to 9. */
  priority?: number;
  /** `REQUIRETLS` (RFC 8689 §2). */
  requireTls?: true;
  /** `SOLICIT=` (RFC 3865 §2.2): the solicitation classes of the message. */
  solicit?: readonly string[];
}

/** All that RCPT's parameters said. A field is absent where its parameter was. */
export interface RcptParameters {
  notify?: Notify;
  originalRecipient?: OriginalRecipient;
  validSince?: ValidSince;
}
