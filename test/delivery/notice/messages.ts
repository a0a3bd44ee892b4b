/** Messages and outcomes that notifications are about. */
import type { Deferred, Delivered, Failed, RecipientNotice } from 'mailwright/delivery';
import type { Body } from 'mailwright/machine';
import type { Context, Envelope, Recipient } from 'mailwright/spool';

export const noon = Date.UTC(2026, 4, 1, 12);
export const hour = 3_600_000;

export const lines = (...all: readonly string[]) => all.join('\r\n');

/** The octets of a text, in chunks of ten; `read` counts those that were asked for. */
export function bodyOf(text: string | Buffer): Body & { read: number } {
  const octets = Buffer.from(text);
  return {
    size: octets.length,
    read: 0,
    async *open() {
      for (let at = 0; at < octets.length; at += 10) {
        const chunk = octets.subarray(at, at + 10);
        this.read += chunk.length;
        yield chunk;
      }
    },
  };
}

export function messageFrom(
  from: string,
  recipients: readonly Recipient[],
  envelope: Partial<Envelope> = {},
): Context {
  return {
    v: 1,
    id: '01JT5QZ0000000000000000000',
    receivedAt: noon,
    size: 100,
    protocol: 'ESMTP',
    helo: 'client.example',
    envelope: { from, recipients, ...envelope },
    delivery: {},
    queue: {},
    verdicts: {},
    metadata: {},
  };
}

export const refused: Failed = {
  result: 'failed',
  status: '5.1.1',
  text: 'No such user',
  reply: { code: 550, enhanced: '5.1.1', lines: ['No such', 'user here'] },
  remote: { host: 'mx.example.net', address: '192.0.2.7' },
};

export const unreachable: Deferred = {
  result: 'deferred',
  status: '4.4.1',
  text: 'No answer from mx.example.net',
};

export const delivered = (how: Delivered['how']): Delivered => ({
  result: 'delivered',
  status: '2.0.0',
  text: 'Ok',
  how,
});

/** What became of a message for the recipient in this place. */
export function noticeOf(
  { envelope }: Context,
  place: number,
  outcome: RecipientNotice['outcome'],
  at = noon + hour,
): RecipientNotice {
  const recipient = envelope.recipients[place] as Recipient;
  const domain = recipient.path.slice(recipient.path.lastIndexOf('@') + 1).toLowerCase();
  return { recipient: { ...recipient, place, domain }, outcome, at };
}
