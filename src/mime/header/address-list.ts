/**
 * Address lists (RFC 5322 §3.4) with the obsolete forms (RFC 5322 §4.4), and with what senders write
 * instead of either.
 *
 *     address-list := address *("," address)
 *     address      := mailbox / phrase ":" [mailbox-list] ";"
 *     mailbox      := [phrase] "<" [route ":"] addr-spec ">" / addr-spec
 *
 * One pass over the characters. A quote or a comment that is never closed is an ordinary character,
 * and so are all that follow it, so that none is looked for twice.
 */
import {
  type AddressDefect,
  type AddressList,
  type HeaderAddress,
  type HeaderMailbox,
  joinAddress,
} from './address.ts';
import { addressRuns, commentText, hasAt, join, type Piece, split, wordless } from './address-pieces.ts';
import { commentEnd } from './comment.ts';
import { ordinaryAddressList } from './ordinary-addresses.ts';
import { decodeEncodedWords, encodedWordEnd } from './words.ts';

/** Postfix keeps 100 kB of header in all; a list with more mailboxes than this is an attack. */
const mostMailboxes = 10_000;
const mostDefects = 100;

interface OpenGroup {
  readonly name: string;
  readonly phrase: string;
  readonly mailboxes: HeaderMailbox[];
}

/**
 * Parses the unfolded value of From, To, Cc and their like.
 *
 * @example
 * ```ts
 * import { parseAddressList } from 'mailwright/mime';
 *
 * const { addresses } = parseAddressList('=?utf-8?Q?Zo=C3=AB?= <zoe@example.com>, undisclosed:;');
 * addresses[0]?.name; // 'Zoë'
 * addresses[1]?.kind; // 'group'
 * ```
 */
export function parseAddressList(value: string): AddressList {
  return ordinaryAddressList(value, mostMailboxes) ?? parseAnyAddressList(value);
}

/** Reads an address list in whatever form. */
export function parseAnyAddressList(value: string): AddressList {
  return new AddressReader(value).read();
}

class AddressReader {
  readonly #text: string;
  #at = 0;
  readonly #addresses: HeaderAddress[] = [];
  readonly #defects: AddressDefect[] = [];
  #count = 0;
  /** The pieces since the last address or delimiter. */
  #pieces: Piece[] = [];
  #spaced = false;
  /** An address stood before those pieces: what follows up to the comma is no name of another. */
  #done = false;
  #group: OpenGroup | null = null;
  #quotesEnd = false;
  #commentsEnd = false;

  constructor(text: string) {
    this.#text = text;
  }

  read(): AddressList {
    const text = this.#text;
    while (this.#at < text.length && this.#count < mostMailboxes) {
      const code = text.charCodeAt(this.#at);
      switch (code) {
        case 60: // <
          this.#mailbox();
          break;
        case 44: // ,
          this.#endAddress();
          this.#at++;
          break;
        case 58: // :
          this.#colon();
          break;
        case 59: // ;
          this.#endAddress();
          if (this.#group === null) this.#defect('stray-semicolon');
          this.#endGroup();
          this.#at++;
          break;
        default:
          this.#piece(code, false);
      }
    }
    if (this.#at < text.length) this.#defect('too-many');
    else this.#endAddress();
    if (this.#group !== null) this.#defect('unclosed-group');
    this.#endGroup();
    return { addresses: this.#addresses, defects: this.#defects };
  }

  /** Reads one piece, or the white space before it; always moves on. */
  #piece(code: number, angle: boolean): void {
    if (code === 32 || code === 9 || code === 13 || code === 10) {
      this.#spaced = true;
      this.#at++;
    } else if (code === 34 && !this.#quotesEnd) {
      this.#quoted();
    } else if (code === 40 && !this.#commentsEnd) {
      this.#comment();
    } else {
      this.#word(angle);
    }
  }

  #push(kind: Piece['kind'], text: string): void {
    this.#pieces.push({ kind, text, spaced: this.#spaced });
    this.#spaced = false;
  }

  /** RFC 5322 §3.2.4. */
  #quoted(): void {
    const text = this.#text;
    let from = this.#at + 1;
    let content = '';
    for (let i = from; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === 34) {
        this.#push('quoted', content + text.slice(from, i));
        this.#at = i + 1;
        return;
      }
      if (code === 92) {
        content += text.slice(from, i);
        from = ++i;
      }
      if (isControl(text.charCodeAt(i))) this.#defect('bad-character', i);
    }
    this.#defect('unclosed-quote');
    this.#quotesEnd = true;
  }

  #comment(): void {
    const end = commentEnd(this.#text, this.#at);
    if (end === -1) {
      this.#defect('unclosed-comment');
      this.#commentsEnd = true;
      return;
    }
    this.#push('comment', this.#text.slice(this.#at + 1, end - 1));
    this.#at = end;
  }

  /** Up to white space or a character that ends it; dots and `@` are part of it, and so is a literal. */
  #word(angle: boolean): void {
    const text = this.#text;
    const start = this.#at;
    let end = start;
    let literal = false;
    for (; end < text.length; end++) {
      const code = text.charCodeAt(end);
      if (code === 61 && text.charCodeAt(end + 1) === 63) {
        const after = encodedWordEnd(text, end);
        if (after !== -1) end = after - 1;
        continue;
      }
      if (code === 91 && !literal) literal = this.#afterAt(start, end);
      else if (code === 93) literal = false;
      else if (code <= 32) {
        if (code === 32 || code === 9 || code === 13 || code === 10) break;
        this.#defect('bad-character', end);
      } else if (isControl(code)) this.#defect('bad-character', end);
      else if (end > start && !literal && this.#endsWord(code, angle)) break;
    }
    this.#push('word', text.slice(start, end));
    this.#at = end;
  }

  /** RFC 5322 §3.4.1: a domain literal may hold what otherwise ends a word. */
  #afterAt(start: number, at: number): boolean {
    if (at > start) return this.#text.charCodeAt(at - 1) === 64;
    return this.#pieces.at(-1)?.text.endsWith('@') ?? false;
  }

  #endsWord(code: number, angle: boolean): boolean {
    switch (code) {
      case 34:
        return !this.#quotesEnd;
      case 40:
        return !this.#commentsEnd;
      case 44:
      case 58:
      case 60:
        return true;
      case 59:
        return !angle;
      case 62:
        return angle;
      default:
        return false;
    }
  }

  /** `phrase :` opens a group, unless what stands before is an address. */
  #colon(): void {
    const { name, phrase } = this.#phrase();
    if (this.#done || this.#pieces.some(({ kind, text }) => kind === 'word' && text.includes('@'))) {
      this.#push('word', ':');
    } else if (this.#group !== null) {
      this.#defect('nested-group');
      this.#pieces = [];
    } else {
      this.#group = { name, phrase, mailboxes: [] };
      this.#pieces = [];
    }
    this.#at++;
  }

  #endGroup(): void {
    const group = this.#group;
    this.#group = null;
    if (group !== null) this.#addresses.push({ kind: 'group', ...group });
  }

  /** `<` opens an address; the pieces before it are its name. */
  #mailbox(): void {
    if (this.#done) this.#defect('no-comma');
    const { name, phrase } = this.#phrase();
    const open = this.#at;
    this.#pieces = [];
    this.#at++;
    const route = this.#route();
    this.#angle(open);
    const content = this.#pieces.filter(({ kind }) => kind !== 'comment');
    this.#pieces = [];
    if (content.length === 0) this.#defect('empty-address', open);
    this.#add(name, phrase, content, open, route);
    this.#done = true;
  }

  /** RFC 5322 §4.4: `obs-route = "@" domain *("," "@" domain) ":"`. */
  #route(): string | undefined {
    const text = this.#text;
    let at = this.#at;
    while (text.charCodeAt(at) === 32) at++;
    if (text.charCodeAt(at) !== 64) return undefined;
    for (let i = at; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === 62 || code === 60 || code === 34 || code === 40) return undefined;
      if (code === 58) {
        this.#at = i + 1;
        return text.slice(at, i);
      }
    }
    return undefined;
  }

  /** Reads pieces up to `>`, or up to what cannot be inside an address. */
  #angle(open: number): void {
    const text = this.#text;
    while (this.#at < text.length) {
      const code = text.charCodeAt(this.#at);
      if (code === 62) {
        this.#at++;
        return;
      }
      if (code === 44 || code === 60) break;
      this.#piece(code, true);
    }
    this.#defect('unclosed-angle', open);
  }

  /** What stands at a comma, a semicolon or the end: nothing, the rest of an address, or a bare one. */
  #endAddress(): void {
    const pieces = this.#pieces;
    const done = this.#done;
    this.#pieces = [];
    this.#done = false;
    this.#spaced = false;
    const runs = addressRuns(pieces);
    if (runs.length === 0) return;
    if (done) {
      this.#defect('no-comma');
      return;
    }
    let last = runs.length - 1;
    while (last > 0 && !hasAt(runs[last] as Piece[])) last--;
    const addressed = hasAt(runs[last] as Piece[]);
    const before = addressed ? join(runs.slice(0, last).flat()) : '';
    const name = decodeEncodedWords(before === '' ? commentText(pieces) : before);
    const content = addressed ? (runs[last] as Piece[]) : [wordless(runs.flat())];
    if (addressed && runs.length > 1) this.#defect('no-angle');
    this.#add(name, before, content, this.#at, undefined);
  }

  #add(name: string, phrase: string, content: readonly Piece[], at: number, route: string | undefined): void {
    const { localPart, domain, several, sound } = split(content);
    if (several) this.#defect('several-at', at);
    else if (!sound && domain !== '') this.#defect('bad-address', at);
    if (content.length > 0 && (domain === '' || localPart === '')) this.#defect('no-domain', at);
    const address = joinAddress(localPart, domain);
    const plain = { kind: 'mailbox', name, phrase, localPart, domain, address } as const;
    (this.#group?.mailboxes ?? this.#addresses).push(route === undefined ? plain : { ...plain, route });
    this.#count++;
  }

  /** A display name. Comments are no part of it, but for people those between its words stay. */
  #phrase(): { name: string; phrase: string } {
    const words = this.#pieces.filter(({ kind }) => kind !== 'comment');
    if (words.length === 0) return { name: '', phrase: '' };
    const phrase = join(words);
    if (words.length === this.#pieces.length) return { name: decodeEncodedWords(phrase), phrase };
    const first = this.#pieces.findIndex(({ kind }) => kind !== 'comment');
    return { name: decodeEncodedWords(join(this.#pieces.slice(first))), phrase };
  }

  #defect(kind: AddressDefect['kind'], at: number = this.#at): void {
    if (this.#defects.length < mostDefects) this.#defects.push({ kind, at });
  }
}

/** RFC 5322 §2.2: a field body is of printable characters, space and tab; also no C1 controls. */
function isControl(code: number): boolean {
  return (code < 32 && code !== 9) || (code >= 127 && code < 160);
}
