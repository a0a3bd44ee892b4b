const conceal = '[secret]';

/**
 * A password, token or key on its way through the system.
 *
 * It prints as `[secret]` in templates, JSON and `console.log`; only {@link Secret.reveal} gives
 * the text. Nothing that logs, records or formats an error calls it.
 *
 * @example
 * ```ts
 * import { Secret } from 'mailwright/machine';
 *
 * const password = new Secret('correct horse');
 * `${password}`; // '[secret]'
 * password.reveal(); // 'correct horse'
 * ```
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself. Call it where it is compared or sent, and nowhere else. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return conceal;
  }

  toJSON(): string {
    return conceal;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return conceal;
  }
}
