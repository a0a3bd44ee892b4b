/**
 * XFORWARD (Postfix's XFORWARD_README): a trusted relay says whom it forwards for. For the record
 * only; the session stays the relay's own.
 */
import { replies, reply } from '../../reply.ts';
import type { Command, Extension } from '../extension.ts';
import type { Forwarded } from '../session.ts';
import { readAttributes, type TrustOptions } from './attributes.ts';

const names = ['NAME', 'ADDR', 'PORT', 'PROTO', 'HELO', 'IDENT', 'SOURCE'];
const badSyntax = reply(501, '5.5.4', 'Bad XFORWARD attributes');
const notTrusted = reply(550, '5.7.0', 'XFORWARD is not for you');

/** Offers XFORWARD to peers that the host trusts; nobody else sees or may use it. */
export function xforward({ trusts }: TrustOptions): Extension {
  const command: Command = {
    verb: 'XFORWARD',
    phases: ['greeted', 'ready'],
    productive: true,
    run(conversation, argument) {
      const attributes = readAttributes(argument, names);
      if (!trusts(conversation.socketConnection)) {
        conversation.fault('sequence', notTrusted);
      } else if (attributes === null) {
        conversation.fault('syntax', badSyntax);
      } else {
        const all = new Map([...Object.entries(conversation.session.forwarded ?? {}), ...attributes]);
        const forwarded: Forwarded = Object.fromEntries([...all].filter(([, value]) => value !== null));
        conversation.session.forwarded = forwarded;
        conversation.emit({ type: 'forward', forwarded });
        conversation.reply(replies.ok);
      }
    },
  };
  return {
    keyword: 'XFORWARD',
    advertise: (conversation) => (trusts(conversation.socketConnection) ? names.join(' ') : null),
    commands: [command],
  };
}
