/**
 * CHUNKING and BINARYMIME (RFC 3030): content by exact counts of octets.
 *
 *     bdat-cmd = "BDAT" SP chunk-size [SP "LAST"] CRLF
 *
 * The octets of a chunk come whatever we answer (§2), so a refused one is read and thrown away; only
 * a size that can't be read ends the session, since nobody knows where the next command begins.
 */
import { replies, reply } from '../../reply.ts';
import { type ChunkFilter, chunkFilter } from '../chunk-filter.ts';
import {
  answerRecipients,
  bareNewline,
  endContent,
  openContent,
  refuseContent,
  takeContent,
  tooBig,
} from '../content.ts';
import type { Conversation } from '../conversation.ts';
import { badParameter, type Command, type Extension } from '../extension.ts';
import type { Transaction } from '../transaction.ts';

/** 15 digits count exactly in a double, and are far beyond any message. */
const bdatArgument = /^([0-9]{1,15})( LAST)?$/i;

const badSize = reply(501, '5.5.4', 'Syntax: BDAT size [LAST]; closing connection');
// RFC 3030 §2
const noTransaction = reply(503, '5.5.1', 'MAIL and an accepted RCPT first');

/** Offers CHUNKING, and with it the BDAT command. */
export function chunking(): Extension {
  return { keyword: 'CHUNKING', commands: [bdat] };
}

/** Offers `BODY=BINARYMIME` (RFC 3030 §3); it needs CHUNKING beside it. */
export function binaryMime(): Extension {
  return {
    keyword: 'BINARYMIME',
    lineGrowth: 17,
    mail: {
      BODY(value, into) {
        if (value?.toUpperCase() !== 'BINARYMIME') return badParameter('BODY');
        into.body = 'BINARYMIME';
        return null;
      },
    },
  };
}

/** One BDAT of a message. */
interface Chunk {
  readonly size: number;
  readonly last: boolean;
}

const bdat: Command = {
  verb: 'BDAT',
  // Legal wherever its octets must be read away; what it means is decided below.
  phases: ['greeted', 'ready', 'mail', 'rcpt', 'chunks'],
  always: true,
  productive: true,
  run(conversation, argument) {
    const match = bdatArgument.exec(argument);
    if (match === null) {
      conversation.emit({ type: 'violation', kind: 'syntax' });
      conversation.end('violation', badSize);
      return;
    }
    const chunk = { size: Number(match[1]), last: match[2] !== undefined };
    const { transaction, phase } = conversation;
    if (transaction === null || phase === 'mail') {
      discard(conversation, chunk, () => conversation.fault('sequence', noTransaction));
    } else if (phase === 'chunks') {
      takeChunk(conversation, transaction, chunk);
    } else {
      openContent(
        conversation,
        transaction,
        () => {
          const { bareNewlines } = conversation.setup.options;
          const filter = transaction.parameters.body === 'BINARYMIME' ? null : chunkFilter(bareNewlines);
          transaction.chunkFilter = filter;
          takeChunk(conversation, transaction, chunk);
        },
        (refused) =>
          discard(conversation, chunk, () => {
            if (chunk.last) answerRecipients(conversation, transaction, refused);
            else conversation.reply(refused);
          }),
      );
    }
  },
};

function discard(conversation: Conversation, chunk: Chunk, end: () => void): void {
  conversation.framing = { type: 'octets', left: chunk.size, take() {}, end };
}

function takeChunk(conversation: Conversation, transaction: Transaction, chunk: Chunk): void {
  const filter = transaction.chunkFilter;
  conversation.phase = 'content';
  // Known before it comes: the limit bites without a single octet reaching the host.
  if (transaction.size + chunk.size > conversation.setup.limits.message) {
    refuseContent(conversation, transaction, tooBig, 'too-big');
  }
  conversation.framing = {
    type: 'octets',
    left: chunk.size,
    take(octets) {
      const piece = filter === null ? octets : filter.take(octets);
      noteBare(conversation, transaction, filter);
      if (piece !== null) takeContent(conversation, transaction, piece);
    },
    end() {
      if (chunk.last) {
        const rest = filter?.end() ?? null;
        noteBare(conversation, transaction, filter);
        if (rest !== null) takeContent(conversation, transaction, rest);
        endContent(conversation, transaction);
      } else if (transaction.failure !== null) {
        // RFC 3030 §2: once a chunk has failed, so does every later one until RSET.
        const { failure } = transaction;
        conversation.drop('refused');
        conversation.reply(failure);
      } else {
        conversation.phase = 'chunks';
        conversation.reply({ ...replies.ok, text: `${chunk.size} octets received` });
      }
    },
  };
}

function noteBare(conversation: Conversation, transaction: Transaction, filter: ChunkFilter | null): void {
  if (filter?.bare === true) refuseContent(conversation, transaction, bareNewline, 'bare-newline');
}
