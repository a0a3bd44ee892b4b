/** The opening of a session (RFC 5321 §3.1): 220, or a refusal after which only QUIT is left. */
import { replies } from '../../reply.ts';
import type { Conversation } from '../conversation.ts';
import { refusal } from '../refusal.ts';

/** Asks whether the peer may come in, and greets it. */
export function greet(conversation: Conversation): void {
  conversation.phase = 'connecting';
  conversation.ask({ type: 'connect' }, replies.shuttingDown, (verdict) => {
    const refused = refusal(verdict);
    if (refused !== null) {
      conversation.phase = 'refused';
      conversation.reply(refused);
      return;
    }
    const { options, lmtp } = conversation.setup;
    conversation.phase = 'greeted';
    const text = `${options.hostname} ${lmtp ? 'LMTP' : 'ESMTP'} ${options.banner ?? 'mailwright'}`;
    conversation.reply({ code: 220, text });
  });
}
