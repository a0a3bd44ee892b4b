/** Macro strings: what they stand for (RFC 7208 §7.2, §7.3). */
import type { Macro, MacroString } from './macro.ts';

/** What the letters stand for, all of one check. */
export interface MacroFacts {
  /** Of the sender, as given. */
  readonly localPart: string;
  readonly senderDomain: string;
  /** What is being checked now. */
  readonly domain: string;
  /** `1.2.3.4`, or 32 hexadecimal digits between dots. */
  readonly dottedIp: string;
  /** As people write it. */
  readonly ip: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly helo: string;
  /** The validated host name of the client, or `unknown`. */
  readonly validated: string;
  /** The host that checks, or `unknown`. */
  readonly receiver: string;
  /** Seconds since 1970. */
  readonly time: number;
}

/** RFC 7208 §7.3: a longer name loses labels at its left. */
const longestName = 253;
/** Of an explanation, which ends up in a reply of a few lines. */
const longestText = 1000;

/**
 * The name to ask for; `null` where a local-part that is not ASCII would have to stand in it, which matches
 * nothing (RFC 8616 §4).
 */
export function expandDomain(parts: MacroString, facts: MacroFacts): string | null {
  let name = '';
  // From the right: what the limit cuts off need not be made, however much a record asks for.
  for (let at = parts.length - 1; at >= 0 && name.length <= longestName + 1; at--) {
    const value = expand(parts[at] ?? '', facts);
    if (value === null) return null;
    name = value + name;
  }
  if (name.endsWith('.')) name = name.slice(0, -1);
  if (name.length <= longestName) return name;
  return name.slice(name.indexOf('.', name.length - longestName - 1) + 1);
}

/** The explanation; `null` where it gets too long or is not printable ASCII. */
export function expandText(parts: MacroString, facts: MacroFacts): string | null {
  let text = '';
  for (const part of parts) {
    const value = expand(part, facts);
    if (value === null) return null;
    text += value;
    if (text.length > longestText) return null;
  }
  // RFC 7208 §6.2: it is shown in a reply, so there is nothing else in it.
  return /^[\x20-\x7e]*$/.test(text) ? text : null;
}

function expand(part: string | Macro, facts: MacroFacts): string | null {
  if (typeof part === 'string') return part;
  const value = meaningOf(part.letter, facts);
  if (value === null) return null;
  const cut = transform(value, part);
  return part.escape ? escapeForUrl(cut) : cut;
}

function meaningOf(letter: string, facts: MacroFacts): string | null {
  switch (letter) {
    case 's':
      return isAscii(facts.localPart) ? `${facts.localPart}@${facts.senderDomain}` : null;
    case 'l':
      return isAscii(facts.localPart) ? facts.localPart : null;
    case 'o':
      return facts.senderDomain;
    case 'd':
      return facts.domain;
    case 'i':
      return facts.dottedIp;
    case 'p':
      return facts.validated;
    case 'v':
      return facts.family === 'ipv4' ? 'in-addr' : 'ip6';
    case 'h':
      return facts.helo;
    case 'c':
      return facts.ip;
    case 'r':
      return facts.receiver;
    default:
      return String(facts.time);
  }
}

function transform(value: string, { keep, reverse, delimiters }: Macro): string {
  if (keep === Infinity && !reverse && delimiters === '') return value;
  const parts = split(value, delimiters === '' ? '.' : delimiters);
  if (reverse) parts.reverse();
  return parts.slice(-Math.min(keep, parts.length)).join('.');
}

function split(value: string, delimiters: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < value.length; at++) {
    if (!delimiters.includes(value.charAt(at))) continue;
    parts.push(value.slice(start, at));
    start = at + 1;
  }
  parts.push(value.slice(start));
  return parts;
}

/** Everything but the unreserved characters of RFC 3986 §2.3 (RFC 7208 §7.3). */
function escapeForUrl(value: string): string {
  return encodeURIComponent(value.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}
