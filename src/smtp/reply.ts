/**
 * Replies as values: the code, the enhanced status and the text that goes over the wire.
 */

/** An enhanced status code: class, subject, detail (RFC 3463 §2). */
export type EnhancedStatus = `${2 | 4 | 5}.${number}.${number}`;

/**
 * A reply to one command (RFC 5321 §4.2).
 *
 * The text is public: it is what the peer reads. A host's own cause belongs in its log.
 */
export interface Reply {
  /** Three digits, 200 to 599. 421 and 521 also end the session once they are sent (RFC 5321 §3.8, RFC 7504 §3). */
  readonly code: number;
  /** Absent only where RFC 2034 §4 has none: greeting, HELO, EHLO, 334 and 354. */
  readonly enhanced?: EnhancedStatus;
  /**
   * One line, or several, each cut at 480 octets. Control characters become `?`, and so does all beyond
   * ASCII but where the client asked for UTF-8 (RFC 6531 §3.7.4).
   */
  readonly text: string | readonly string[];
}

/** RFC 5321 §4.5.3.1.5: a reply line has at most 512 octets; longer texts are cut well before. */
const maxTextLength = 480;

const notPrintable = /[^\x20-\x7e]/gu;
const notText = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * Makes a reply.
 *
 * @throws RangeError when the code is none, or when its class and the enhanced status's differ: a
 *   peer that trusts one of them would act against the other (RFC 2034 §4).
 * @example
 * ```ts
 * import { reply } from 'mailwright/smtp';
 *
 * reply(550, '5.1.1', 'No such user here');
 * ```
 */
export function reply(code: number, enhanced: EnhancedStatus, text: string | readonly string[]): Reply {
  if (!Number.isInteger(code) || code < 200 || code > 599) throw new RangeError(`no reply code: ${code}`);
  const family = Math.trunc(code / 100);
  if (Number(enhanced[0]) !== family && family !== 3) {
    throw new RangeError(`reply ${code} contradicts its enhanced status ${enhanced}`);
  }
  return { code, enhanced, text };
}

/** Whether the reply says that the command was carried out (RFC 5321 §4.2.1). */
export function isPositive(verdict: Reply): boolean {
  return verdict.code < 400;
}

/** Whether the session ends once this reply is sent: 421 (RFC 5321 §3.8) and 521 (RFC 7504 §3). */
export function endsSession(verdict: Reply): boolean {
  return verdict.code === 421 || verdict.code === 521;
}

/**
 * Writes a reply as it goes over the wire, with its line ends.
 *
 * What the text may not hold becomes `?`, so that no host's text can forge a second reply.
 *
 * @param utf8 the client takes UTF-8 in replies (RFC 6531 §3.7.4). Default `false`.
 */
export function formatReply({ code, enhanced, text }: Reply, utf8 = false): string {
  const status = enhanced === undefined ? '' : `${enhanced} `;
  if (typeof text === 'string') return `${code} ${status}${clean(text, utf8)}\r\n`;
  const lines = text.length === 0 ? [''] : text;
  const last = lines.length - 1;
  let out = '';
  // RFC 5321 §4.2.1: every line but the last has a hyphen; RFC 2034 §4: each repeats the status.
  for (const [index, line] of lines.entries()) {
    out += `${code}${index === last ? ' ' : '-'}${status}${clean(line, utf8)}\r\n`;
  }
  return out;
}

function clean(text: string, utf8: boolean): string {
  const short = text.length > maxTextLength ? text.slice(0, maxTextLength) : text;
  if (!utf8) return short.replace(notPrintable, '?');
  const { read } = new TextEncoder().encodeInto(short, new Uint8Array(maxTextLength));
  return short.slice(0, read).replace(notText, '?');
}

/** Ready-made replies for hosts' verdicts. */
export const replies = {
  /** 250: done. */
  ok: reply(250, '2.0.0', 'Ok'),
  /** 421: the service goes away; the session ends. */
  shuttingDown: reply(421, '4.3.2', 'Service shutting down, try again later'),
  /** 450: the mailbox can't be used just now, for example while greylisting. */
  mailboxBusy: reply(450, '4.2.0', 'Mailbox unavailable, try again later'),
  /** 451: an error on our side; the peer keeps the message and tries again. */
  localError: reply(451, '4.3.0', 'Local error in processing, try again later'),
  /** 452: no room, try again later. */
  insufficientStorage: reply(452, '4.3.1', 'Insufficient system storage, try again later'),
  /** 550: no such mailbox. */
  noSuchUser: reply(550, '5.1.1', 'No such user here'),
  /** 550: this server does not take mail for that domain. */
  relayingDenied: reply(550, '5.7.1', 'Relaying denied'),
  /** 550: refused by policy. */
  refused: reply(550, '5.7.1', 'Refused by policy'),
  /** 552: over the recipient's quota. */
  mailboxFull: reply(552, '5.2.2', 'Mailbox full'),
  /** 554: the message was refused for what it is. */
  messageRefused: reply(554, '5.7.1', 'Message refused'),
} as const satisfies Record<string, Reply>;

/** The verdict on a message that was taken into custody under `id`: `250 2.0.0 Queued as ID`. */
export function queuedAs(id: string): Reply {
  return { code: 250, enhanced: '2.0.0', text: `Queued as ${id}` };
}
