/**
 * MAIL and RCPT with the parameters that a server's extensions allow (RFC 5321 §4.1.1.2, §4.1.1.3).
 *
 *     mail = "MAIL FROM:" Reverse-path [SP Mail-parameters] CRLF
 *     rcpt = "RCPT TO:" Forward-path [SP Rcpt-parameters] CRLF
 */
import { MachineMisuse } from '../../machine/index.ts';
import type { MailParameters, RcptParameters } from '../parameters.ts';
import { encodeUtf8Address, encodeXtext } from '../xtext.ts';
import { asciiPath } from './ascii-path.ts';
import type { SmtpTransaction, TransactionRecipient } from './transaction.ts';

/** What the commands of one transaction may hold. */
export interface Dialect {
  readonly extensions: ReadonlyMap<string, string>;
  /** The session is authenticated. */
  readonly authenticated: boolean;
  /** The session is under TLS. */
  readonly secured: boolean;
  /** The transaction is one of SMTPUTF8 (RFC 6531 §3.4). */
  readonly utf8: boolean;
  /** Each recipient is asked for notice of delay: the sender wants to hear of a deadline that the server ignores. */
  readonly delayNotices: boolean;
}

/** A path with its parameters, far more than RFC 5321 §4.5.3.1.3 grants, and still a bound. */
const longestPath = 1000;
// Outside of quotes a path holds no blank and no angle bracket, which would end it.
const pathSyntax = /^(?:[^\p{Cc}\p{Cs} <>"\\]|"(?:[^\p{Cc}\p{Cs}"\\]|\\[\x20-\x7e])*")*$/u;
const valueSyntax = /^[\x21-\x7e]*$/;
const utf8ValueSyntax = /^[^\p{Cc}\p{Cs}\p{Z}]*$/u;

/**
 * Checks what a host gave.
 *
 * @throws MachineMisuse where a path or a number could not go on the line as it is
 */
export function checkTransaction({ from, recipients, size }: SmtpTransaction): void {
  if (recipients.length === 0) throw new MachineMisuse('a transaction has at least one recipient');
  if (!Number.isSafeInteger(size) || size < 0) throw new MachineMisuse(`no size in octets: ${size}`);
  checkPath(from);
  for (const { path } of recipients) {
    if (path === '') throw new MachineMisuse('a recipient has a path');
    checkPath(path);
  }
}

function checkPath(path: string): void {
  if (path.length > longestPath || !pathSyntax.test(path)) {
    throw new MachineMisuse(`no path: ${JSON.stringify(path.slice(0, longestPath))}`);
  }
}

/** MAIL, with its line end. */
export function mailCommand({ from, parameters, size }: SmtpTransaction, dialect: Dialect): string {
  const { extensions } = dialect;
  let line = `MAIL FROM:<${spoken(from, dialect)}>`;
  // RFC 1870 §6
  if (extensions.has('SIZE')) line += ` SIZE=${size}`;
  const bodies = extensions.has('8BITMIME') || extensions.has('BINARYMIME');
  if (parameters.body !== undefined && bodies) line += ` BODY=${parameters.body}`;
  if (dialect.utf8) line += ' SMTPUTF8';
  for (const { keyword, write } of mailParameters) {
    const written = extensions.has(keyword) ? write(parameters, dialect) : null;
    if (written !== null) line += ` ${checked(written, valueSyntax)}`;
  }
  return `${line}\r\n`;
}

/** RCPT, with its line end. */
export function rcptCommand({ path, parameters }: TransactionRecipient, dialect: Dialect): string {
  const { extensions } = dialect;
  let line = `RCPT TO:<${spoken(path, dialect)}>`;
  for (const { keyword, write } of rcptParameters) {
    const written = extensions.has(keyword) ? write(parameters, dialect) : null;
    if (written !== null) line += ` ${checked(written, dialect.utf8 ? utf8ValueSyntax : valueSyntax)}`;
  }
  return `${line}\r\n`;
}

/** What has no form in ASCII is never said without SMTPUTF8. */
function spoken(path: string, { utf8 }: Dialect): string {
  return utf8 ? path : (asciiPath(path) ?? path);
}

function checked(parameter: string, syntax: RegExp): string {
  if (!syntax.test(parameter)) throw new MachineMisuse(`no parameter: ${JSON.stringify(parameter)}`);
  return parameter;
}

interface Parameter<P> {
  /** The extension that allows it. */
  readonly keyword: string;
  /** `NAME=value`, or `null` where the message does not need it. */
  write(parameters: P, dialect: Dialect): string | null;
}

const mailParameters: readonly Parameter<MailParameters>[] = [
  // RFC 3461 §4.3
  {
    keyword: 'DSN',
    write: ({ ret }) => (ret === undefined ? null : `RET=${ret === 'full' ? 'FULL' : 'HDRS'}`),
  },
  // RFC 3461 §4.4
  { keyword: 'DSN', write: ({ envid }) => (envid === undefined ? null : `ENVID=${encodeXtext(envid)}`) },
  // RFC 4954 §5: only who authenticated is believed.
  {
    keyword: 'AUTH',
    write: ({ auth }, { authenticated }) =>
      auth === undefined || !authenticated ? null : `AUTH=${auth === null ? '<>' : encodeXtext(auth)}`,
  },
  // RFC 2852 §4
  {
    keyword: 'DELIVERBY',
    write: ({ deliverBy: by }) =>
      by === undefined ? null : `BY=${by.seconds};${by.mode === 'return' ? 'R' : 'N'}${by.trace ? 'T' : ''}`,
  },
  // RFC 4865 §4
  {
    keyword: 'FUTURERELEASE',
    write: ({ hold }) => {
      if (hold === undefined) return null;
      if ('seconds' in hold) return `HOLDFOR=${hold.seconds}`;
      const until = new Date(hold.until);
      if (Number.isNaN(until.getTime())) throw new MachineMisuse(`no time: ${hold.until}`);
      return `HOLDUNTIL=${until.toISOString().slice(0, 19)}Z`;
    },
  },
  // RFC 6710 §4
  {
    keyword: 'MT-PRIORITY',
    write: ({ priority }) => (priority === undefined ? null : `MT-PRIORITY=${priority}`),
  },
  // RFC 8689 §2: never in clear, whatever the server says.
  {
    keyword: 'REQUIRETLS',
    write: ({ requireTls }, { secured }) => (requireTls === true && secured ? 'REQUIRETLS' : null),
  },
  // RFC 3865 §2.2
  {
    keyword: 'NO-SOLICITING',
    write: ({ solicit }) => (solicit === undefined ? null : `SOLICIT=${solicit.join(',')}`),
  },
];

const rcptParameters: readonly Parameter<RcptParameters>[] = [
  // RFC 3461 §4.1
  {
    keyword: 'DSN',
    write: ({ notify }, { delayNotices }) => {
      if (notify === 'never') return 'NOTIFY=NEVER';
      if (!delayNotices) return notify === undefined ? null : notifyOf(notify);
      // RFC 3461 §4.1: who says nothing is told of failures.
      return notifyOf([...new Set([...(notify ?? (['failure'] as const)), 'delay' as const])]);
    },
  },
  // RFC 3461 §4.2, RFC 6533 §3
  {
    keyword: 'DSN',
    write: ({ originalRecipient: original }, { utf8 }) => {
      if (original === undefined) return null;
      const { type, address } = original;
      return `ORCPT=${type};${type === 'utf-8' ? encodeUtf8Address(address, utf8) : encodeXtext(address)}`;
    },
  },
  // RFC 7293 §3
  {
    keyword: 'RRVS',
    write: ({ validSince }) => {
      if (validSince === undefined) return null;
      return `RRVS=${validSince.since}${validSince.unsupported === 'continue' ? ';C' : ''}`;
    },
  },
];

function notifyOf(events: readonly string[]): string {
  return `NOTIFY=${events.join(',').toUpperCase()}`;
}
