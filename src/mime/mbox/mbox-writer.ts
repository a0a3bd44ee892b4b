import { Buffer } from 'node:buffer';
import { latin1Text } from '../../bytes/index.ts';
import type { Bytes } from '../../machine/index.ts';
import { LineEnds } from './line-ends.ts';
import { mostQuotes } from './mbox-reader.ts';

const fromLine = /^>*From /gm;
const beginsFrom = /^>*(F|Fr|Fro|From)?$/;

/** What stands on the line before a message. */
export interface MboxEnvelope {
  /** The envelope's sender; `MAILER-DAEMON` where it is empty. */
  readonly sender: string;
  /** When it was delivered, in milliseconds since 1970-01-01T00:00:00Z. */
  readonly date: number;
}

/**
 * A streaming writer of mbox files (RFC 4155 Appendix A) as mboxrd: lines have LF, and each `From ` at the
 * beginning of a line, quoted before or not, gets one more `>`, so that reading gives the lines back.
 *
 * @example
 * ```ts
 * import { MboxWriter } from 'mailwright/mime';
 *
 * const writer = new MboxWriter();
 * const octets = (text: string) => new TextEncoder().encode(text);
 * writer.begin({ sender: 'a@example.com', date: 0 }); // "From a@example.com Thu Jan  1 00:00:00 1970\n"
 * writer.push(octets('Subject: x\r\n\r\nFrom here\r\n')); // "Subject: x\n\n>From here\n"
 * writer.end(); // "\n"
 * ```
 */
export class MboxWriter {
  #lines = new LineEnds('\n');
  /** A line that may still turn out to be a `From `. */
  #carry = '';
  #lineStart = true;

  /** The line before a message. */
  begin({ sender, date }: MboxEnvelope): Bytes {
    this.#lines = new LineEnds('\n');
    this.#carry = '';
    this.#lineStart = true;
    const word = sender.replace(/[^!-~]+/g, '?');
    return Buffer.from(`From ${word === '' ? 'MAILER-DAEMON' : word} ${asctime(date)}\n`);
  }

  /** Octets of the message, with either line end. */
  push(chunk: Bytes): Bytes {
    return this.#write(latin1Text(this.#lines.push(chunk)), false);
  }

  /** The end of the message: its last line end, if it has none, and an empty line. */
  end(): Bytes {
    const rest = latin1Text(this.#write(latin1Text(this.#lines.end()), true));
    return Buffer.from(`${rest}${this.#lineStart ? '' : '\n'}\n`, 'latin1');
  }

  #write(chunk: string, last: boolean): Bytes {
    let text = this.#carry + chunk;
    this.#carry = '';
    const start = text.lastIndexOf('\n') + 1;
    const line = text.slice(start, start + mostQuotes + 5);
    if (
      !last &&
      (start > 0 || this.#lineStart) &&
      text.length - start === line.length &&
      beginsFrom.test(line)
    ) {
      this.#carry = text.slice(start);
      text = text.slice(0, start);
    }
    const quoted = text.replace(fromLine, (found, at: number) =>
      (at > 0 || this.#lineStart) && found.length < mostQuotes + 5 ? `>${found}` : found,
    );
    if (text !== '') this.#lineStart = text.endsWith('\n');
    return Buffer.from(quoted, 'latin1');
  }
}

/** RFC 4155 Appendix A: `Thu Jan  1 00:00:00 1970`, in UTC. */
function asctime(time: number): string {
  const [weekday = '', day = '', month, year, clock] = new Date(time)
    .toUTCString()
    .replace(',', '')
    .split(' ');
  return `${weekday} ${month} ${String(Number(day)).padStart(2)} ${clock} ${year}`;
}
