/**
 * The transactions of a session, in their order: at most two at a time, the second behind the content of
 * the first.
 */
import type { Dialogue } from './dialogue.ts';
import { checkTransaction } from './envelope-commands.ts';
import { OpenTransaction } from './open-transaction.ts';
import type { SmtpFailure, SmtpTransaction } from './transaction.ts';

const sessionOver: SmtpFailure = { why: 'gone', stage: 'quit', text: 'the session is over' };

/** Takes transactions, says their commands, tells their results. */
export class Sending {
  readonly #dialogue: Dialogue;
  readonly #open: OpenTransaction[] = [];
  #begun = 0;
  /** Whose content was asked for; it stays so when the server wants no more of it. */
  source: OpenTransaction | null = null;
  /** No more transactions: QUIT comes as soon as nothing is awaited. */
  leaving = false;

  constructor(dialogue: Dialogue) {
    this.#dialogue = dialogue;
  }

  get ready(): boolean {
    const { phase, dataAwaited, pipelining, lmtp, quiet } = this.#dialogue;
    if (phase !== 'open' || dataAwaited || this.leaving) return false;
    // RFC 2920 §3.1: a transaction may begin in the same flight as the end of content. Not so in LMTP: where a
    // server says less than a reply for each recipient, its next word must not be taken for the missing one.
    const ahead = pipelining && !lmtp;
    const last = this.#open.at(-1);
    return last === undefined ? quiet || ahead : ahead && this.#open.length === 1 && last.sent;
  }

  /** @throws MachineMisuse when the transaction can't be put into commands */
  begin(transaction: SmtpTransaction): void {
    checkTransaction(transaction);
    const dialogue = this.#dialogue;
    const open = new OpenTransaction(dialogue, transaction);
    this.#open.push(open);
    if (dialogue.phase === 'closed') {
      this.abort(dialogue.failure ?? sessionOver);
      return;
    }
    if (!open.settled) {
      this.#begun += 1;
      if (dialogue.halfOpen !== null) this.#sayRset();
    }
    this.advance();
  }

  /** RFC 5321 §4.1.1.5; RFC 3030 §2 demands it behind a BDAT that failed, and one may just be failing. */
  #sayRset(): void {
    const dialogue = this.#dialogue;
    dialogue.halfOpen = null;
    dialogue.say('RSET\r\n');
    dialogue.expect('rset', (reply) => {
      if (reply.code >= 300) dialogue.refused('rset', reply);
    });
  }

  /** Says what can be said, and tells the results that are known. */
  advance(): void {
    const dialogue = this.#dialogue;
    const last = this.#open.at(-1);
    while (last !== undefined && dialogue.hasRoom && last.advance());
    if (last?.feeding === true) this.source = last;
    this.#tellResults();
    // RFC 9422 §4.1: the server has said how many transactions it takes in a session.
    if (this.#begun >= dialogue.limits.mails) this.leaving = true;
    if (this.leaving && dialogue.phase === 'open' && this.#open.length === 0 && dialogue.quiet) {
      dialogue.phase = 'leaving';
      dialogue.say('QUIT\r\n');
      // A failure behind a success is none: whatever comes, the session is over.
      dialogue.expect('quit', () => dialogue.close(null));
    }
  }

  /** The session is over, and so is all that is open. */
  abort(failure: SmtpFailure | null): void {
    if (failure === null) return;
    for (const open of this.#open) open.abort(failure);
    this.#tellResults();
  }

  #tellResults(): void {
    const { server } = this.#dialogue;
    while (this.#open[0]?.settled === true) {
      const open = this.#open.shift() as OpenTransaction;
      const { transaction, result } = open;
      server.transactions += 1;
      server.last = result;
      this.#dialogue.emit({ type: 'result', transaction, result });
    }
  }
}
