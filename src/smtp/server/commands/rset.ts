/** RSET (RFC 5321 §4.1.1.5): drops the transaction in hand, and nothing else. */
import { replies } from '../../reply.ts';
import type { Command } from '../extension.ts';
import { noArgument } from '../refusal.ts';

export const rset: Command = {
  verb: 'RSET',
  phases: ['greeted', 'ready', 'mail', 'rcpt', 'chunks'],
  run(conversation, argument) {
    if (argument !== '') {
      conversation.fault('syntax', noArgument);
      return;
    }
    conversation.drop('reset');
    conversation.reply(replies.ok);
  },
};
