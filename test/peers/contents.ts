/**
 * What the peers send: the mails of the public corpora, whatever files stand there, and a few contents
 * made to be difficult.
 */
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** One content in two forms. */
export interface Content {
  readonly name: string;
  /** The octets as the file has them, where most lines end in LF. */
  readonly raw: Buffer;
  /**
   * What a client has to send (RFC 5321 §2.3.8): lone LF made CRLF, and a line end at the end
   * (RFC 5321 §4.1.1.4). A lone CR remains, since nobody knows what it was to mean.
   */
  readonly wire: Buffer;
}

const folder = process.env['CONFORMANCE_DIR'] ?? resolve(import.meta.dirname, '../../../shared/conformance');

export function contentOf(name: string, raw: Buffer): Content {
  const text = raw.toString('latin1').replace(/(?<!\r)\n/g, '\r\n');
  const wire = Buffer.from(text.endsWith('\r\n') ? text : `${text}\r\n`, 'latin1');
  return { name, raw, wire };
}

/** The server refuses a lone CR: RFC 5321 §2.3.8 forbids it, and servers differ on what it means. */
export function hasLoneCr({ wire }: Content): boolean {
  return /\r(?!\n)/.test(wire.toString('latin1'));
}

/**
 * The content as a relay passes it on unchanged, but for trace fields put on top (RFC 5321 §4.4).
 *
 * Relays mend what is no header: a mailbox's `From ` line, a space before a colon, text where fields
 * should be. A content with such goes as the body of another.
 */
export function relayable(content: Content): Content {
  const sound = /^(?:[!-9;-~]+:[^\0\r\n]*\r\n(?:[ \t]+[^\s\0][^\0\r\n]*\r\n)*)+\r\n/;
  if (sound.test(content.wire.toString('latin1'))) return content;
  return contentOf(content.name, Buffer.concat([Buffer.from('Subject: within\n\n'), content.raw]));
}

/** What a relay was given, of what came from it: all but the trace field on top. */
export function withoutTrace(content: Buffer): Buffer {
  return Buffer.from(content.toString('latin1').replace(/^Received: .*\r\n(?:[ \t].*\r\n)*/, ''), 'latin1');
}

function* filesOf(suite: string): Iterable<Content> {
  const path = join(folder, suite);
  if (!existsSync(path)) {
    console.log(`no folder ${suite} under CONFORMANCE_DIR: its mails are not sent`);
    return;
  }
  for (const file of globSync('**/*', { cwd: path }).sort()) {
    const full = join(path, file);
    if (statSync(full).isFile()) yield contentOf(`${suite}/${file}`, readFileSync(full));
  }
}

/** Every file of the corpora. */
export const corpora: readonly Content[] = [...filesOf('mime-spamassassin'), ...filesOf('mime-rspamd')];

const fields = 'From: a@example.org\nTo: b@example.net\nSubject: x\n';

/** Contents on which clients and servers have stumbled. */
export const oddities: readonly Content[] = Object.entries({
  'no body': fields,
  'no header': '\njust a body\n',
  'dots at line starts': `${fields}\n.\n..\n. \n.x\n...\n\n.\n`,
  'no last line end': `${fields}\nno end`,
  'blank lines at the end': `${fields}\nx\n\n\n\n`,
  'spaces and tabs at line ends': `${fields}\nx \ny\t\n \n\t\n`,
  'octets from 80 to FF': `${fields}\n${String.fromCharCode(...Array.from({ length: 128 }, (_, at) => 128 + at))}\n`,
  'a line of 900 octets': `${fields}\n${'y'.repeat(900)}\n`,
  '64 KiB of short lines': `${fields}\n${'.dot and text\n'.repeat(4681)}`,
}).map(([name, text]) => contentOf(name, Buffer.from(text, 'latin1')));

/** Longer than RFC 5321 §4.5.3.1.6 has it; clients that fold lines can't send it as it is. */
export const longLine = contentOf('a line of 5000 octets', Buffer.from(`${fields}\n${'z'.repeat(5000)}\n`));

/** The difficult ones and a few mails of the corpora, for clients that need a process for each. */
export const samples: readonly Content[] = [
  ...oddities,
  ...corpora.filter((content, at) => at % 12 === 0 && !hasLoneCr(content)),
];
