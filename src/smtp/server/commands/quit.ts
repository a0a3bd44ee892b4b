/** QUIT (RFC 5321 §4.1.1.10): legal at any time, even for a peer that was turned away. */
import { reply } from '../../reply.ts';
import type { Command } from '../extension.ts';
import { noArgument } from '../refusal.ts';

const bye = reply(221, '2.0.0', 'Bye');

export const quit: Command = {
  verb: 'QUIT',
  phases: ['greeted', 'ready', 'mail', 'rcpt', 'chunks', 'refused'],
  always: true,
  productive: true,
  run(conversation, argument) {
    if (argument !== '') {
      conversation.fault('syntax', noArgument);
      return;
    }
    conversation.drop('reset');
    conversation.end('quit', bye);
  },
};
