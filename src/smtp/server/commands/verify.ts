/**
 * VRFY and EXPN (RFC 5321 §4.1.1.6, §4.1.1.7), with SMTPUTF8 behind the argument (RFC 6531 §3.7.4.2).
 */
import { reply } from '../../reply.ts';
import type { Command } from '../extension.ts';
import { refusedNow } from '../refusal.ts';

const noName = reply(501, '5.5.4', 'A name or address must follow');
// RFC 5321 §3.5.3: without looking, 252 is the honest answer.
const notVerified = reply(252, '2.1.5', 'Cannot VRFY, but will accept mail and attempt delivery');
// RFC 5321 §7.3: a server may keep its lists to itself.
const notExpanded = reply(502, '5.5.1', 'EXPN not available');

export const vrfy = verification('VRFY', 'vrfy', notVerified);
export const expn = verification('EXPN', 'expn', notExpanded);

function verification(verb: string, type: 'vrfy' | 'expn', usual: typeof noName): Command {
  return {
    verb,
    phases: ['greeted', 'ready', 'mail', 'rcpt', 'chunks'],
    run(conversation, argument) {
      const smtputf8 = conversation.setup.mail.has('SMTPUTF8') && / SMTPUTF8$/i.test(argument);
      const text = smtputf8 ? argument.slice(0, argument.lastIndexOf(' ')) : argument;
      if (text === '') {
        conversation.fault('syntax', noName);
        return;
      }
      conversation.ask({ type, text, smtputf8 }, refusedNow, (verdict) =>
        conversation.reply(verdict ?? usual, smtputf8),
      );
    },
  };
}
