/** From what the SMTP machine knows of a message to the context that the spool keeps with it. */
import { type ForwardPath, formatMailbox, type ReversePath } from '../address/index.ts';
import type { TlsInfo } from '../machine/index.ts';
import type { Envelope, MailParameters, Recipient, SmtpSession } from '../smtp/index.ts';
import type { NewContext, Envelope as SpoolEnvelope, Recipient as SpoolRecipient } from '../spool/index.ts';
import type { Visit } from './handlers.ts';

/**
 * The context of a message that is being received, ready for `Spool.begin`.
 *
 * @param receivedAt the present time in milliseconds since 1970, from which relative times (DELIVERBY,
 *   HOLDFOR) become absolute ones
 */
export function contextOf(envelope: Envelope, { session, metadata }: Visit, receivedAt: number): NewContext {
  const { tls, identity, greeting } = session;
  return {
    receivedAt,
    protocol: session.protocol(envelope.parameters.smtputf8),
    peer: session.connection,
    ...(tls !== null && { tls: withoutBindings(tls) }),
    ...(identity !== null && { user: identity.user }),
    ...(greeting !== null && { helo: greeting.name }),
    envelope: envelopeOf(envelope, receivedAt),
    metadata: { ...metadata, ...forwardedBy(session) },
  };
}

/** Whom a trusted relay said it forwards for, kept as metadata of the module `xforward`. */
function forwardedBy({ forwarded }: SmtpSession): { xforward?: Record<string, string> } {
  return forwarded === null ? {} : { xforward: { ...forwarded } };
}

function withoutBindings(tls: TlsInfo): Omit<TlsInfo, 'channelBindings'> {
  const { channelBindings: _, ...rest } = tls;
  return rest;
}

function envelopeOf(envelope: Envelope, receivedAt: number): SpoolEnvelope {
  return {
    from: pathText(envelope.from),
    recipients: envelope.recipients.map(recipientOf),
    ...parametersOf(envelope.parameters, receivedAt),
  };
}

function parametersOf(
  parameters: MailParameters,
  receivedAt: number,
): Omit<SpoolEnvelope, 'from' | 'recipients'> {
  const { body, smtputf8, auth, ret, envid, deliverBy, hold, priority, requireTls, solicit } = parameters;
  return {
    ...(body !== undefined && { body: body.toLowerCase() as '7bit' | '8bitmime' | 'binarymime' }),
    ...(smtputf8 && { smtputf8 }),
    ...(auth !== undefined && { auth: auth ?? '' }),
    ...((ret !== undefined || envid !== undefined) && {
      dsn: {
        ...(ret !== undefined && { ret: ret === 'headers' ? ('hdrs' as const) : ret }),
        ...(envid !== undefined && { envid }),
      },
    }),
    ...(deliverBy !== undefined && {
      deliverBy: {
        at: receivedAt + deliverBy.seconds * 1000,
        mode: deliverBy.mode,
        ...(deliverBy.trace && { trace: true as const }),
      },
    }),
    ...(hold !== undefined && {
      holdUntil: 'until' in hold ? hold.until : receivedAt + hold.seconds * 1000,
    }),
    ...(priority !== undefined && { mtPriority: priority }),
    ...(requireTls && { requireTls }),
    ...(solicit !== undefined && { solicit }),
  };
}

function recipientOf({ path, parameters }: Recipient): SpoolRecipient {
  const { notify, originalRecipient, validSince } = parameters;
  return {
    path: pathText(path),
    ...(notify !== undefined && { notify: notify === 'never' ? (['never'] as const) : notify }),
    ...(originalRecipient !== undefined && { orcpt: originalRecipient }),
    ...(validSince !== undefined && {
      rrvs: { since: validSince.since, otherwise: validSince.unsupported },
    }),
  };
}

function pathText(path: ReversePath | ForwardPath): string {
  if (path === null) return '';
  return path === 'postmaster' ? 'Postmaster' : formatMailbox(path);
}
