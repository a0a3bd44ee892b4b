/**
 * `value; name=value; ...` as in Content-Type and Content-Disposition, with the continuations and
 * charsets of RFC 2231.
 *
 *     parameter := attribute "=" value          (RFC 2045 §5.1, RFC 2231 §7)
 *     attribute := token ["*" section] ["*"]
 *     value     := token / quoted-string
 *
 * The grammar is kept where it is kept by the sender; of the usual broken forms the likeliest
 * meaning is taken and a defect tells what was wrong. One pass over the text, except that a bare
 * value with spaces looks one word ahead.
 */
import { skipSpace } from './comment.ts';
import { decodeContinuations } from './continuations.ts';
import { decodeEncodedWords } from './words.ts';

/** One `name=value` as it stands, unquoted: `filename*0*` and its like are names of their own here. */
export interface Parameter {
  /** In lower case. */
  readonly name: string;
  readonly value: string;
}

/** What is wrong in a parameter list; `name` is the parameter that it concerns, if any. */
export interface ParameterDefect {
  readonly kind:
    | 'no-value' // text where a parameter is due
    | 'bad-value' // octets that a bare value may not have, or text after a quoted one
    | 'bad-name'
    | 'unclosed-quote'
    | 'no-semicolon'
    | 'empty-parameter' // `;;`
    | 'duplicate' // the first one counts
    | 'bad-section' // a continuation without a beginning, or out of sequence
    | 'bad-charset' // a `name*` value without charset, with an unknown one, or badly encoded
    | 'too-many';
  readonly name?: string;
}

/** The parameters of a field, and what is wrong with them. */
export interface Parameters {
  /** Decoded values by lower-case name: continuations joined, charsets and encoded words decoded. */
  readonly parameters: ReadonlyMap<string, string>;
  /** The parameters as they stand, in order. */
  readonly written: readonly Parameter[];
  readonly defects: readonly ParameterDefect[];
}

/** More than real mail has; each continuation counts as one. */
const mostParameters = 200;
const mostDefects = 100;

const none: ReadonlyMap<string, string> = new Map();
const sound: readonly ParameterDefect[] = [];

/** Character classes: 1 for a token character (RFC 2045 §5.1), 2 for a character that a bare value is let have. */
const classes = new Uint8Array(128);
for (let code = 33; code < 127; code++)
  classes[code] = '()<>@,;:\\"/[]?='.includes(String.fromCharCode(code)) ? 0 : 1;
for (const each of '/:?=[]@<>\\') classes[each.charCodeAt(0)] = 2;

const SPACE = 32;
const QUOTE = 34;
const SEMICOLON = 59;
const EQUALS = 61;
const BACKSLASH = 92;

/** Where the token that begins at `at` ends. */
export function tokenEnd(text: string, at: number): number {
  let end = at;
  while (end < text.length && classes[text.charCodeAt(end)] === 1) end++;
  return end;
}

/** Reads the parameters that follow the main value, from its end or its semicolon on. */
export function parseParameters(text: string, start: number): Parameters {
  if (skipSpace(text, start) >= text.length) return { parameters: none, written: [], defects: sound };
  return new ParameterReader(text, start).read();
}

class ParameterReader {
  readonly #text: string;
  #at: number;
  readonly #written: Parameter[] = [];
  readonly #defects: ParameterDefect[] = [];

  constructor(text: string, start: number) {
    this.#text = text;
    this.#at = start;
  }

  read(): Parameters {
    const text = this.#text;
    for (;;) {
      this.#at = skipSpace(text, this.#at);
      if (this.#at >= text.length) break;
      if (this.#written.length === mostParameters) {
        this.#defect('too-many');
        break;
      }
      if (text.charCodeAt(this.#at) === SEMICOLON) {
        this.#at = skipSpace(text, this.#at + 1);
        if (this.#at >= text.length) break;
        if (text.charCodeAt(this.#at) === SEMICOLON) {
          this.#defect('empty-parameter');
          continue;
        }
      } else {
        this.#defect('no-semicolon');
      }
      this.#parameter();
    }
    return { parameters: this.#decode(), written: this.#written, defects: this.#defects };
  }

  /** Reads one parameter; always moves on. */
  #parameter(): void {
    const text = this.#text;
    const start = this.#at;
    const nameEnd = tokenEnd(text, start);
    const equals = skipSpace(text, nameEnd);
    if (text.charCodeAt(equals) !== EQUALS || nameEnd === start) {
      const semicolon = text.indexOf(';', equals === start ? start + 1 : equals);
      this.#at = semicolon === -1 ? text.length : semicolon;
      this.#defect(nameEnd === start ? 'bad-name' : 'no-value', text.slice(start, nameEnd).toLowerCase());
      return;
    }
    const name = text.slice(start, nameEnd).toLowerCase();
    this.#at = skipSpace(text, equals + 1);
    const value = text.charCodeAt(this.#at) === QUOTE ? this.#quoted(name) : this.#bare(name);
    this.#written.push({ name, value });
  }

  /**
   * A quoted string (RFC 5322 §3.2.4). A backslash before an ordinary character is kept: it comes from
   * a DOS path, `"C:\dir\file"`, far more often than from a quoted pair.
   */
  #quoted(name: string): string {
    const text = this.#text;
    let from = this.#at + 1;
    let value = '';
    for (let i = from; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === QUOTE) {
        this.#at = i + 1;
        return value + text.slice(from, i);
      }
      if (code === BACKSLASH && i + 1 < text.length && isSpecial(text.charCodeAt(i + 1))) {
        value += text.slice(from, i);
        from = ++i;
      }
    }
    this.#defect('unclosed-quote', name);
    this.#at = text.length;
    return value + text.slice(from);
  }

  /** A token, or what is written where a quoted string was due: it ends at `;` or before `name=`. */
  #bare(name: string): string {
    const text = this.#text;
    const start = this.#at;
    let end = tokenEnd(text, start);
    let next = skipSpace(text, end);
    let sane = end > start;
    while (next < text.length && text.charCodeAt(next) !== SEMICOLON) {
      if (next > end && beginsParameter(text, next)) break;
      sane = false;
      end = bareWordEnd(text, next);
      next = skipSpace(text, end);
    }
    if (!sane) this.#defect('bad-value', name);
    this.#at = next;
    return text.slice(start, end);
  }

  /** RFC 2231 §3 and §4, and encoded words, which RFC 2047 §5 forbids here and many send. */
  #decode(): ReadonlyMap<string, string> {
    if (this.#written.length === 0) return none;
    const decoded = new Map<string, string>();
    let extended = false;
    for (const { name, value } of this.#written) {
      if (name.includes('*')) extended = true;
      else if (decoded.has(name)) this.#defect('duplicate', name);
      else decoded.set(name, value.includes('=?') ? decodeEncodedWords(value) : value);
    }
    if (extended) {
      decodeContinuations(this.#written, decoded, (kind, name) => this.#defect(kind, name));
    }
    return decoded;
  }

  #defect(kind: ParameterDefect['kind'], name?: string): void {
    if (this.#defects.length === mostDefects) return;
    this.#defects.push(name === undefined || name === '' ? { kind } : { kind, name });
  }
}

/** RFC 2045 §5.1: the tspecials. */
function isSpecial(code: number): boolean {
  return code > SPACE && code < 127 && classes[code] !== 1;
}

function beginsParameter(text: string, at: number): boolean {
  const end = tokenEnd(text, at);
  return end > at && text.charCodeAt(end) === EQUALS;
}

/** The end of a run without spaces and semicolons; always after `at`. */
function bareWordEnd(text: string, at: number): number {
  let end = at + 1;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code <= SPACE || code === SEMICOLON) break;
  }
  return end;
}
