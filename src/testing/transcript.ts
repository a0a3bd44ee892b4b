/**
 * Runs transcripts against a machine: each one whole, octet by octet, and cut in two at every point
 * of every turn. The output must match the transcript and be the same octets every time.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Bytes, Machine, TlsInfo } from '../machine/index.ts';
import { Exchange, octetsOf } from './exchange.ts';
import {
  readTranscripts,
  type Transcript,
  type TranscriptDecision,
  type TranscriptExpectation,
  TranscriptFailure,
} from './transcript-syntax.ts';

/** A machine with the host that decides for it, made afresh for every replay. */
export interface TranscriptSubject<E> {
  readonly machine: Machine<E>;
  /** The name by which `!` lines of a transcript mean this event. */
  nameOf(event: E): string;
  /**
   * Sees every event and answers those that ask, by `machine.answer`.
   *
   * `decision` is the text of the first `!` line of this turn for the event's name that was not yet
   * used (without the name), or `undefined`: then the host decides as it usually would. To leave an
   * event open is allowed; a deed may answer it later.
   */
  decide(event: E, decision: string | undefined): void;
  /** Does what a line `@ name text` says, where the name is none of `end`, `expire` and `tls`. */
  act?(name: string, text: string): void;
  /** What `@ tls` establishes; by default TLS 1.3 without client certificate or bindings. */
  readonly tls?: TlsInfo;
  /** What the host was left with (messages, say); it must be deeply equal after every replay. */
  outcome?(): unknown;
}

/** What running transcripts came to. */
export interface TranscriptReport {
  readonly transcripts: number;
  readonly replays: number;
}

/** How a replay cuts its input: into nothing, into octets, or in two at an offset of every run. */
type Cut = 'whole' | 'octets' | number;

interface Replayed {
  readonly outputs: readonly Buffer[];
  readonly outcome: unknown;
}

/**
 * Runs every transcript in `text` (see {@link readTranscripts} for its form) against subjects made by `open`.
 *
 * @param side - the part that the machine plays, `server` by default
 * @throws TranscriptFailure naming the line of `text`, the cut, what was expected and what came
 *
 * @example
 * ```ts
 * import type { Machine } from 'mailwright/machine';
 * import { runTranscripts } from 'mailwright/testing';
 *
 * declare function makeMachine(): Machine<{ type: 'greet' }>;
 *
 * await runTranscripts<{ type: 'greet' }>(
 *   `
 *   C: HELLO
 *   S: 250 hello
 *   `,
 *   () => ({ machine: makeMachine(), nameOf: (event) => event.type, decide() {} }),
 * );
 * ```
 */
export async function runTranscripts<E>(
  text: string,
  open: () => TranscriptSubject<E>,
  side: 'client' | 'server' = 'server',
): Promise<TranscriptReport> {
  const transcripts = readTranscripts(text, side);
  if (transcripts.length === 0) throw new TranscriptFailure(1, 'the text holds no transcript');
  let replays = 0;
  for (const transcript of transcripts) {
    const whole = await replay(transcript, open(), 'whole');
    for (const cut of cutsOf(transcript)) {
      compare(transcript, cut, whole, await replay(transcript, open(), cut));
      replays++;
    }
    replays++;
  }
  return { transcripts: transcripts.length, replays };
}

/** One replay cuts every run at the same offset, so the longest run says how many are needed. */
function* cutsOf(transcript: Transcript): Generator<Cut> {
  let longest = 0;
  for (const { inputs } of transcript.turns) {
    for (const input of inputs) {
      if (input.type === 'octets') longest = Math.max(longest, input.octets.length);
    }
  }
  if (longest > 0) yield 'octets';
  for (let at = 1; at < longest; at++) yield at;
}

async function replay<E>(transcript: Transcript, subject: TranscriptSubject<E>, cut: Cut): Promise<Replayed> {
  let decisions: TranscriptDecision[] = [];
  const exchange = new Exchange(subject.machine, (event) => {
    const name = subject.nameOf(event);
    const at = decisions.findIndex((decision) => decision.name === name);
    subject.decide(event, at < 0 ? undefined : decisions.splice(at, 1)[0]?.text);
  });
  const outputs: Buffer[] = [];
  for (const turn of transcript.turns) {
    decisions = [...turn.decisions];
    exchange.settle();
    for (const input of turn.inputs) {
      if (input.type === 'octets') for (const chunk of chunksOf(input.octets, cut)) exchange.send(chunk);
      else exchange.act(() => perform(subject, input));
    }
    const output = await octetsOf(exchange.takeSent());
    check(output, turn.expected, transcript, turn.inputs[0]?.line, cut);
    const unused = decisions[0];
    if (unused) fail(unused.line, transcript, cut, `no event asked for the decision "${unused.name}"`);
    outputs.push(output);
  }
  return { outputs, outcome: subject.outcome?.() };
}

const plainTls: TlsInfo = { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' };

function perform<E>(subject: TranscriptSubject<E>, deed: TranscriptDecision): void {
  if (deed.name === 'end') subject.machine.receiveEnd();
  else if (deed.name === 'expire') subject.machine.expire();
  else if (deed.name === 'tls') subject.machine.tlsEstablished(subject.tls ?? plainTls);
  else if (subject.act) subject.act(deed.name, deed.text);
  else throw new TranscriptFailure(deed.line, `the subject has no act() for "@ ${deed.name}"`);
}

function* chunksOf(octets: Bytes, cut: Cut): Generator<Bytes> {
  // Every chunk is a copy of its own, so that a machine cannot lean on octets beyond its chunk.
  if (cut === 'octets') for (const octet of octets) yield Uint8Array.of(octet);
  else if (cut === 'whole' || cut >= octets.length) yield octets.slice();
  else {
    yield octets.slice(0, cut);
    yield octets.slice(cut);
  }
}

function check(
  output: Buffer,
  expected: readonly TranscriptExpectation[],
  transcript: Transcript,
  line: number | undefined,
  cut: Cut,
): void {
  let at = 0;
  for (const expectation of expected) {
    const end = at + expectation.octets.length;
    if (!output.subarray(at, end).equals(expectation.octets)) {
      let same = 0;
      while (at + same < output.length && output[at + same] === expectation.octets[same]) same++;
      const came = output.subarray(at, lineEnd(output, at + same));
      fail(expectation.line, transcript, cut, `expected ${show(expectation.octets)}, came ${show(came)}`);
    }
    at = expectation.prefix ? lineEnd(output, at) : end;
  }
  if (at < output.length) {
    const where = expected.at(-1)?.line ?? line ?? 1;
    fail(where, transcript, cut, `nothing more was expected, came ${show(output.subarray(at))}`);
  }
}

function compare(transcript: Transcript, cut: Cut, whole: Replayed, other: Replayed): void {
  for (const [index, turn] of transcript.turns.entries()) {
    const [first, second] = [whole.outputs[index], other.outputs[index]];
    if (first && second && !first.equals(second)) {
      const line = turn.expected[0]?.line ?? turn.inputs[0]?.line ?? 1;
      fail(line, transcript, cut, `the whole input brought ${show(first)}, this cut ${show(second)}`);
    }
  }
  if (!isDeepStrictEqual(whole.outcome, other.outcome)) {
    const line = transcript.turns.at(-1)?.inputs[0]?.line ?? 1;
    fail(line, transcript, cut, 'the outcome differs from that of the whole input');
  }
}

function fail(line: number, transcript: Transcript, cut: Cut, what: string): never {
  const title = transcript.title === '' ? '' : `"${transcript.title}", `;
  const how = typeof cut === 'number' ? `cut at ${cut}` : cut === 'octets' ? 'octet by octet' : 'whole';
  throw new TranscriptFailure(line, `${title}${how}: ${what}`);
}

function lineEnd(octets: Buffer, from: number): number {
  const newline = octets.indexOf(10, from);
  return newline < 0 ? octets.length : newline + 1;
}

function show(octets: Bytes): string {
  return octets.length === 0 ? 'nothing' : JSON.stringify(Buffer.from(octets).toString('latin1'));
}
