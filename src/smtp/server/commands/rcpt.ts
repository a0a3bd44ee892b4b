/**
 * RCPT (RFC 5321 §4.1.1.3): names one recipient.
 *
 *     rcpt = "RCPT TO:" ( "<Postmaster@" Domain ">" / "<Postmaster>" / Forward-path )
 *            [SP Rcpt-parameters] CRLF
 */
import { domainKey, type ForwardPath, isInternational, parsePath } from '../../../address/index.ts';
import type { RcptParameters } from '../../parameters.ts';
import { isPositive, type Reply, reply } from '../../reply.ts';
import type { Conversation } from '../conversation.ts';
import type { Command } from '../extension.ts';
import { readParameters } from '../parameter-list.ts';
import { refusedNow } from '../refusal.ts';
import type { Transaction } from '../transaction.ts';

const keyword = 'TO:';
const badSyntax = reply(501, '5.5.4', 'Syntax: RCPT TO:<address>');
const badPath = reply(501, '5.1.3', "Bad recipient's mailbox address syntax");
// RFC 6531 §3.5
const needsSmtputf8 = reply(553, '5.6.7', 'Non-ASCII address without SMTPUTF8');
// RFC 5321 §4.5.3.1.10
const tooManyRecipients = reply(452, '4.5.3', 'Too many recipients');
// RFC 9422 §4
const tooManyDomains = reply(452, '4.5.3', 'Too many recipient domains');
const accepted = reply(250, '2.1.5', 'Recipient ok');

export const rcpt: Command = {
  verb: 'RCPT',
  phases: ['mail', 'rcpt'],
  productive: true,
  run(conversation, argument) {
    const transaction = conversation.transaction as Transaction;
    const parsed = parseRcpt(conversation, transaction, argument);
    if ('code' in parsed) {
      conversation.fault('syntax', parsed);
      return;
    }
    const { to, parameters } = parsed;
    const full = overLimit(conversation, transaction, to);
    if (full !== null) {
      conversation.reply(full);
      return;
    }
    conversation.ask({ type: 'rcpt', to, parameters }, refusedNow, (verdict) => {
      if (verdict === undefined || isPositive(verdict)) {
        transaction.recipients.push({ path: to, parameters });
        if (Number.isFinite(conversation.setup.limits.recipientDomains)) {
          transaction.domains ??= new Set();
          transaction.domains.add(domainOf(to));
        }
        conversation.phase = 'rcpt';
      } else {
        transaction.refusedRecipient = true;
      }
      // RFC 6531 §3.7.4.1
      conversation.reply(verdict ?? accepted, transaction.parameters.smtputf8);
    });
  },
};

function parseRcpt(
  conversation: Conversation,
  transaction: Transaction,
  argument: string,
): { to: ForwardPath; parameters: RcptParameters } | Reply {
  if (argument.slice(0, keyword.length).toUpperCase() !== keyword) return badSyntax;
  const parsed = parsePath(argument, keyword.length, conversation.setup.paths);
  if (!parsed.ok || parsed.path === null) return badPath;
  const to = parsed.path;
  const parameters: RcptParameters = {};
  const bad = readParameters(argument, parsed.end, conversation.setup.rcpt, parameters, conversation);
  if (bad !== null) return bad;
  if (transaction.parameters.smtputf8 !== true && isInternational(to)) return needsSmtputf8;
  return { to, parameters };
}

function overLimit(conversation: Conversation, transaction: Transaction, to: ForwardPath): Reply | null {
  const { recipients, recipientDomains } = conversation.setup.limits;
  if (transaction.recipients.length >= recipients) return tooManyRecipients;
  const { domains } = transaction;
  const full = (domains?.size ?? 0) >= recipientDomains && domains?.has(domainOf(to)) !== true;
  return full ? tooManyDomains : null;
}

function domainOf(path: ForwardPath): string {
  return path === 'postmaster' ? '' : domainKey(path.domain);
}
