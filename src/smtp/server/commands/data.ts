/** DATA (RFC 5321 §4.1.1.4): the content, dot-stuffed, up to CRLF.CRLF. */
import { type ContentReader, DotUnstuffer } from '../../dot-stuffing.ts';
import { NewlineNormaliser } from '../../newline-normalising.ts';
import { reply } from '../../reply.ts';
import { bareNewline, endContent, openContent, refuseContent, takeContent } from '../content.ts';
import type { Command } from '../extension.ts';
import type { SmtpServerOptions } from '../options.ts';
import { noArgument } from '../refusal.ts';
import type { Transaction } from '../transaction.ts';

const goAhead = '354 Start mail input; end with <CRLF>.<CRLF>\r\n';
const noRecipient = reply(503, '5.5.1', 'RCPT first');
const noValidRecipient = reply(554, '5.5.1', 'No valid recipients');
// RFC 3030 §3: a message declared BINARYMIME can't be dot-stuffed.
const binaryNeedsBdat = reply(503, '5.5.1', 'BODY=BINARYMIME needs BDAT');

export const data: Command = {
  verb: 'DATA',
  phases: ['mail', 'rcpt'],
  productive: true,
  run(conversation, argument) {
    const transaction = conversation.transaction as Transaction;
    if (argument !== '') {
      conversation.fault('syntax', noArgument);
    } else if (conversation.phase === 'mail') {
      // RFC 5321 §3.3; LMTP has 503 for both (RFC 2033 §4.2).
      const none = transaction.refusedRecipient && !conversation.setup.lmtp;
      conversation.fault('sequence', none ? noValidRecipient : noRecipient);
    } else if (transaction.parameters.body === 'BINARYMIME') {
      conversation.fault('sequence', binaryNeedsBdat);
    } else {
      openContent(
        conversation,
        transaction,
        () => {
          conversation.say(goAhead);
          conversation.framing = {
            type: 'dots',
            reader: dataReader(conversation.setup.options.bareNewlines),
            take({ bare, piece }) {
              if (bare) refuseContent(conversation, transaction, bareNewline, 'bare-newline');
              if (piece !== null) takeContent(conversation, transaction, piece);
            },
            end: () => endContent(conversation, transaction),
          };
        },
        (refused) => conversation.reply(refused),
      );
    }
  },
};

function dataReader(bareNewlines: SmtpServerOptions['bareNewlines']): ContentReader {
  return bareNewlines === 'normalise' ? new NewlineNormaliser(true) : new DotUnstuffer();
}
