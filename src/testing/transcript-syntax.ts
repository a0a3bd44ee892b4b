/** The text form of transcripts: `C:` and `S:` lines with decisions in between. */
import { Buffer } from 'node:buffer';
import type { Bytes } from '../machine/index.ts';

/** What is done to the machine: octets from the peer, or a deed of the driver or host. */
export type TranscriptInput =
  | { readonly type: 'octets'; readonly octets: Bytes; readonly line: number }
  | { readonly type: 'deed'; readonly name: string; readonly text: string; readonly line: number };

/** What the machine must send: these octets, or a line that begins with them. */
export interface TranscriptExpectation {
  readonly octets: Bytes;
  readonly prefix: boolean;
  readonly line: number;
}

/** An answer of the host, for the next event called `name`. */
export interface TranscriptDecision {
  readonly name: string;
  readonly text: string;
  readonly line: number;
}

/** Input up to a point where output is awaited, and all output that it must bring. */
export interface TranscriptTurn {
  readonly inputs: readonly TranscriptInput[];
  readonly decisions: readonly TranscriptDecision[];
  readonly expected: readonly TranscriptExpectation[];
}

/** One conversation as read from text. */
export interface Transcript {
  readonly title: string;
  readonly turns: readonly TranscriptTurn[];
}

/** A transcript, or what it says, is wrong; `line` counts from 1 in the text. */
export class TranscriptFailure extends Error {
  override readonly name = 'TranscriptFailure';
  readonly code = 'TRANSCRIPT_FAILURE';
  readonly line: number;

  constructor(line: number, message: string) {
    super(`line ${line}: ${message}`);
    this.line = line;
  }
}

interface OpenTurn {
  inputs: TranscriptInput[];
  decisions: TranscriptDecision[];
  expected: TranscriptExpectation[];
}

/**
 * Reads transcripts from text.
 *
 * Leading blanks of a line do not count, so that a transcript may stand indented in a test; all
 * after the mark and one blank is the content.
 *
 * ```text
 * line       = title / comment / octets / decision / deed / empty
 * title      = "==" text            begins another transcript of the same text
 * comment    = "#" text
 * octets     = ("C" / "S") form     client or server
 * form       = ": " text            a line; CRLF is added
 *            / "> " escaped         exact octets: \r \n \t \0 \\ \xHH; nothing is added
 *            / "* " text            a line that begins so (only for what is expected)
 * decision   = "! " name [" " text] how the host answers the next event of that name
 * deed       = "@ " name [" " text] something done to the machine: end, expire, tls or the host's own
 * ```
 *
 * Input lines that follow one another are one turn, fed in one run; all output of the turn is
 * expected by the lines of the other side below them.
 *
 * @param side - the part that the machine plays, `server` by default
 * @throws TranscriptFailure for a line of no known form
 */
export function readTranscripts(text: string, side: 'client' | 'server' = 'server'): readonly Transcript[] {
  const ours = side === 'server' ? 'S' : 'C';
  const transcripts: Transcript[] = [];
  let title = '';
  let turns: OpenTurn[] = [];

  const inputTurn = (): OpenTurn => {
    const last = turns.at(-1);
    if (last !== undefined && last.expected.length === 0) return last;
    const turn: OpenTurn = { inputs: [], decisions: [], expected: [] };
    turns.push(turn);
    return turn;
  };
  const close = () => {
    if (turns.length > 0) transcripts.push({ title, turns });
    turns = [];
  };

  for (const [index, raw] of text.split('\n').entries()) {
    const content = raw.replace(/^[ \t]+/, '').replace(/\r$/, '');
    const line = index + 1;
    if (content.trim() === '' || content.startsWith('#')) continue;
    if (content.startsWith('==')) {
      close();
      title = content.slice(2).trim();
      continue;
    }
    const [mark, form] = [content[0], content[1]];
    if (mark === '!' || mark === '@') {
      const words = content.slice(1).trim();
      const blank = words.indexOf(' ');
      const name = blank < 0 ? words : words.slice(0, blank);
      const said = { name, text: blank < 0 ? '' : words.slice(blank + 1).trim(), line };
      if (mark === '@') inputTurn().inputs.push({ type: 'deed', ...said });
      // A decision after `S:` lines belongs to the input that follows.
      else inputTurn().decisions.push(said);
      continue;
    }
    if ((mark !== 'C' && mark !== 'S') || (form !== ':' && form !== '>' && form !== '*')) {
      throw new TranscriptFailure(line, `neither C:, S:, !, @, # nor ==: ${content}`);
    }
    const rest = content.slice(content[2] === ' ' ? 3 : 2);
    const octets = form === '>' ? unescaped(rest, line) : Buffer.from(form === ':' ? `${rest}\r\n` : rest);
    if (mark === ours) {
      const expectation = { octets, prefix: form === '*', line };
      const last = turns.at(-1);
      if (last === undefined) turns.push({ inputs: [], decisions: [], expected: [expectation] });
      else last.expected.push(expectation);
    } else {
      if (form === '*') throw new TranscriptFailure(line, 'what is sent to the machine must be exact');
      append(inputTurn().inputs, octets, line);
    }
  }
  close();
  return transcripts;
}

/** Lines that follow one another are one run of octets, so that splits fall across them too. */
function append(inputs: TranscriptInput[], octets: Bytes, line: number): void {
  const last = inputs.at(-1);
  if (last?.type !== 'octets') inputs.push({ type: 'octets', octets, line });
  else inputs[inputs.length - 1] = { ...last, octets: Buffer.concat([last.octets, octets]) };
}

const escapes: Readonly<Record<string, number>> = { r: 13, n: 10, t: 9, '0': 0, '\\': 92 };

function unescaped(text: string, line: number): Bytes {
  const pieces: Bytes[] = [];
  let from = 0;
  for (let at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', from)) {
    pieces.push(Buffer.from(text.slice(from, at)));
    const hex = /^x[0-9a-fA-F]{2}/.exec(text.slice(at + 1, at + 4));
    const octet = hex ? Number.parseInt(hex[0].slice(1), 16) : escapes[text[at + 1] ?? ''];
    if (octet === undefined) throw new TranscriptFailure(line, `unknown escape: ${text.slice(at, at + 4)}`);
    pieces.push(Uint8Array.of(octet));
    from = at + (hex ? 4 : 2);
  }
  pieces.push(Buffer.from(text.slice(from)));
  return Buffer.concat(pieces);
}
