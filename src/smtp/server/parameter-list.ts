/**
 * The parameters behind MAIL's and RCPT's path (RFC 5321 §4.1.2).
 *
 *     esmtp-param   = esmtp-keyword ["=" esmtp-value]
 *     esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
 *     esmtp-value   = 1*(%d33-60 / %d62-126)        ; and UTF-8 beyond ASCII (RFC 6531 §3.3)
 */
import { type Reply, reply } from '../reply.ts';
import type { Conversation } from './conversation.ts';
import type { ParameterParser } from './extension.ts';

const keyword = /^[A-Za-z0-9][A-Za-z0-9-]*$/;
const value = /^[\x21-\x3c\x3e-\x7e\x80-\uffff]+$/;

const malformed = reply(501, '5.5.4', 'Malformed parameters');
const repeated = reply(501, '5.5.4', 'A parameter may be given only once');

/**
 * Reads all parameters of `line` from `start` into `into`.
 *
 * @returns the reply to the first bad one, or `null` when all are well
 */
export function readParameters<P>(
  line: string,
  start: number,
  parsers: ReadonlyMap<string, ParameterParser<P>>,
  into: P,
  conversation: Conversation,
): Reply | null {
  if (start === line.length) return null;
  if (line[start] !== ' ') return malformed;
  const seen = new Set<string>();
  for (const parameter of line.slice(start + 1).split(' ')) {
    const equals = parameter.indexOf('=');
    const name = (equals < 0 ? parameter : parameter.slice(0, equals)).toUpperCase();
    const text = equals < 0 ? null : parameter.slice(equals + 1);
    if (!keyword.test(name) || (text !== null && !value.test(text))) return malformed;
    const parse = parsers.get(name);
    // RFC 5321 §4.1.1.11: an unknown parameter is answered 555.
    if (parse === undefined) return reply(555, '5.5.4', `Parameter ${name} not recognized`);
    if (seen.has(name)) return repeated;
    seen.add(name);
    const bad = parse(text, into, conversation);
    if (bad !== null) return bad;
  }
  return null;
}
