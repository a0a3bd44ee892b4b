/** NOOP (RFC 5321 §4.1.1.9): an argument is allowed and ignored. */
import { replies } from '../../reply.ts';
import type { Command } from '../extension.ts';

export const noop: Command = {
  verb: 'NOOP',
  phases: ['greeted', 'ready', 'mail', 'rcpt', 'chunks'],
  always: true,
  run(conversation) {
    conversation.reply(replies.ok);
  },
};
