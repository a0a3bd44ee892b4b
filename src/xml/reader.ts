/**
 * XML as strangers send it in reports and images: elements, attributes, text (XML 1.0), read as a stream
 * of events.
 *
 * RFC 9990 §8.1 names the XML bomb, so: a document type declaration is
 * refused, nothing is ever fetched or expanded, references stand for one character each, depth and
 * names are bounded, and every character is read once.
 */

/** One event of the reader. Names are without their namespace prefix. */
export type XmlEvent =
  | { readonly type: 'open'; readonly name: string; readonly attributes: ReadonlyMap<string, string> }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'close'; readonly name: string }
  | { readonly type: 'end' }
  | { readonly type: 'fault'; readonly why: XmlFault };

/** Why a document cannot be read on. */
export type XmlFault =
  | 'dtd' // a document type declaration
  | 'depth' // elements within elements beyond the bound
  | 'syntax' // not well-formed
  | 'cut'; // it ends before its root element does

/** Reports nest 6 deep; extensions may go further. */
const deepest = 64;
const mostAttributes = 32;
const longestName = 256;

const end: XmlEvent = { type: 'end' };
const noAttributes: ReadonlyMap<string, string> = new Map();

/**
 * Reads a document event by event; after `end` or `fault` the same event comes again.
 *
 * @example
 * ```ts
 * import { XmlReader } from 'mailwright/xml';
 *
 * const reader = new XmlReader('<a>1 &lt; 2</a>');
 * reader.next(); // { type: 'open', name: 'a', attributes: Map(0) }
 * reader.next(); // { type: 'text', text: '1 < 2' }
 * ```
 */
export class XmlReader {
  readonly #text: string;
  #at = 0;
  #last: XmlEvent | null = null;
  /** The close event of an empty element, due after its open event. */
  #due: XmlEvent | null = null;
  readonly #open: string[] = [];
  #rooted = false;

  constructor(text: string) {
    this.#text = text;
  }

  next(): XmlEvent {
    if (this.#last !== null) return this.#last;
    const due = this.#due;
    this.#due = null;
    const event = due ?? this.#read();
    if (event.type === 'end' || event.type === 'fault') this.#last = event;
    return event;
  }

  #read(): XmlEvent {
    for (;;) {
      const at = this.#at;
      const bracket = this.#text.indexOf('<', at);
      const until = bracket === -1 ? this.#text.length : bracket;
      if (until > at) {
        this.#at = until;
        if (this.#open.length > 0)
          return { type: 'text', text: resolveReferences(this.#text.slice(at, until)) };
        // Outside the root only white space may stand; what else does is left to rot.
        continue;
      }
      if (bracket === -1) return this.#rooted && this.#open.length === 0 ? end : fault('cut');
      const event = this.#markup(bracket);
      if (event !== null) return event;
    }
  }

  /** What begins with `<` at `start`; `null` for what is passed over. */
  #markup(start: number): XmlEvent | null {
    const text = this.#text;
    switch (text[start + 1]) {
      case '?':
        return this.#skipTo('?>', start + 2);
      case '!':
        if (text.startsWith('<!--', start)) return this.#skipTo('-->', start + 4);
        if (text.startsWith('<![CDATA[', start)) return this.#cdata(start + 9);
        return fault(text.startsWith('<!DOCTYPE', start) ? 'dtd' : 'syntax');
      case '/':
        return this.#close(start + 2);
      default:
        return this.#openTag(start + 1);
    }
  }

  #skipTo(mark: string, from: number): XmlEvent | null {
    const found = this.#text.indexOf(mark, from);
    if (found === -1) return fault('cut');
    this.#at = found + mark.length;
    return null;
  }

  #cdata(from: number): XmlEvent {
    const found = this.#text.indexOf(']]>', from);
    if (found === -1) return fault('cut');
    this.#at = found + 3;
    return { type: 'text', text: this.#text.slice(from, found) };
  }

  #close(from: number): XmlEvent {
    const bracket = this.#text.indexOf('>', from);
    if (bracket === -1) return fault('cut');
    const name = this.#text.slice(from, bracket).trimEnd();
    if (this.#open.pop() !== name) return fault('syntax');
    this.#at = bracket + 1;
    return { type: 'close', name: localName(name) };
  }

  #openTag(from: number): XmlEvent {
    const name = this.#name(from);
    if (name === '' || (this.#open.length === 0 && this.#rooted)) return fault('syntax');
    this.#at = from + name.length;
    let attributes = noAttributes as Map<string, string>;
    for (;;) {
      const spaced = this.#skipSpace();
      const char = this.#text[this.#at];
      if (char === undefined) return fault('cut');
      if (char === '>') {
        this.#at++;
        break;
      }
      if (char === '/') {
        if (this.#text[this.#at + 1] !== '>') return fault('syntax');
        this.#at += 2;
        this.#due = { type: 'close', name: localName(name) };
        break;
      }
      if (!spaced || attributes.size === mostAttributes) return fault('syntax');
      if (attributes === noAttributes) attributes = new Map();
      if (!this.#attribute(attributes)) return fault(this.#at >= this.#text.length ? 'cut' : 'syntax');
    }
    this.#rooted = true;
    if (this.#due === null && this.#open.push(name) > deepest) return fault('depth');
    return { type: 'open', name: localName(name), attributes };
  }

  #attribute(attributes: Map<string, string>): boolean {
    const name = this.#name(this.#at);
    if (name === '' || attributes.has(name)) return false;
    this.#at += name.length;
    this.#skipSpace();
    if (this.#text[this.#at] !== '=') return false;
    this.#at++;
    this.#skipSpace();
    const quote = this.#text[this.#at];
    if (quote !== '"' && quote !== "'") return false;
    const close = this.#text.indexOf(quote, this.#at + 1);
    if (close === -1) {
      this.#at = this.#text.length;
      return false;
    }
    attributes.set(name, resolveReferences(this.#text.slice(this.#at + 1, close)));
    this.#at = close + 1;
    return true;
  }

  /** The name at `from`, without any check of its letters but for those that end it. */
  #name(from: number): string {
    const most = Math.min(this.#text.length, from + longestName);
    let at = from;
    while (at < most && !isDelimiter(this.#text.charCodeAt(at))) at++;
    return at === from + longestName ? '' : this.#text.slice(from, at);
  }

  #skipSpace(): boolean {
    const from = this.#at;
    while (isSpace(this.#text.charCodeAt(this.#at))) this.#at++;
    return this.#at > from;
  }
}

function fault(why: XmlFault): XmlEvent {
  return { type: 'fault', why };
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

/** White space, `/`, `<`, `=`, `>`, quotes, `&`. */
function isDelimiter(code: number): boolean {
  return (
    isSpace(code) || code === 47 || (code >= 60 && code <= 62) || code === 34 || code === 39 || code === 38
  );
}

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Replaces references to characters. Others stay as they are written: reporters forget to escape `&`. */
function resolveReferences(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]{2,4}));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return named[name] ?? whole;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    const legal = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) && (code >= 32 || isSpace(code));
    return legal ? String.fromCodePoint(code) : whole;
  });
}
