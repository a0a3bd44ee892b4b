/**
 * Reads an addr-spec by the whole of RFC 5322, obsolete forms included, and says how good it is.
 *
 *     addr-spec      = local-part "@" domain
 *     local-part     = dot-atom / quoted-string / obs-local-part
 *     domain         = dot-atom / domain-literal / obs-domain
 *     domain-literal = [CFWS] "[" *([FWS] dtext) [FWS] "]" [CFWS]
 *
 * One pass without recursion: nested comments are counted. The first error ends it; milder findings
 * are gathered, and the worst of them is the diagnosis.
 */
import { Buffer } from 'node:buffer';
import {
  atext,
  at as atSign,
  backslash,
  classes,
  closeBracket,
  closeParenthesis,
  cr,
  del,
  dot,
  hyphen,
  letDig,
  lf,
  openBracket,
  openParenthesis,
  quote,
  space,
  tab,
} from './characters.ts';
import { type AddressDiagnosis, type Diagnosis, diagnoses, worse } from './diagnosis.ts';
import { toALabel } from './idna.ts';
import { parseIpv6 } from './ip.ts';
import { parseLiteral } from './literal.ts';
import { parseMailbox } from './path.ts';

/** How {@link diagnoseAddress} reads. */
export interface DiagnosisOptions {
  /** Non-ASCII characters in local part, domain and comments (RFC 6532 §3.2). Default `false`. */
  readonly utf8?: boolean;
}

/**
 * Tells which standard an address satisfies and what is the worst about it, for those who validate
 * what people typed into a form.
 *
 * The text is one address without display name or brackets. Nothing is looked up: whether the domain
 * exists is another question.
 *
 * @example
 * ```ts
 * import { diagnoseAddress } from 'mailwright/address';
 *
 * diagnoseAddress('john@example.org').standing; // 'valid'
 * diagnoseAddress('"john smith"@example.org').diagnosis; // 'quoted-string'
 * diagnoseAddress('john.@example.org').diagnosis; // 'trailing-dot'
 * diagnoseAddress('john (me)@example.org').mailbox; // { localPart: 'john', domain: 'example.org' }
 * ```
 */
export function diagnoseAddress(text: string, options: DiagnosisOptions = {}): AddressDiagnosis {
  // An unpaired surrogate is no character, and makes every non-ASCII character an error.
  const utf8 = options.utf8 === true && text.isWellFormed();
  const reader = new Reader(text, utf8);
  const isRead = reader.readLocalPart() && reader.readDomain();
  const diagnosis = reader.worst;
  const standing = diagnoses[diagnosis];
  if (!isRead || standing === 'rfc5322-only') return { standing, diagnosis, mailbox: null };
  const localPart = reader.localPart.replace(/["\\]/g, '\\$&');
  const parsed = parseMailbox(`"${localPart}"@${reader.domain}`, { utf8 });
  return { standing, diagnosis, mailbox: parsed.ok ? parsed.mailbox : null };
}

/** What the word in hand ended with, so that text behind it is an error; `null` while it goes on. */
type WordEnd = 'text-after-comment' | 'text-after-quoted-string' | 'text-after-literal' | null;

/** The cursor and what was found. Each `read` method returns `false` when the text is in error. */
class Reader {
  /** The local part's meaning: no quotes, no backslashes. */
  localPart = '';
  domain = '';
  worst: Diagnosis = 'valid';
  readonly #text: string;
  readonly #utf8: boolean;
  #at = 0;
  /** The local part as written, but for comments and folding. */
  #written = '';

  constructor(text: string, utf8: boolean) {
    this.#text = text;
    this.#utf8 = utf8;
  }

  readLocalPart(): boolean {
    let atoms = 0;
    let isEmpty = true;
    let ended: WordEnd = null;
    let nearAt = false;
    for (;;) {
      const code = this.#code();
      if (code < 0) return this.#fail('no-domain');
      if (code === atSign) break;
      if (code === dot) {
        if (isEmpty) return this.#fail(atoms === 0 ? 'leading-dot' : 'consecutive-dots');
        if (ended !== null) this.#note('obsolete-local-part');
        this.#takeLocal();
        atoms += 1;
        isEmpty = true;
        ended = null;
        nearAt = false;
      } else if (isCfws(code)) {
        if (code === openParenthesis) this.#note(isEmpty && atoms > 0 ? 'obsolete-comment' : 'comment');
        else if (isEmpty) this.#note(atoms > 0 ? 'obsolete-folding' : 'folding-white-space');
        if (!this.#readCfws(code)) return false;
        if (!isEmpty) ended = 'text-after-comment';
        nearAt = true;
      } else if (code === quote) {
        if (!isEmpty) return this.#fail('bad-character');
        this.#note(atoms > 0 ? 'obsolete-local-part' : 'quoted-string');
        if (!this.#readQuotedString()) return false;
        isEmpty = false;
        ended = 'text-after-quoted-string';
        nearAt = false;
      } else {
        if (ended !== null) return this.#fail(ended);
        if (!this.#isAtext(code)) return this.#fail('bad-character');
        this.#takeLocal();
        isEmpty = false;
        nearAt = false;
      }
    }
    if (this.#written === '') return this.#fail('no-local-part');
    if (isEmpty) return this.#fail('trailing-dot');
    if (Buffer.byteLength(this.#written) > 64) this.#note('local-part-length');
    if (nearAt) this.#note('comment-near-at');
    this.#at += 1;
    return true;
  }

  readDomain(): boolean {
    let labels = 0;
    let label = '';
    let ended: WordEnd = null;
    let isLiteral = false;
    for (let code = this.#code(); code >= 0; code = this.#code()) {
      if (code === dot) {
        if (label === '') return this.#fail(labels === 0 ? 'leading-dot' : 'consecutive-dots');
        if (label.endsWith('-')) return this.#fail('trailing-hyphen');
        if (Buffer.byteLength(label) > 63) this.#note('label-length');
        this.domain += `${label}.`;
        this.#at += 1;
        labels += 1;
        label = '';
        ended = null;
      } else if (isCfws(code)) {
        const isComment = code === openParenthesis;
        if (label !== '') this.#note(isComment ? 'comment' : 'folding-white-space');
        else if (labels === 0) this.#note('comment-near-at');
        else this.#note(isComment ? 'obsolete-comment' : 'obsolete-folding');
        if (!this.#readCfws(code)) return false;
        if (label !== '' && ended === null) ended = 'text-after-comment';
      } else if (code === openBracket && label === '' && labels === 0) {
        const start = this.#at;
        if (!this.#readLiteral()) return false;
        label = this.#text.slice(start, this.#at);
        isLiteral = true;
        ended = 'text-after-literal';
      } else {
        if (ended !== null) return this.#fail(ended);
        if (!this.#isAtext(code)) return this.#fail('bad-character');
        if (code === hyphen && label === '') return this.#fail('leading-hyphen');
        if (code < 128 && code !== hyphen && (classes[code]! & letDig) === 0) this.#note('domain-characters');
        label += this.#text[this.#at];
        this.#at += 1;
      }
    }
    if (label === '') return this.#fail(labels === 0 ? 'no-domain' : 'trailing-dot');
    if (label.endsWith('-')) return this.#fail('trailing-hyphen');
    this.domain += label;
    this.#judgeLengths(label);
    if (!isLiteral) this.#judgeName(label, labels);
    return true;
  }

  #judgeLengths(lastLabel: string): void {
    const octets = Buffer.byteLength(this.domain);
    if (octets > 255) this.#note('domain-length');
    else if (Buffer.byteLength(this.#written) + 1 + octets > 254) this.#note('address-length');
    else if (Buffer.byteLength(lastLabel) > 63) this.#note('label-length');
  }

  #judgeName(lastLabel: string, dots: number): void {
    if (this.#utf8 && !toALabel(this.domain, { reservedLabels: 'accept' }).ok)
      this.#note('domain-characters');
    if (dots === 0) this.#note('top-level-domain');
    // RFC 3696 §2: no top-level domain is all digits.
    if (/^[0-9]/.test(lastLabel)) this.#note('numeric-top-level-domain');
  }

  /** The character under the cursor, or -1 at the end. */
  #code(): number {
    return this.#at < this.#text.length ? this.#text.charCodeAt(this.#at) : -1;
  }

  #note(diagnosis: Diagnosis): void {
    this.worst = worse(this.worst, diagnosis);
  }

  #fail(diagnosis: Diagnosis): false {
    this.#note(diagnosis);
    return false;
  }

  #isAtext(code: number): boolean {
    return code < 128 ? (classes[code]! & atext) !== 0 : this.#utf8;
  }

  /** Takes the character under the cursor into the local part. */
  #takeLocal(): void {
    const taken = this.#text[this.#at];
    this.localPart += taken;
    this.#written += taken;
    this.#at += 1;
  }

  #readCfws(code: number): boolean {
    return code === openParenthesis ? this.#readComment() : this.#readFolding();
  }

  /** `FWS = ([*WSP CRLF] 1*WSP) / obs-FWS` (RFC 5322 §3.2.2, §4.2) */
  #readFolding(): boolean {
    let folds = 0;
    let afterFold = false;
    for (;;) {
      const code = this.#code();
      if (code === cr) {
        if (afterFold) return this.#fail('consecutive-folds');
        if (this.#text.charCodeAt(this.#at + 1) !== lf) return this.#fail('bare-cr');
        this.#at += 2;
        folds += 1;
        afterFold = true;
      } else if (code === space || code === tab) {
        this.#at += 1;
        afterFold = false;
      } else if (afterFold) {
        return this.#fail('trailing-fold');
      } else {
        if (folds > 1) this.#note('obsolete-folding');
        return true;
      }
    }
  }

  /** `comment = "(" *([FWS] ccontent) [FWS] ")"` (RFC 5322 §3.2.2) */
  #readComment(): boolean {
    let depth = 0;
    do {
      const code = this.#code();
      if (code < 0) return this.#fail('unclosed-comment');
      if (code === backslash) {
        if (!this.#readQuotedPair()) return false;
        continue;
      }
      if (isFolding(code)) {
        this.#note('folding-white-space');
        if (!this.#readFolding()) return false;
        continue;
      }
      if (code === openParenthesis) depth += 1;
      else if (code === closeParenthesis) depth -= 1;
      else if (!this.#isText(code)) return this.#fail('bad-comment-character');
      else if (isControl(code)) this.#note('obsolete-comment-text');
      this.#at += 1;
    } while (depth > 0);
    return true;
  }

  /** `quoted-string = DQUOTE *([FWS] qcontent) [FWS] DQUOTE` (RFC 5322 §3.2.4) */
  #readQuotedString(): boolean {
    this.#at += 1;
    this.#written += '"';
    for (;;) {
      const code = this.#code();
      if (code < 0) return this.#fail('unclosed-quoted-string');
      if (code === quote) break;
      if (code === backslash) {
        const start = this.#at;
        if (!this.#readQuotedPair()) return false;
        this.localPart += this.#text[start + 1];
        this.#written += this.#text.slice(start, this.#at);
      } else if (code === cr || code === tab) {
        const start = this.#at;
        this.#note('folding-white-space');
        if (!this.#readFolding()) return false;
        // RFC 5322 §3.2.2: unfolding takes the line break and leaves the white space.
        const unfolded = this.#text.slice(start, this.#at).replaceAll('\r\n', '');
        this.localPart += unfolded;
        this.#written += unfolded;
      } else {
        if (!this.#isText(code)) return this.#fail('bad-quoted-character');
        if (isControl(code)) this.#note('obsolete-quoted-text');
        this.#takeLocal();
      }
    }
    this.#at += 1;
    this.#written += '"';
    return true;
  }

  /** `"[" *([FWS] dtext) [FWS] "]"` (RFC 5322 §3.4.1) */
  #readLiteral(): boolean {
    this.#at += 1;
    const start = this.#at;
    let isObsolete = false;
    for (let code = this.#code(); code !== closeBracket; code = this.#code()) {
      if (code < 0) return this.#fail('unclosed-literal');
      if (code === openBracket || !this.#isText(code)) return this.#fail('bad-literal-character');
      if (isFolding(code)) {
        this.#note('folding-white-space');
        if (!this.#readFolding()) return false;
      } else if (code === backslash) {
        isObsolete = true;
        if (!this.#readQuotedPair()) return false;
      } else {
        isObsolete ||= isControl(code);
        this.#at += 1;
      }
    }
    this.#judgeLiteral(this.#text.slice(start, this.#at), isObsolete);
    this.#at += 1;
    return true;
  }

  #judgeLiteral(content: string, isObsolete: boolean): void {
    if (isObsolete) this.#note('obsolete-domain-literal');
    else if (/^ipv6:/i.test(content)) {
      const parsed = parseIpv6(content.slice(5));
      if (!parsed.ok) this.#note(parsed.why);
      else this.#note(parsed.elidesOneGroup ? 'ipv6-single-elision' : 'address-literal');
    } else {
      this.#note(parseLiteral(content)?.kind === 'ipv4' ? 'address-literal' : 'domain-literal');
    }
  }

  /** `quoted-pair = ("\" (VCHAR / WSP)) / obs-qp` (RFC 5322 §3.2.1, §4.1) */
  #readQuotedPair(): boolean {
    this.#at += 1;
    const code = this.#code();
    if (code < 0) return this.#fail('trailing-backslash');
    if (code > 127 && !this.#utf8) return this.#fail('bad-quoted-pair');
    if (isControl(code) && code !== tab) this.#note('obsolete-quoted-pair');
    this.#at += 1;
    return true;
  }

  /** Whether a quoted string, comment or literal can hold the character at all: NUL and LF never (RFC 5322 §4.1). */
  #isText(code: number): boolean {
    return code < 128 ? code !== 0 && code !== lf : this.#utf8;
  }
}

function isControl(code: number): boolean {
  return code < 32 || code === del;
}

function isFolding(code: number): boolean {
  return code === space || code === tab || code === cr;
}

function isCfws(code: number): boolean {
  return code === openParenthesis || isFolding(code);
}
