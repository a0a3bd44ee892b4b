/**
 * The part of a notification for programs (RFC 3464 §2): fields about the message, then fields about each
 * recipient, with an empty line between.
 */
import { Buffer, isAscii } from 'node:buffer';
import { formatDate, type TextPart } from '../../mime/index.ts';
import type { ServerReply } from '../../smtp/index.ts';
import type { Context } from '../../spool/index.ts';
import { cleanText } from './clean-text.ts';
import type { WantedNotice } from './wanted.ts';

/** Writes the part, in the form for UTF-8 where an address needs it (RFC 6533 §3). */
export function statusPart(context: Context, notices: readonly WantedNotice[], hostname: string): TextPart {
  const utf8 = notices.some(
    ({ recipient }) => !isPlain(recipient.path) || !isPlain(recipient.orcpt?.address),
  );
  const groups = [messageFields(context, hostname), ...notices.map((notice) => fieldsOf(context, notice))];
  const text = groups
    .map((fields) => fields.map(([name, value]) => field(name, cleanText(value, utf8))).join(''))
    .join('\r\n');
  return { kind: 'text', type: utf8 ? 'message/global-delivery-status' : 'message/delivery-status', text };
}

type Field = readonly [name: string, value: string];

/** RFC 3464 §2.2, RFC 3461 §6.3. */
function messageFields({ receivedAt, helo, envelope }: Context, hostname: string): Field[] {
  const { dsn, deliverBy } = envelope;
  return [
    ...(dsn?.envid === undefined ? [] : [['Original-Envelope-Id', dsn.envid] as const]),
    ['Reporting-MTA', `dns; ${hostname}`],
    ...(helo === undefined ? [] : [['Received-From-MTA', `dns; ${helo}`] as const]),
    ['Arrival-Date', formatDate(receivedAt)],
    // RFC 2852 §5.
    ...(deliverBy === undefined ? [] : [['Deliver-By-Date', formatDate(deliverBy.at)] as const]),
  ];
}

/** RFC 3464 §2.3, RFC 3461 §6.3. */
function fieldsOf(
  { id }: Context,
  { recipient, outcome, action, at, willRetryUntil }: WantedNotice,
): Field[] {
  const { path, orcpt } = recipient;
  const { remote, reply, status, text } = outcome;
  return [
    ...(orcpt === undefined ? [] : [['Original-Recipient', `${orcpt.type}; ${orcpt.address}`] as const]),
    ['Final-Recipient', `${isPlain(path) ? 'rfc822' : 'utf-8'}; ${path}`],
    ['Action', action],
    ['Status', status],
    ...(remote === undefined ? [] : [['Remote-MTA', `dns; ${remote.host}`] as const]),
    ...diagnostic(reply, text),
    ['Last-Attempt-Date', formatDate(at)],
    ['Final-Log-ID', id],
    ...(willRetryUntil === undefined ? [] : [['Will-Retry-Until', formatDate(willRetryUntil)] as const]),
  ];
}

/** RFC 3461 §6.3 (i); what was no reply has a type of ours (RFC 3464 §2.3.6). */
function diagnostic(reply: ServerReply | undefined, text: string): Field[] {
  if (reply !== undefined) return [['Diagnostic-Code', `smtp; ${transcribed(reply)}`]];
  return text === '' ? [] : [['Diagnostic-Code', `x-mailwright; ${text}`]];
}

/** A reply as it was given, on one line (RFC 3461 §9.2). */
export function transcribed({ code, enhanced, lines }: ServerReply): string {
  const status = enhanced === undefined ? '' : `${enhanced} `;
  const last = lines.length - 1;
  if (last < 0) return `${code} ${status}`;
  return lines.map((line, index) => `${code}${index === last ? ' ' : '-'}${status}${line}`).join(' ');
}

/** Folded between words at 78 characters; the words of a clean text are single-spaced, so nothing is lost. */
function field(name: string, value: string): string {
  let text = `${name}:`;
  let column = text.length;
  for (const [index, word] of value.split(' ').entries()) {
    if (index > 0 && column + 1 + word.length > 78) {
      text += '\r\n';
      column = 0;
    }
    text += ` ${word}`;
    column += 1 + word.length;
  }
  return `${text}\r\n`;
}

function isPlain(address: string | undefined): boolean {
  return address === undefined || isAscii(Buffer.from(address));
}
