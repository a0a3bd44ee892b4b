/**
 * Mail that came back: which addresses it could not reach, and why.
 *
 * It comes as a delivery status notification (RFC 3464), or as the plain text of qmail (its QSBMF) or Exim.
 */
import type { Message } from '../mime/index.ts';
import { classifyBounce } from '../smtp/index.ts';
import type { BouncedRecipient } from './bounced-recipient.ts';
import { type DeliveryStatusReport, deliveryStatusOf, type RecipientStatus } from './delivery-status.ts';
import { pathOf } from './fields.ts';
import { plainBounces } from './plain-bounces.ts';

/**
 * The addresses that a message says another message did not reach; none where it says nothing of that kind.
 *
 * Anybody can write such a message. Before anything is concluded from it, be sure that it answers one of your
 * own: by its return path (`verp`), or by the message that it gives back.
 *
 * @example
 * ```ts
 * import { parseMessage } from 'mailwright/mime';
 * import { bouncesOf } from 'mailwright/reports';
 *
 * const octets = new TextEncoder().encode('Content-Type: multipart/report; ...');
 * for (const { address, bounce } of bouncesOf(parseMessage(octets))) console.log(address, bounce.kind);
 * ```
 */
export function bouncesOf(message: Message): BouncedRecipient[] {
  const report = deliveryStatusOf(message);
  return report === null ? plainBounces(message) : reported(report, message);
}

function reported({ recipients }: DeliveryStatusReport, message: Message): BouncedRecipient[] {
  // What is said to people about one recipient helps where the fields say nothing.
  const told = recipients.length === 1 ? (message.text ?? '') : '';
  return recipients.flatMap((recipient) => {
    const { originalRecipient, finalRecipient, status, diagnosticCode } = recipient;
    const action = actionOf(recipient);
    const address = pathOf((originalRecipient ?? finalRecipient)?.text ?? '');
    if (action === null || address === '') return [];
    const text = diagnosticCode?.text ?? told;
    return [{ address, action, status, text, bounce: classifyBounce({ status, text }) }];
  });
}

/** Some reporters leave the action out. */
function actionOf({ action, status }: RecipientStatus): BouncedRecipient['action'] | null {
  if (action === 'failed' || action === 'delayed') return action;
  return action === '' && status.startsWith('5') ? 'failed' : null;
}
