/** From the context that the spool keeps to what an SMTP client is to say: the reverse of receiving. */
import type {
  BodyType,
  MailParameters,
  RcptParameters,
  SmtpTransaction,
  TransactionRecipient,
} from '../../smtp/index.ts';
import type { Context, Recipient } from '../../spool/index.ts';

/** What may differ from transaction to transaction of one message. */
export interface TransactionFacts {
  /** The reverse path, `''` for the null path. */
  readonly from: string;
  readonly recipients: readonly Recipient[];
  /** Octets of the content as it will be sent. */
  readonly size: number;
  /** What the content is, where it is not what the envelope says. */
  readonly body?: BodyType;
  /** The present time in ms since 1970. */
  readonly now: number;
}

/**
 * The transaction for some of a message's recipients.
 *
 * Time until which a message was to be held is not passed on: the holding was done here (RFC 4865 §4).
 */
export function transactionOf(context: Context, facts: TransactionFacts): SmtpTransaction {
  const { from, recipients, size, body, now } = facts;
  return {
    from,
    parameters: mailParameters(context.envelope, body, now),
    recipients: recipients.map(transactionRecipient),
    size,
  };
}

/** Seconds that are left until a deadline in ms since 1970, within what BY= can say: nine digits (RFC 2852 §4). */
export function secondsUntil(at: number, now: number): number {
  return Math.max(Math.min(Math.floor((at - now) / 1000), 999_999_999), -999_999_999);
}

function mailParameters(
  { body, smtputf8, auth, dsn, deliverBy, mtPriority, requireTls, solicit }: Context['envelope'],
  sentAs: BodyType | undefined,
  now: number,
): MailParameters {
  const declared = sentAs ?? (body?.toUpperCase() as BodyType | undefined);
  return {
    ...(declared !== undefined && { body: declared }),
    ...(smtputf8 && { smtputf8 }),
    ...(auth !== undefined && { auth: auth === '' ? null : auth }),
    ...(dsn?.ret !== undefined && { ret: dsn.ret === 'hdrs' ? 'headers' : dsn.ret }),
    ...(dsn?.envid !== undefined && { envid: dsn.envid }),
    ...(deliverBy !== undefined && {
      // RFC 2852 §4: relative to now, so that clocks need not agree.
      deliverBy: {
        seconds: secondsUntil(deliverBy.at, now),
        mode: deliverBy.mode,
        trace: deliverBy.trace === true,
      },
    }),
    ...(mtPriority !== undefined && { priority: mtPriority }),
    ...(requireTls && { requireTls }),
    ...(solicit !== undefined && { solicit }),
  };
}

function transactionRecipient({ path, notify, orcpt, rrvs }: Recipient): TransactionRecipient {
  const parameters: RcptParameters = {};
  if (notify !== undefined) {
    const events = notify.filter((each) => each !== 'never');
    parameters.notify = events.length === 0 ? 'never' : events;
  }
  if (orcpt !== undefined) parameters.originalRecipient = orcpt;
  if (rrvs !== undefined) parameters.validSince = { since: rrvs.since, unsupported: rrvs.otherwise };
  return { path, parameters };
}
