/** Classes of ASCII characters, as bits of one table: a test costs one load and one mask. */

/** RFC 5322 §3.2.3: what an atom is made of. */
export const atext = 1;
/** RFC 5321 §4.1.2: `Let-dig`. */
export const letDig = 2;
/** RFC 5321 §4.1.2: `qtextSMTP`, what stands in a quoted string without a backslash. */
export const qtext = 4;
/** RFC 5321 §4.1.3: `dcontent`, what stands in an address literal. */
export const dcontent = 8;

/** The classes of each ASCII code. Index it with codes below 128 only. */
export const classes = new Uint8Array(128);

for (let code = 32; code < 127; code += 1) {
  const isLetDig = /[A-Za-z0-9]/.test(String.fromCharCode(code));
  if (isLetDig) classes[code]! |= letDig;
  if (isLetDig || "!#$%&'*+-/=?^_`{|}~".includes(String.fromCharCode(code))) classes[code]! |= atext;
  if (code !== 34 && code !== 92) classes[code]! |= qtext;
  if (code >= 33 && (code <= 90 || code >= 94)) classes[code]! |= dcontent;
}

export const tab = 9;
export const lf = 10;
export const cr = 13;
export const space = 32;
export const quote = 34;
export const openParenthesis = 40;
export const closeParenthesis = 41;
export const comma = 44;
export const hyphen = 45;
export const dot = 46;
export const colon = 58;
export const less = 60;
export const greater = 62;
export const at = 64;
export const openBracket = 91;
export const backslash = 92;
export const closeBracket = 93;
export const del = 127;
