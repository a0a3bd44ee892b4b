/**
 * One transaction on its way: MAIL, a RCPT for each recipient, the content by DATA or BDAT, and the
 * replies to all of it.
 *
 * It says the next command whenever it is asked to and the replies so far allow; how many may be in
 * flight is for others to decide. So pipelining (RFC 2920) and going step by step are the same code.
 */
import type { Bytes } from '../../machine/index.ts';
import { ChunkQueue, chunkSize } from './chunk-queue.ts';
import { ContentWriter } from './content-writer.ts';
import type { Dialogue, Expected } from './dialogue.ts';
import { type Dialect, mailCommand, rcptCommand } from './envelope-commands.ts';
import { abridged, verdictOf } from './reply-reader.ts';
import { foregone, speaksUtf8 } from './suitability.ts';
import type {
  RecipientResult,
  ServerReply,
  SmtpFailure,
  SmtpStage,
  SmtpTransaction,
  TransactionResult,
} from './transaction.ts';

const withheld: RecipientResult = { result: 'postponed' };
const endOfData = '.\r\n';

/** The command for one recipient. */
interface Rcpt {
  readonly place: number;
  readonly command: string;
}

/** A transaction, from the moment it was given to its result. */
export class OpenTransaction {
  readonly transaction: SmtpTransaction;
  /** The content was asked for, and its end or failure not yet told. */
  feeding = false;
  /** All of the content is out. */
  sent = false;
  readonly #dialogue: Dialogue;
  readonly #dsn: boolean;
  readonly #results: (RecipientResult | null)[];
  /** The content goes to all recipients or to nobody. */
  readonly #allOrNone: boolean;
  /** How many results are still missing. */
  #missing: number;
  /** Places of accepted recipients without a result yet. */
  #accepted: number[] = [];
  readonly #mail: string;
  /** RCPT for each place that is to be tried; those from `#next` on were not said yet. */
  readonly #rcpts: readonly Rcpt[];
  #next = 0;
  /** RCPTs without reply. */
  #unanswered = 0;
  #begun = false;
  /** DATA is out, or its place was taken by BDAT. */
  #contentBegun = false;
  #complete = false;
  /** BDATs but the last without reply. */
  #chunksOut = 0;
  /** `null` for DATA. */
  readonly #chunks: ChunkQueue | null;
  /** `null` for content that goes as it is (RFC 3030 §3). */
  readonly #writer: ContentWriter | null;
  /** The reply to the content. */
  #end: Expected | null = null;

  constructor(dialogue: Dialogue, transaction: SmtpTransaction) {
    const { server, limits, tls, chunking } = dialogue;
    const { extensions } = server;
    this.transaction = transaction;
    this.#dialogue = dialogue;
    this.#results = foregone(transaction, { extensions, limits, tls, chunking });
    this.#allOrNone = transaction.allOrNone === true && !dialogue.lmtp;
    if (this.#isSpoilt) for (const place of this.#results.keys()) this.#results[place] ??= withheld;
    const dialect: Dialect = {
      extensions,
      authenticated: server.user !== null,
      secured: tls !== null,
      utf8: speaksUtf8(transaction, extensions),
      // RFC 2852 §4.1.4.2
      delayNotices: transaction.parameters.deliverBy?.mode === 'notify' && !extensions.has('DELIVERBY'),
    };
    this.#dsn = extensions.has('DSN');
    // Written before anything is said: what a host got wrong must not leave half a transaction behind.
    this.#mail = mailCommand(transaction, dialect);
    this.#rcpts = transaction.recipients.flatMap((recipient, place) =>
      this.#results[place] === null ? [{ place, command: rcptCommand(recipient, dialect) }] : [],
    );
    this.#missing = this.#rcpts.length;
    this.#chunks = chunking ? new ChunkQueue() : null;
    const binary = transaction.parameters.body === 'BINARYMIME';
    this.#writer = binary ? null : new ContentWriter(this.#chunks === null);
  }

  /** Every recipient has its result. */
  get settled(): boolean {
    return this.#missing === 0;
  }

  /** More content may come. */
  get wantsContent(): boolean {
    if (!this.feeding || this.settled) return false;
    return this.#chunks === null || this.#chunks.size <= chunkSize;
  }

  get result(): TransactionResult {
    return {
      recipients: this.#results as RecipientResult[],
      dsn: this.#dsn,
      mended: this.#writer?.mended === true,
    };
  }

  /** Says the next command; `false` where there is none, or a reply has to come first. */
  advance(): boolean {
    if (this.settled) return false;
    if (!this.#begun) return this.#sayMail();
    if (this.#next < this.#rcpts.length) return this.#sayRcpt(this.#rcpts[this.#next] as Rcpt);
    // Of one recipient the server itself takes no content where it refused him.
    if (this.#allOrNone && this.#unanswered > 0 && this.#rcpts.length > 1) return false;
    if (this.#chunks === null) return !this.#contentBegun && this.#sayData();
    if (!this.#contentBegun) {
      // Small content goes in one flight with its envelope; of more, none is sent in vain.
      const small = this.transaction.size <= chunkSize && this.#dialogue.pipelining;
      if (small || this.#unanswered === 0) this.#askContent();
      return false;
    }
    return this.#sayChunk(this.#chunks);
  }

  #sayMail(): boolean {
    const dialogue = this.#dialogue;
    this.#begun = true;
    dialogue.halfOpen = this;
    dialogue.say(this.#mail);
    dialogue.expect('mail', (reply) => {
      if (verdictOf(reply) === 'yes') return;
      if (dialogue.halfOpen === this) dialogue.halfOpen = null;
      this.#refuse(reply, 'mail');
    });
    return true;
  }

  #sayRcpt({ place, command }: Rcpt): boolean {
    this.#next += 1;
    this.#unanswered += 1;
    this.#dialogue.say(command);
    this.#dialogue.expect('rcpt', (reply) => this.#takeRcpt(place, reply));
    return true;
  }

  #takeRcpt(place: number, reply: ServerReply): void {
    this.#unanswered -= 1;
    if (this.settled) return;
    const verdict = verdictOf(reply);
    if (verdict === 'go-on') this.#dialogue.refused('rcpt', reply);
    else if (verdict === 'yes') this.#accepted.push(place);
    else if (this.#isFull(reply)) this.#settle(place, { result: 'postponed', reply: abridged(reply) });
    else this.#settle(place, { result: 'refused', reply: abridged(reply), stage: 'rcpt' });
    const all = this.#unanswered === 0 && this.#next === this.#rcpts.length;
    if (all && this.#isSpoilt) this.#settleAll(withheld);
  }

  /** It is all or none, and not all. */
  get #isSpoilt(): boolean {
    return this.#allOrNone && this.#results.some((result) => result !== null);
  }

  /**
   * RFC 5321 §4.5.3.1.10: 452 behind accepted recipients says that they are enough for one transaction; so does
   * 552 of servers that follow RFC 821.
   */
  #isFull({ code, enhanced }: ServerReply): boolean {
    const isFull = code === 452 || code === 552;
    return isFull && (enhanced === undefined || enhanced.endsWith('.5.3')) && this.#accepted.length > 0;
  }

  #sayData(): boolean {
    const dialogue = this.#dialogue;
    this.#contentBegun = true;
    dialogue.dataAwaited = true;
    dialogue.say('DATA\r\n');
    dialogue.expect('data', (reply) => {
      dialogue.dataAwaited = false;
      const verdict = verdictOf(reply);
      if (verdict === 'yes') dialogue.refused('data', reply);
      else if (verdict === 'no') this.#refuse(reply, 'data');
      else if (this.settled) this.#endEmpty();
      else this.#askContent();
    });
    return true;
  }

  /** RFC 2920 §3.1: the server wants content for nobody, and gets a lone dot. */
  #endEmpty(): void {
    const dialogue = this.#dialogue;
    dialogue.halfOpen = null;
    // RFC 2033 §4.2: one reply for each accepted recipient, and there is none.
    if (dialogue.lmtp) {
      dialogue.fail('protocol', 'data', 'content is wanted for nobody');
      return;
    }
    dialogue.say(endOfData);
    dialogue.expect('end-of-data', () => {});
  }

  #askContent(): void {
    this.#contentBegun = true;
    this.feeding = true;
    this.#dialogue.contentDue = true;
    // Until the content is out, what the server says to it can only be a refusal.
    if (this.#chunks === null) this.#end = this.#dialogue.expect('content', (reply) => this.#takeEnd(reply));
    this.#dialogue.emit({ type: 'content', transaction: this.transaction });
  }

  /** Takes content. */
  feed(chunk: Bytes): void {
    if (this.settled) return;
    this.#write(this.#writer?.write(chunk) ?? [chunk]);
    if (this.#dialogue.stage === 'content') this.#dialogue.renew();
  }

  /** The content is complete. */
  finish(): void {
    this.#fed();
    if (this.settled) return;
    const rest = this.#writer?.end() ?? null;
    if (rest !== null) this.#write([rest]);
    this.#complete = true;
    if (this.#end === null) return;
    this.sent = true;
    this.#end.stage = 'end-of-data';
    // RFC 5321 §4.1.1.4: whatever the reply, the server is done with the transaction.
    this.#dialogue.halfOpen = null;
    this.#dialogue.say(endOfData);
    this.#dialogue.renew();
  }

  /** No more content comes. */
  #fed(): void {
    this.feeding = false;
    this.#dialogue.contentDue = false;
  }

  #write(pieces: readonly Bytes[]): void {
    if (this.#chunks === null) this.#dialogue.send(pieces);
    else for (const piece of pieces) this.#chunks.push(piece);
  }

  /** BDAT (RFC 3030 §2): full chunks as they come, the last when the content is complete. */
  #sayChunk(chunks: ChunkQueue): boolean {
    if (this.sent) return false;
    const more = chunks.size > chunkSize;
    if (!more && !this.#complete) return false;
    // RFC 2033 §4.3: how many replies the last brings is known once the others are answered.
    if (!more && this.#dialogue.lmtp && this.#chunksOut > 0) return false;
    const size = Math.min(chunks.size, chunkSize);
    this.#dialogue.say(`BDAT ${size}${more ? '' : ' LAST'}\r\n`);
    this.#dialogue.send(chunks.take());
    if (more) {
      this.#chunksOut += 1;
      this.#dialogue.expect('content', (reply) => this.#takeChunk(reply));
    } else {
      this.sent = true;
      this.#end = this.#dialogue.expect('end-of-data', (reply) => this.#takeEnd(reply));
    }
    return true;
  }

  #takeChunk(reply: ServerReply): void {
    this.#chunksOut -= 1;
    if (verdictOf(reply) !== 'yes') this.#refuse(reply, 'content');
  }

  /** The reply to the content; LMTP has one for each accepted recipient (RFC 2033 §4.2). */
  #takeEnd(reply: ServerReply): boolean {
    const dialogue = this.#dialogue;
    const verdict = verdictOf(reply);
    if (!this.sent) {
      if (verdict === 'no') this.#refuse(reply, 'content');
      dialogue.refused('content', reply);
      return false;
    }
    if (verdict === 'go-on') {
      dialogue.refused('end-of-data', reply);
      return false;
    }
    if (verdict === 'yes' && dialogue.halfOpen === this) dialogue.halfOpen = null;
    const kept = abridged(reply);
    const result: RecipientResult =
      verdict === 'yes'
        ? { result: 'accepted', reply: kept }
        : { result: 'refused', reply: kept, stage: 'end-of-data' };
    const answered = this.#accepted.splice(0, dialogue.lmtp ? 1 : this.#accepted.length);
    for (const place of answered) this.#settle(place, result);
    return this.#accepted.length > 0;
  }

  /** The server said no to the whole; or what is no answer at all. */
  #refuse(reply: ServerReply, stage: SmtpStage): void {
    if (verdictOf(reply) !== 'no') {
      this.#dialogue.refused(stage, reply);
      return;
    }
    this.#settleAll({ result: 'refused', reply: abridged(reply), stage });
  }

  /** The source of the content failed. */
  sourceFailed(text: string): void {
    this.#fed();
    if (this.settled) return;
    const failure: SmtpFailure = { why: 'content', stage: 'content', text };
    // Chunks have their length, so that the session goes on without the rest; DATA can only be cut off.
    if (this.#chunks === null) this.#dialogue.close(failure);
    else this.abort(failure);
  }

  /** There will be no answer. */
  abort(failure: SmtpFailure): void {
    // RFC 1047: with all of the content out, only the server knows; unless it said no, to this or to what was
    // to come before it (RFC 5321 §3.8). In LMTP a no to one recipient tells nothing of another (RFC 2033 §4.2).
    const ambiguous = this.sent && (failure.why !== 'refused' || this.#dialogue.lmtp);
    this.feeding = false;
    this.#settleAll({ result: 'failed', failure, ambiguous });
  }

  #settleAll(result: RecipientResult): void {
    this.#accepted = [];
    for (const [place, known] of this.#results.entries()) if (known === null) this.#settle(place, result);
  }

  #settle(place: number, result: RecipientResult): void {
    this.#results[place] = result;
    this.#missing -= 1;
    if (this.#missing > 0) return;
    this.#chunks?.clear();
    if (!this.feeding) return;
    this.#dialogue.contentDue = false;
    this.#dialogue.emit({ type: 'contentRefused', transaction: this.transaction });
  }
}
