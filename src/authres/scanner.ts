/** The words of a structured field: what stands between white space and comments (RFC 5322 §3.2). */

/** Comments in comments, of which more than these make the field unreadable. */
const deepest = 20;

/** Walks over a field's value. Every call goes forward, and the whole costs one walk. */
export class Scanner {
  readonly #text: string;
  #at = 0;
  #comment: string | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /** The offset of the next character. */
  get at(): number {
    return this.#at;
  }

  /** The last comment that was passed, once. */
  takeComment(): string | undefined {
    const comment = this.#comment;
    this.#comment = undefined;
    return comment;
  }

  /** Passes white space and comments: CFWS. An open comment takes the rest. */
  skip(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === 0x28) this.#passComment();
      else if (code === 0x20 || code === 0x09 || code === 0x0d || code === 0x0a) this.#at++;
      else return;
    }
  }

  /** Takes this character if it is next. */
  take(character: string): boolean {
    this.skip();
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  /** Takes a run of letters, digits, `-` and `_`, in lower case; empty where there is none. */
  keyword(): string {
    this.skip();
    const start = this.#at;
    while (isKeyword(this.#text.charCodeAt(this.#at))) this.#at++;
    return this.#text.slice(start, this.#at).toLowerCase();
  }

  /** Takes a value: a token, a quoted string, or an address of such; empty where there is none. */
  value(): string {
    this.skip();
    let value = '';
    for (;;) {
      const start = this.#at;
      if (this.#text[start] === '"') {
        value += this.#quoted();
        continue;
      }
      while (this.#at < this.#text.length && !isEnd(this.#text.charCodeAt(this.#at))) this.#at++;
      if (this.#at === start) return value;
      value += this.#text.slice(start, this.#at);
    }
  }

  /** Passes everything up to a semicolon outside of strings and comments, or the end. */
  skipToSemicolon(): void {
    for (this.skip(); this.#at < this.#text.length && this.#text[this.#at] !== ';'; this.skip()) {
      if (this.#text[this.#at] === '"') this.#quoted();
      else this.#at++;
    }
  }

  #quoted(): string {
    let value = '';
    for (this.#at++; this.#at < this.#text.length; this.#at++) {
      const character = this.#text[this.#at];
      if (character === '"') {
        this.#at++;
        return value;
      }
      if (character === '\\') this.#at++;
      value += this.#text[this.#at] ?? '';
    }
    return value;
  }

  #passComment(): void {
    const start = this.#at + 1;
    let depth = 0;
    for (; this.#at < this.#text.length; this.#at++) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === 0x5c) this.#at++;
      else if (code === 0x28 && ++depth > deepest) this.#at = this.#text.length;
      else if (code === 0x29 && --depth === 0) {
        this.#comment = this.#text.slice(start, this.#at).replace(/\\([\s\S])/g, '$1');
        this.#at++;
        return;
      }
    }
  }
}

function isKeyword(code: number): boolean {
  const letter = code | 0x20;
  return (
    (letter >= 0x61 && letter <= 0x7a) || (code >= 0x30 && code <= 0x39) || code === 0x2d || code === 0x5f
  );
}

/** White space, `;`, `(` and `"` end a token; real ones hold all of the others. */
function isEnd(code: number): boolean {
  return code <= 0x20 || code === 0x3b || code === 0x28 || code === 0x22;
}
