/**
 * xtext (RFC 3461 §4): printable ASCII in which `+`, `=` and all else stand as `+` and two
 * upper-case hexadecimal digits. Parameters of MAIL, RCPT, XCLIENT and XFORWARD are written in it.
 */

// xchar = any printable US-ASCII but "+" and "="; hexchar = "+" 2(upper-case hex digit)
const xtext = /^(?:[\x21-\x2a\x2c-\x3c\x3e-\x7e]|\+[0-9A-F]{2})*$/;
const printable = /^[\x20-\x7e]*$/;

/** Decodes xtext to text; `null` where the input is no xtext or would hold control characters. */
export function decodeXtext(text: string): string | null {
  const decoded = decodeXtextOctets(text);
  return decoded !== null && printable.test(decoded) ? decoded : null;
}

/**
 * Decodes xtext to octets, each a character U+0000 to U+00FF; `null` where the input is no xtext.
 *
 * For values whose octets are UTF-8, such as names behind XCLIENT.
 */
export function decodeXtextOctets(text: string): string | null {
  if (!xtext.test(text)) return null;
  if (!text.includes('+')) return text;
  return text.replace(/\+(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Encodes printable ASCII text as xtext (RFC 3461 §4); other characters are encoded octet by octet as UTF-8. */
export function encodeXtext(text: string): string {
  let out = '';
  for (const octet of new TextEncoder().encode(text)) {
    const plain = octet > 0x20 && octet < 0x7f && octet !== 0x2b && octet !== 0x3d;
    out += plain ? String.fromCharCode(octet) : `+${octet.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}

// RFC 6533 §3: QCHAR (xchar without "\"), EmbeddedUnicodeChar "\x{HEXPOINT}", and UTF-8 as it is.
const utf8AddressPiece =
  /\\x\{([0-9A-F]{2,6})\}|\+([0-9A-F]{2})|([\x21-\x2a\x2c-\x3c\x3e-\x5b\x5d-\x7e\x80-\u{10ffff}])/uy;

/**
 * Decodes an address of type `utf-8` (utf-8-addr-xtext and utf-8-addr-unitext, RFC 6533 §3); `null`
 * where the input is none, or would hold control characters or half a surrogate pair.
 */
export function decodeUtf8Address(text: string): string | null {
  let out = '';
  utf8AddressPiece.lastIndex = 0;
  while (utf8AddressPiece.lastIndex < text.length) {
    const match = utf8AddressPiece.exec(text);
    if (match === null) return null;
    const [, point, octet, plain] = match;
    const code = Number.parseInt(point ?? octet ?? '0', 16);
    if (plain !== undefined) {
      out += plain;
    } else {
      const controls = code < 0x20 || (code >= 0x7f && code < 0xa0);
      if (controls || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return null;
      out += String.fromCodePoint(code);
    }
  }
  return out;
}

/**
 * Encodes an address of type `utf-8`: as it is where the line may hold UTF-8 (utf-8-addr-unitext), else
 * in ASCII (utf-8-addr-xtext, RFC 6533 §3).
 */
export function encodeUtf8Address(address: string, utf8: boolean): string {
  let out = '';
  for (const character of address) {
    const code = character.codePointAt(0) as number;
    const plain = code > 0x20 && code < 0x7f && code !== 0x2b && code !== 0x3d && code !== 0x5c;
    if (plain || (utf8 && code >= 0xa0)) out += character;
    else out += `\\x{${code.toString(16).toUpperCase().padStart(2, '0')}}`;
  }
  return out;
}
