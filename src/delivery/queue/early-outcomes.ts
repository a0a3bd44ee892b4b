import type { Outcome } from '../outcome.ts';
import type { RoutedRecipient } from '../route.ts';

/** Notes the outcomes of one attempt, each once: those that the route reports while it goes on, then the rest. */
export class EarlyOutcomes {
  readonly #note: (recipient: RoutedRecipient, outcome: Outcome) => Promise<void>;
  readonly #onEarly: () => void;
  readonly #noted = new Map<RoutedRecipient, Promise<void>>();
  #isOver = false;

  /** @param onEarly called when something was noted early */
  constructor(note: (recipient: RoutedRecipient, outcome: Outcome) => Promise<void>, onEarly: () => void) {
    this.#note = note;
    this.#onEarly = onEarly;
  }

  readonly report = (recipient: RoutedRecipient, outcome: Outcome): void => {
    if (this.#isOver || this.#noted.has(recipient)) return;
    const noted = this.#note(recipient, outcome);
    // Whoever waits for the end hears of it.
    noted.catch(() => {});
    this.#noted.set(recipient, noted);
    this.#onEarly();
  };

  /** The attempt has ended. */
  async end(recipients: readonly RoutedRecipient[], outcomes: readonly Outcome[]): Promise<void> {
    this.#isOver = true;
    for (const [i, recipient] of recipients.entries()) {
      const outcome = outcomes[i];
      if (outcome !== undefined) await (this.#noted.get(recipient) ?? this.#note(recipient, outcome));
    }
  }
}
