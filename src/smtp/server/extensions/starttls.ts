/** STARTTLS (RFC 3207): from clear text to TLS on the same connection. */
import { reply } from '../../reply.ts';
import type { Command, Extension } from '../extension.ts';
import { noArgument } from '../refusal.ts';

const ready = reply(220, '2.0.0', 'Ready to start TLS');
const already = reply(503, '5.5.1', 'TLS is already active');

const starttlsCommand: Command = {
  verb: 'STARTTLS',
  phases: ['ready'],
  always: true,
  productive: true,
  run(conversation, argument) {
    if (argument !== '') {
      conversation.fault('syntax', noArgument);
    } else if (conversation.session.tls !== null) {
      conversation.fault('sequence', already);
    } else {
      // The machine asks for the handshake, unless something came behind this line in clear.
      conversation.reply(ready);
      conversation.phase = 'upgrading';
    }
  },
};

/** Offers STARTTLS while there is no TLS. */
export function starttls(): Extension {
  return {
    keyword: 'STARTTLS',
    advertise: ({ session }) => (session.tls === null ? '' : null),
    commands: [starttlsCommand],
  };
}
