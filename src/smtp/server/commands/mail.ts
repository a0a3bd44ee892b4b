/**
 * MAIL (RFC 5321 §4.1.1.2): begins a transaction.
 *
 *     mail = "MAIL FROM:" Reverse-path [SP Mail-parameters] CRLF
 */
import { isInternational, parsePath, type ReversePath } from '../../../address/index.ts';
import type { MailParameters } from '../../parameters.ts';
import { isPositive, type Reply, reply } from '../../reply.ts';
import { tooBig } from '../content.ts';
import type { Conversation } from '../conversation.ts';
import type { Command } from '../extension.ts';
import { readParameters } from '../parameter-list.ts';
import { refusedNow } from '../refusal.ts';
import { Transaction } from '../transaction.ts';

const keyword = 'FROM:';
const badSyntax = reply(501, '5.5.4', 'Syntax: MAIL FROM:<address>');
const badPath = reply(501, '5.1.7', "Bad sender's mailbox address syntax");
// RFC 6531 §3.5, RFC 5248: non-ASCII addresses need SMTPUTF8.
const needsSmtputf8 = reply(550, '5.6.7', 'Non-ASCII address without SMTPUTF8');
// RFC 4954 §6
const authenticationRequired = reply(530, '5.7.0', 'Authentication required');
const tooManyTransactions = reply(421, '4.7.0', 'Too many transactions in this session');
const accepted = reply(250, '2.1.0', 'Sender ok');

export const mail: Command = {
  verb: 'MAIL',
  phases: ['ready'],
  productive: true,
  run(conversation, argument) {
    const { setup, session } = conversation;
    if (setup.options.requireAuth === true && session.identity === null) {
      conversation.fault('sequence', authenticationRequired);
      return;
    }
    if (session.transactions >= setup.limits.transactions) {
      conversation.reply(tooManyTransactions);
      return;
    }
    const parsed = parseMail(conversation, argument);
    if ('code' in parsed) {
      conversation.fault(parsed === tooBig ? 'too-big' : 'syntax', parsed);
      return;
    }
    const { from, parameters } = parsed;
    conversation.ask({ type: 'mail', from, parameters }, refusedNow, (verdict) => {
      if (verdict === undefined || isPositive(verdict)) conversation.begin(new Transaction(from, parameters));
      conversation.reply(verdict ?? accepted);
    });
  },
};

function parseMail(
  conversation: Conversation,
  argument: string,
): { from: ReversePath; parameters: MailParameters } | Reply {
  if (argument.slice(0, keyword.length).toUpperCase() !== keyword) return badSyntax;
  const parsed = parsePath(argument, keyword.length, conversation.setup.paths);
  if (!parsed.ok) return badPath;
  const from = parsed.path;
  if (from === 'postmaster') return badPath;
  const parameters: MailParameters = {};
  const bad = readParameters(argument, parsed.end, conversation.setup.mail, parameters, conversation);
  if (bad !== null) return bad;
  if (parameters.smtputf8 !== true && isInternational(from)) return needsSmtputf8;
  return { from, parameters };
}
