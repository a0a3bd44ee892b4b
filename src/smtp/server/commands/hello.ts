/**
 * HELO, EHLO and LHLO (RFC 5321 §4.1.1.1, RFC 2033 §4.1).
 *
 *     ehlo = "EHLO" SP ( Domain / address-literal ) CRLF
 */
import { parseHeloName } from '../../../address/index.ts';
import { isPositive, reply } from '../../reply.ts';
import type { Conversation } from '../conversation.ts';
import type { Command } from '../extension.ts';
import { refusedNow } from '../refusal.ts';
import type { Greeting } from '../session.ts';

const badName = reply(501, '5.5.4', 'A domain name or address literal must follow');

/** RFC 5321 §4.1.4: it may be sent at any time, and ends a transaction in hand. */
const phases = ['greeted', 'ready', 'mail', 'rcpt', 'chunks'] as const;

export const helo = hello('HELO');
export const ehlo = hello('EHLO');
export const lhlo = hello('LHLO');

function hello(verb: Greeting['verb']): Command {
  return {
    verb,
    phases,
    always: true,
    run(conversation, argument) {
      const name = argument.trim();
      if (!parseHeloName(name, conversation.setup.options.heloNames).ok) {
        conversation.fault('syntax', badName);
        return;
      }
      const greeting = { verb, name };
      conversation.ask({ type: 'helo', greeting }, refusedNow, (verdict) => {
        if (verdict !== undefined && !isPositive(verdict)) {
          conversation.reply(verdict);
          return;
        }
        conversation.drop('reset');
        conversation.phase = 'ready';
        conversation.session.greeting = greeting;
        const text = verb === 'HELO' ? conversation.setup.options.hostname : offer(conversation);
        conversation.reply({ code: 250, text });
      });
    },
  };
}

/** The extensions on offer, one to a line (RFC 5321 §4.1.1.1). */
function offer(conversation: Conversation): readonly string[] {
  const { options, extensions } = conversation.setup;
  const lines = [options.hostname, 'ENHANCEDSTATUSCODES'];
  for (const extension of extensions) {
    const parameters = extension.advertise === undefined ? '' : extension.advertise(conversation);
    if (parameters === null) continue;
    lines.push(parameters === '' ? extension.keyword : `${extension.keyword} ${parameters}`);
  }
  return lines;
}
