/** From a message that came in to what is sent to the provider. */
import type { Buffer } from 'node:buffer';
import { formatMailbox } from '../address/index.ts';
import type { Body, Bytes } from '../machine/index.ts';
import { editHeader, HeaderFields, mailboxes, parseAddressList, spliceMessage } from '../mime/index.ts';
import type { Envelope, MailParameters, SmtpTransaction, TransactionRecipient } from '../smtp/index.ts';
import type { Account } from './account.ts';

/** A message as it came in. */
export interface Incoming {
  readonly envelope: Envelope;
  readonly content: Buffer;
  /** Milliseconds since its DATA. */
  readonly waited: number;
}

/** A message as it goes to the provider. */
export interface Outgoing {
  readonly transaction: SmtpTransaction;
  readonly content: Body;
}

/**
 * What goes to the provider.
 *
 * @param received - the trace field that goes before the content
 * @param each - the client takes a verdict for each recipient (RFC 2033 §4.2)
 */
export function outgoing(
  { envelope: { from, parameters, recipients }, content, waited }: Incoming,
  { sender }: Pick<Account, 'sender'>,
  received: Bytes | undefined,
  each: boolean,
): Outgoing {
  const message: readonly Bytes[] = sender === undefined ? [content] : withSender(content, sender);
  const pieces = received === undefined ? message : [received, ...message];
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return {
    transaction: {
      // Notifications keep the null path, or they might be answered (RFC 5321 §4.5.5).
      from: from === null ? '' : (sender ?? formatMailbox(from)),
      parameters: onwards(parameters, waited),
      recipients: recipients.map(
        ({ path, parameters }): TransactionRecipient => ({
          path: path === 'postmaster' ? 'Postmaster' : formatMailbox(path),
          parameters,
        }),
      ),
      size,
      ...(!each && { allOrNone: true as const }),
    },
    content: { size, open: () => streamOf(pieces) },
  };
}

/** Who authenticated here is nothing to the provider (RFC 4954 §5), and time has passed (RFC 2852 §4). */
function onwards({ auth: _, deliverBy, ...others }: MailParameters, waited: number): MailParameters {
  if (deliverBy === undefined) return others;
  return { ...others, deliverBy: { ...deliverBy, seconds: deliverBy.seconds - Math.floor(waited / 1000) } };
}

/** The author's name stays, as far as there was one; other authors go. */
function withSender(content: Buffer, sender: string): readonly Bytes[] {
  const written = HeaderFields.scan(content).get('from')?.value ?? '';
  const name = mailboxes(parseAddressList(written))[0]?.name ?? '';
  const field = { name: 'From', value: { addresses: [{ name, address: sender }] } };
  return spliceMessage(content, editHeader(content, [{ kind: 'replace', name: 'From', field }])).pieces;
}

async function* streamOf(pieces: readonly Bytes[]): AsyncGenerator<Bytes> {
  yield* pieces;
}
