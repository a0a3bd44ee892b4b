/** An LMTP server that has to give recipients of one message different verdicts (RFC 2033 §4.2). */
import { type ForwardPath, formatMailbox } from 'mailwright/address';
import type { SmtpServerSettings } from 'mailwright/node';
import { spoolTo } from 'mailwright/reception';
import { lmtp, type Recipient, replies, type Verdict } from 'mailwright/smtp';
import type { Spool } from 'mailwright/spool';

/** Everybody's mailbox takes messages but one, which is full; the spool is told of those that did. */
export function mailboxes(spool: Spool): Partial<SmtpServerSettings> {
  const { data } = spoolTo(spool, {
    judge({ envelope }) {
      const taken = envelope.recipients.filter((recipient) => !isFull(recipient));
      if (taken.length === 0) return replies.mailboxFull;
      return { envelope: { recipients: taken.map(({ path }) => ({ path: textOf(path) })) } };
    },
  });
  return {
    ...lmtp,
    async data(envelope, visit) {
      const sink = await data(envelope, visit);
      if (!('write' in sink)) return sink;
      return {
        write: (chunk) => sink.write(chunk),
        abort: (why) => sink.abort(why),
        async end(message) {
          const verdict = (await sink.end(message)) as Verdict;
          return message.envelope.recipients.map((each) => (isFull(each) ? replies.mailboxFull : verdict));
        },
      };
    },
  };
}

function isFull({ path }: Recipient): boolean {
  return textOf(path) === 'full@example.org';
}

function textOf(path: ForwardPath): string {
  return path === 'postmaster' ? path : formatMailbox(path);
}
