/**
 * Takes mail for final delivery by LMTP (RFC 2033) on a Unix socket, with a verdict for each recipient.
 *
 *     npm run example examples/lmtp.ts [path]
 *
 * In Postfix: `virtual_transport = lmtp:unix:/path`.
 */
import { resolve } from 'node:path';
import { SmtpServer } from 'mailwright/node';
import { lmtp, type Recipient, type Reply, replies } from 'mailwright/smtp';

const path = resolve(process.argv[2] ?? 'lmtp.socket');

/** Mailboxes by local part; a full one takes no more. */
const mailboxes = new Map<string, Uint8Array[]>([
  ['ann', []],
  ['bob', []],
]);
const quota = 2;

const server = new SmtpServer({
  ...lmtp,
  hostname: 'store.example.org',
  rcpt: ({ to }) => (mailboxes.has(nameOf(to)) ? undefined : replies.noSuchUser),
  data: ({ recipients }) => {
    const chunks: Uint8Array[] = [];
    return {
      // Octets are only lent: copy what is kept.
      write: (chunk) => void chunks.push(Uint8Array.from(chunk)),
      // One verdict for each recipient, in their order (RFC 2033 §4.2).
      end: () => recipients.map(({ path: to }) => deliver(nameOf(to), Buffer.concat(chunks))),
      abort: () => {},
    };
  },
});

function nameOf(to: Recipient['path']): string {
  return to === 'postmaster' ? to : to.localPart.toLowerCase();
}

function deliver(name: string, message: Uint8Array): Reply {
  const mailbox = mailboxes.get(name);
  if (mailbox === undefined || mailbox.length >= quota) return replies.mailboxFull;
  mailbox.push(message);
  console.log(`${name} has ${mailbox.length} messages`);
  return replies.ok;
}

await server.listen({ path });
console.log(`listening on ${path}`);
process.once('SIGINT', () => void server.close());
process.once('SIGTERM', () => void server.close());
