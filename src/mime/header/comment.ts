/** Comments and white space between the tokens of a structured field (RFC 5322 §3.2.2). */

const OPEN = 40;
const CLOSE = 41;
const BACKSLASH = 92;

/** After the comment that opens at `at`; comments nest. -1: it is never closed. */
export function commentEnd(text: string, at: number): number {
  let depth = 0;
  for (let i = at; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === BACKSLASH) i++;
    else if (code === OPEN) depth++;
    else if (code === CLOSE && --depth === 0) return i + 1;
  }
  return -1;
}

/** Skips white space and comments; a comment that is never closed reaches to the end. */
export function skipSpace(text: string, at: number): number {
  let next = at;
  for (;;) {
    const code = text.charCodeAt(next);
    if (code === 32 || code === 9 || code === 13 || code === 10) next++;
    else if (code === OPEN) {
      next = commentEnd(text, next);
      if (next === -1) return text.length;
    } else return next;
  }
}
