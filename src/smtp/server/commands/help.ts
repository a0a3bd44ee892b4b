/** HELP (RFC 5321 §4.1.1.8). */
import { reply } from '../../reply.ts';
import type { Command } from '../extension.ts';
import { refusedNow } from '../refusal.ts';

export const help: Command = {
  verb: 'HELP',
  phases: ['greeted', 'ready', 'mail', 'rcpt', 'chunks'],
  run(conversation, argument) {
    conversation.ask({ type: 'help', topic: argument }, refusedNow, (verdict) => {
      conversation.reply(
        verdict ?? reply(214, '2.0.0', `Commands: ${[...conversation.setup.commands.keys()].join(' ')}`),
      );
    });
  },
};
