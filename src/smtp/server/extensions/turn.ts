/**
 * ETRN (RFC 1985) and ATRN (RFC 2645): a client asks for the mail that waits for it.
 */
import { parseHeloName } from '../../../address/index.ts';
import { isPositive, reply } from '../../reply.ts';
import type { Command, Extension } from '../extension.ts';
import { refusedNow } from '../refusal.ts';

const badNode = reply(501, '5.5.4', 'Syntax: ETRN [@|#]node');
// RFC 1985 §5.3
const notStarted = reply(458, '4.3.0', 'Unable to queue messages for node');
const badDomains = reply(501, '5.5.4', 'Syntax: ATRN [domain[,domain...]]');
// RFC 2645 §4
const notAuthenticated = reply(530, '5.7.0', 'Authentication required');
const noMail = reply(453, '4.0.0', 'You have no mail');
const turning = reply(250, '2.0.0', 'OK now reversing the connection');

const queueName = /^[\x21-\x7e]{1,255}$/;

const etrnCommand: Command = {
  verb: 'ETRN',
  phases: ['ready'],
  run(conversation, argument) {
    const first = argument[0];
    const prefix = first === '@' || first === '#' ? first : null;
    const node = prefix === null ? argument : argument.slice(1);
    if (prefix === '#' ? !queueName.test(node) : !parseHeloName(node).ok) {
      conversation.fault('syntax', badNode);
      return;
    }
    conversation.ask({ type: 'etrn', prefix, node }, refusedNow, (verdict) =>
      conversation.reply(verdict ?? notStarted),
    );
  },
};

const atrnCommand: Command = {
  verb: 'ATRN',
  phases: ['ready'],
  run(conversation, argument) {
    const domains = argument === '' ? [] : argument.split(',');
    if (!domains.every((domain) => parseHeloName(domain).ok)) {
      conversation.fault('syntax', badDomains);
    } else if (conversation.session.identity === null) {
      conversation.fault('sequence', notAuthenticated);
    } else {
      conversation.ask({ type: 'atrn', domains }, refusedNow, (verdict) => {
        conversation.reply(verdict === undefined ? noMail : isPositive(verdict) ? turning : verdict);
        if (verdict === undefined || !isPositive(verdict)) return;
        conversation.emit({ type: 'turnaround', domains });
        conversation.close('turnaround');
      });
    }
  },
};

/** Offers ETRN; whether a queue is started is for the host. */
export function etrn(): Extension {
  return { keyword: 'ETRN', commands: [etrnCommand] };
}

/**
 * Offers ATRN to authenticated clients. A positive verdict hands the connection over: the session
 * ends with a `turnaround` event, and the host speaks as client from there on (RFC 2645 §5.2).
 */
export function atrn(): Extension {
  return {
    keyword: 'ATRN',
    advertise: ({ session }) => (session.identity === null ? null : ''),
    commands: [atrnCommand],
  };
}
