import type { Body } from '../machine/index.ts';
import type { SmtpClientMachine } from '../smtp/index.ts';

/** Content is handed over in pieces of so many octets. */
const pieceSize = 65_536;

/** The driver of a session, as the content of its messages sees it. */
export interface FedSession {
  /** There is room for more. */
  readonly roomy: boolean;
  /** Writes what the machine has. */
  turn(): void;
}

/** The content of one message on its way into a client machine, no faster than its stream takes it. */
export class ContentFeed {
  /** It is small and not complete: what waits to be written goes in one write with the rest of it. */
  held: boolean;
  readonly #content: Body;
  readonly #machine: SmtpClientMachine;
  readonly #session: FedSession;
  #over = false;
  #wake: (() => void) | null = null;

  constructor(content: Body, machine: SmtpClientMachine, session: FedSession) {
    this.held = content.size <= pieceSize;
    this.#content = content;
    this.#machine = machine;
    this.#session = session;
  }

  /** There may be room again. */
  stir(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }

  /** No more of it is wanted. */
  stop(): void {
    this.#over = true;
    this.held = false;
    this.stir();
  }

  /** Never rejects: a source that fails is the machine's to deal with. */
  async run(): Promise<void> {
    let fed = 0;
    let rest = this.#content.size;
    try {
      for await (const chunk of this.#content.open()) {
        for (let at = 0; at < chunk.length && !this.#over; at += pieceSize) {
          const piece = chunk.subarray(at, at + pieceSize);
          this.#machine.feed(piece);
          fed += piece.length;
          if (fed < pieceSize) continue;
          fed = 0;
          this.held = false;
          this.#session.turn();
          while (!this.#over && !this.#session.roomy) await this.#stirred();
        }
        if (this.#over) return;
        rest -= chunk.length;
      }
      // The machine may be at the next message by now, which is not to be ended in the place of this one.
      if (this.#over) return;
      // What a source has lost must not pass for the whole.
      if (rest > 0) throw new Error(`the content ended ${rest} octets before its size`);
      this.#machine.finish();
    } catch (error) {
      if (this.#over) return;
      this.#machine.fail(error instanceof Error ? error.message : String(error));
    }
    this.stop();
    this.#session.turn();
  }

  #stirred(): Promise<void> {
    return new Promise((wake) => {
      this.#wake = wake;
    });
  }
}
