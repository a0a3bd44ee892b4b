/** The pieces that an address list is made of, and how they come together. */
import { isDotAtom } from './address.ts';

/** A run of characters without white space, or a quoted string, or a comment. */
export interface Piece {
  readonly kind: 'word' | 'quoted' | 'comment';
  readonly text: string;
  /** White space stood before it. */
  readonly spaced: boolean;
}

/** The text of pieces, with comments in their parentheses and one space where any white space stood. */
export function join(pieces: readonly Piece[]): string {
  let text = '';
  for (const piece of pieces) {
    if (piece.spaced && text !== '') text += ' ';
    text += piece.kind === 'comment' ? `(${piece.text})` : piece.text;
  }
  return text;
}

/** Words without any `@`, kept together as what stands where an address should. */
export function wordless(pieces: readonly Piece[]): Piece {
  return { kind: 'quoted', text: join(pieces), spaced: false };
}

/** RFC 5322 §3.4: the name of `user@example.com (Full Name)`, an old habit. */
export function commentText(pieces: readonly Piece[]): string {
  return pieces.find(({ kind }) => kind === 'comment')?.text ?? '';
}

/** Pieces that belong together: not spaced, or spaced around a dot or `@` (RFC 5322 §4.4). */
export function addressRuns(pieces: readonly Piece[]): Piece[][] {
  const runs: Piece[][] = [];
  let last = '';
  for (const piece of pieces) {
    if (piece.kind === 'comment') continue;
    const joins =
      !piece.spaced ||
      last.endsWith('.') ||
      last.endsWith('@') ||
      (piece.kind === 'word' && /^[.@]/.test(piece.text));
    const run = runs.at(-1);
    if (run !== undefined && joins) run.push(piece);
    else runs.push([piece]);
    last = piece.kind === 'word' ? piece.text : '';
  }
  return runs;
}

/** Whether an `@` stands outside quotes. */
export function hasAt(run: readonly Piece[]): boolean {
  return run.some(({ kind, text }) => kind === 'word' && text.includes('@'));
}

/** An addr-spec cut in two. */
export interface AddrSpec {
  readonly localPart: string;
  readonly domain: string;
  /** There were several `@` outside quotes; the last one counts. */
  readonly several: boolean;
  /** Both halves are as RFC 5322 §3.4.1 has them. */
  readonly sound: boolean;
}

/** Cuts an addr-spec at its last `@` outside quotes. */
export function split(pieces: readonly Piece[]): AddrSpec {
  let localPart = '';
  let domain = '';
  let ats = 0;
  let quoted = false;
  for (const { kind, text } of pieces) {
    const at = kind === 'word' ? text.lastIndexOf('@') : -1;
    quoted ||= kind === 'quoted';
    if (at === -1) {
      if (ats > 0) domain += text;
      else localPart += text;
      continue;
    }
    if (ats > 0) localPart += `@${domain}`;
    const before = text.slice(0, at);
    if (before.includes('@')) ats++;
    localPart += before;
    domain = text.slice(at + 1);
    ats++;
  }
  const sound = (quoted || isDotAtom(localPart)) && (isDotAtom(domain) || isLiteral(domain));
  return { localPart, domain, several: ats > 1, sound };
}

/** RFC 5322 §3.4.1: `"[" *dtext "]"`. */
function isLiteral(domain: string): boolean {
  return domain.startsWith('[') && domain.indexOf(']') === domain.length - 1;
}
