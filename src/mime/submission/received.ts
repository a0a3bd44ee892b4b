/** Writing the Received field that each hop adds (RFC 5321 §4.4). */
import { formatDate } from '../header/date.ts';

/** What a server knows of the session and puts on record. What is absent is left out. */
export interface ReceivedInput {
  /** What the client said in HELO or EHLO, whatever it said. */
  readonly helo?: string;
  /** The client's IP address. */
  readonly address?: string;
  /** The client's name in the DNS, if it was looked up and confirmed. */
  readonly host?: string;
  /** This server's name. */
  readonly by: string;
  readonly protocol: 'SMTP' | 'ESMTP' | 'LMTP';
  readonly authenticated?: boolean;
  /** The message needs SMTPUTF8 (RFC 6531 §4.3). */
  readonly utf8?: boolean;
  /** The cipher suite of the session's TLS, as its standard name: `TLS_AES_256_GCM_SHA384`. */
  readonly cipher?: string;
  /** The message's id in this server's queue and logs. */
  readonly id: string;
  /** The recipient, when there is just one: others must not be told of one another (RFC 5321 §7.2). */
  readonly for?: string;
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly date: number;
  /** Minutes east of UTC, 0 by default. */
  readonly offset?: number;
}

/**
 * Writes a Received field, folded, with its line end. Text from the peer cannot break out of it:
 * characters that may not stand there become `?`.
 *
 * @throws RangeError when the date is none
 *
 * @example
 * ```ts
 * import { formatReceived } from 'mailwright/mime';
 *
 * formatReceived({
 *   helo: 'client.example',
 *   address: '192.0.2.1',
 *   by: 'mx.example.com',
 *   protocol: 'ESMTP',
 *   id: '01J',
 *   date: 0,
 * });
 * // 'Received: from client.example ([192.0.2.1])\r\n\tby mx.example.com with ESMTP id 01J;\r\n\tThu, 1 Jan ...'
 * ```
 */
export function formatReceived(input: ReceivedInput): string {
  const { helo, address, host, by, id, cipher, date, offset, utf8 = false } = input;
  const safe = (text: string) => word(text, utf8);
  const lines: string[] = [];
  if (helo !== undefined || address !== undefined) {
    const literal = address === undefined ? '' : `[${address.includes(':') ? 'IPv6:' : ''}${safe(address)}]`;
    // A name out of the DNS is its owner's to choose: brackets in it would pass for an address.
    const name = host === undefined ? '' : safe(host).replace(/[[\]]/g, '?');
    const seen = [name, literal].filter((each) => each !== '').join(' ');
    lines.push(`from ${safe(helo ?? literal)}${seen === '' ? '' : ` (${seen})`}`);
  }
  lines.push(`by ${safe(by)} with ${transmissionType(input)} id ${safe(id)}`);
  const rest: string[] = [];
  if (input.for !== undefined) rest.push(`for <${path(input.for, utf8)}>`);
  if (cipher !== undefined) rest.push(`tls ${safe(cipher)}`); // RFC 8314 §4.3
  if (rest.length > 0) lines.push(rest.join(' '));
  return `Received: ${lines.join('\r\n\t')};\r\n\t${formatDate(date, offset)}\r\n`;
}

/** RFC 3848 §1 and RFC 6531 §4.3: `ESMTPSA`, `UTF8SMTPS`, ... */
function transmissionType({ protocol, authenticated, utf8, cipher }: ReceivedInput): string {
  if (protocol === 'SMTP') return protocol;
  const base = utf8 ? `UTF8${protocol.replace('E', '')}` : protocol;
  return `${base}${cipher === undefined ? '' : 'S'}${authenticated ? 'A' : ''}`;
}

/** RFC 5321 §4.5.3.1.2: a domain has at most 255 octets. */
const longestWord = 255;
const notWord = /[^A-Za-z0-9._:[\]+=/@-]/g;
/** RFC 6532 §3.2. */
const notWordInUtf8 = /[^\p{L}\p{N}\p{M}._:[\]+=/@-]/gu;

function word(text: string, utf8: boolean): string {
  const safe = text.slice(0, longestWord).replace(utf8 ? notWordInUtf8 : notWord, '?');
  return safe === '' ? '?' : safe;
}

/** A path may have a quoted local part; it may not have an angle, or anything that breaks the line. */
function path(text: string, utf8: boolean): string {
  return text.slice(0, longestWord).replace(utf8 ? /[\p{C}<>\\]/gu : /[^\x20-\x7e]|[<>\\]/g, '?');
}
