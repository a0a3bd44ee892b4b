/**
 * Record and replay: everything done to a machine and everything it gave, as data that a file can
 * hold, and the same done again to another machine with the same results required.
 */
import { Buffer } from 'node:buffer';
import { isDeepStrictEqual } from 'node:util';
import type { Bytes } from '../machine/index.ts';
import {
  type JsonValue,
  read,
  secretsWithin,
  type ValueWriter,
  written,
  writtenList,
} from './recorded-value.ts';
import { blank, credentialsIn, masked } from './secret-masking.ts';

/** One call of a method of the machine. */
export interface RecordedCall {
  readonly call: string;
  readonly args: readonly JsonValue[];
  /** What it returned, where it returned something; events and output are here. */
  readonly result?: JsonValue;
  /** The error that it threw. */
  readonly threw?: string;
}

/** A conversation as JSON-safe data. */
export interface Recording {
  readonly format: 'mailwright recording 1';
  readonly calls: readonly RecordedCall[];
}

/** A machine whose calls are written down, and what has been written so far. */
export interface Recorded<M> {
  /** Use this in place of the machine that was given. */
  readonly machine: M;
  /**
   * The recording up to now, without secrets: every `Secret` that an event or an argument held is
   * overwritten by `x` of its length wherever it was received or sent, in clear or within base64.
   * Where a secret of an event was received in no such form, all letters received before are
   * overwritten; such a recording may not replay. The credential of an AUTH, PASS or LOGIN line is
   * overwritten even where the machine refused the line unread.
   */
  recording(): Recording;
}

interface Call {
  readonly call: string;
  readonly args: readonly unknown[];
  result?: unknown;
  threw?: string;
}

/**
 * Records a machine of any protocol. Until `recording()` is read, octets and secrets are held in
 * memory as they are: record conversations, not servers.
 *
 * @example
 * ```ts
 * import type { Machine } from 'mailwright/machine';
 * import { record, replay } from 'mailwright/testing';
 *
 * declare function makeMachine(): Machine<{ type: 'greet' }>;
 *
 * const { machine, recording } = record(makeMachine());
 * machine.receive(Buffer.from('HELLO\r\n'));
 * machine.next();
 * machine.takeOutput();
 * const file = JSON.stringify(recording());
 *
 * replay(JSON.parse(file), makeMachine()); // throws where anything differs
 * ```
 */
export function record<M extends object>(machine: M): Recorded<M> {
  const calls: Call[] = [];
  const proxy = new Proxy(machine, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function' || typeof name !== 'string') return member;
      return (...args: unknown[]) => {
        const call: Call = { call: name, args: args.map(detached) };
        calls.push(call);
        try {
          const result: unknown = member.apply(target, args);
          call.result = detached(result);
          return result;
        } catch (error) {
          call.threw = String(error);
          throw error;
        }
      };
    },
  });
  return { machine: proxy, recording: () => recordingOf(calls) };
}

/** Chunks are copied at once, since their owner may use the memory again. */
function detached(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value);
  return Array.isArray(value) ? value.map(detached) : value;
}

function recordingOf(calls: readonly Call[]): Recording {
  const input = Buffer.concat(calls.flatMap(({ call, args }) => (isInput(call, args) ? [args[0]] : [])));
  const secrets = secretsOf(calls, input);
  const text = (text: string) => secrets.reduce((rest, secret) => maskedText(rest, secret.text), text);

  // Chunks may cut a secret anywhere: each stream of octets is gathered, masked in one piece, and cut
  // again as it was.
  const streams = new Map<string, Bytes[]>();
  const gathered = new Map<string, Buffer>();
  writeCalls(calls, text, (stream, octets) => {
    const pieces = streams.get(stream) ?? [];
    pieces.push(octets);
    streams.set(stream, pieces);
    return octets;
  });
  for (const [stream, pieces] of streams)
    gathered.set(stream, maskedStream(Buffer.concat(pieces), stream, secrets));
  const taken = new Map<string, number>();
  return {
    format: 'mailwright recording 1',
    calls: writeCalls(calls, text, (stream, octets) => {
      const from = taken.get(stream) ?? 0;
      taken.set(stream, from + octets.length);
      return gathered.get(stream)?.subarray(from, from + octets.length) ?? octets;
    }),
  };
}

/** The streams are named after the call that took or gave their octets. */
function writeCalls(
  calls: readonly Call[],
  text: (text: string) => string,
  octets: (stream: string, octets: Bytes) => Bytes,
): RecordedCall[] {
  const events = new Map<object, number>();
  return calls.map(({ call, args, result, threw }) => {
    const eventNumber = (value: object) => events.get(value);
    const taking: ValueWriter = { text, eventNumber, octets: (piece) => octets(call, piece) };
    const giving: ValueWriter = { text, eventNumber, octets: (piece) => octets(`${call}()`, piece) };
    const json = writtenList(args, taking);
    const given = written(result, giving);
    // An event is written where it was pulled; from then on its number stands for it.
    if (call === 'next' && typeof result === 'object' && result !== null) events.set(result, events.size);
    return {
      call,
      args: json,
      ...(given === undefined ? {} : { result: given }),
      ...(threw === undefined ? {} : { threw: text(threw) }),
    };
  });
}

function maskedStream(octets: Buffer, stream: string, secrets: readonly KnownSecret[]): Buffer {
  let result = octets;
  for (const { text, after } of secrets) {
    const { octets, found } = masked(result, text);
    result = octets;
    if (stream === 'receive' && !found && after !== undefined) blank(result.subarray(0, after));
  }
  return result;
}

interface KnownSecret {
  readonly text: string;
  /** How many octets had been received when the machine gave it; `undefined` where the host gave it. */
  readonly after?: number;
}

function secretsOf(calls: readonly Call[], input: Buffer): readonly KnownSecret[] {
  const known = new Map<string, KnownSecret>();
  let octets = 0;
  for (const { call, args, result } of calls) {
    if (isInput(call, args)) octets += args[0].length;
    for (const value of args) secretsWithin(value, (text) => known.has(text) || known.set(text, { text }));
    secretsWithin(result, (text) => known.has(text) || known.set(text, { text, after: octets }));
  }
  for (const text of credentialsIn(input)) known.has(text) || known.set(text, { text });
  // The longest first: one secret may be part of another.
  return [...known.values()].filter(({ text }) => text !== '').sort((a, b) => b.text.length - a.text.length);
}

function isInput(call: string, args: readonly unknown[]): args is readonly [Buffer] {
  return call === 'receive' && args.length === 1 && args[0] instanceof Uint8Array;
}

function maskedText(text: string, secret: string): string {
  return text.replaceAll(secret, 'x'.repeat(secret.length));
}

/** A replay gave something else than the recording; `at` counts its calls from 0. */
export class ReplayDivergence extends Error {
  override readonly name = 'ReplayDivergence';
  readonly code = 'REPLAY_DIVERGENCE';
  readonly at: number;

  constructor(at: number, message: string) {
    super(`call ${at}: ${message}`);
    this.at = at;
  }
}

/**
 * Does to `machine`, made like the one that was recorded (same options, same injected randomness),
 * what the recording tells.
 *
 * @throws ReplayDivergence at the first call that returns or throws something else
 */
export function replay(recording: Recording, machine: object): void {
  if (recording.format !== 'mailwright recording 1') {
    throw new ReplayDivergence(0, `not a recording that is known here: ${String(recording.format)}`);
  }
  const events: object[] = [];
  const numbers = new Map<object, number>();
  const writer: ValueWriter = {
    octets: (octets) => octets,
    text: (text) => text,
    eventNumber: (value) => numbers.get(value),
  };
  for (const [at, { call, args, result, threw }] of recording.calls.entries()) {
    const method: unknown = Reflect.get(machine, call, machine);
    if (typeof method !== 'function') throw new ReplayDivergence(at, `the machine has no ${call}()`);
    let given: unknown;
    let thrown: string | undefined;
    try {
      given = method.apply(
        machine,
        args.map((arg) => read(arg, (number) => events[number])),
      );
    } catch (error) {
      thrown = String(error);
    }
    const came = written(given, writer);
    if (call === 'next' && typeof given === 'object' && given !== null) {
      numbers.set(given, events.length);
      events.push(given);
    }
    if (thrown !== threw) {
      throw new ReplayDivergence(at, `${call} threw ${thrown ?? 'nothing'}, recorded ${threw ?? 'nothing'}`);
    }
    if (!isDeepStrictEqual(came, result)) {
      throw new ReplayDivergence(
        at,
        `${call} gave ${JSON.stringify(came)}, recorded ${JSON.stringify(result)}`,
      );
    }
  }
}
