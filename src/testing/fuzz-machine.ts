import { Buffer } from 'node:buffer';
import type { Bytes, Machine, Segment } from '../machine/index.ts';
import { Exchange } from './exchange.ts';
import { type FuzzOptions, type FuzzReport, fuzz } from './fuzz.ts';
import { SeededRandom } from './random.ts';

/** A machine in the state to be fuzzed, with the host that decides for it; made afresh for every run. */
export interface FuzzSubject<E> {
  readonly machine: Machine<E>;
  /** Sees every event and answers those that ask, at once or never. */
  decide(event: E): void;
  /** Octets that the machine holds now, where it can tell. */
  held?(): number;
}

/** How a machine is fuzzed, and what must hold whatever the peer sends. */
export interface MachineFuzzOptions extends FuzzOptions {
  /** Octets sent ahead of each mutant, to bring the machine into a state. */
  readonly prefix?: Bytes;
  /** What is wrong with the output (of prefix and mutant together, bodies left out), or `undefined`. */
  faultOf(output: Bytes): string | undefined;
  /** The most octets of output for one input, bodies counted by size; 1 MiB by default. */
  readonly maxOutput?: number;
  /** The most octets that `held()` may ever tell; not limited by default. */
  readonly maxHeld?: number;
}

/**
 * Fuzzes a machine: mutants arrive in random pieces and end in nothing, the peer's close or a timeout.
 *
 * Whatever comes, the machine must not throw, must come to rest, must send well-formed output within
 * `maxOutput`, must hold at most `maxHeld`, and (tried on every fourth run) must send the same when
 * the same octets arrive in one piece. `open` may draw from `random` for the host's decisions; the
 * draws must not depend on how the input was cut.
 *
 * @throws FuzzFailure with the failing input
 *
 * @example
 * ```ts
 * import type { Machine } from 'mailwright/machine';
 * import { fuzzMachine } from 'mailwright/testing';
 *
 * declare function makeMachine(): Machine<{ type: 'greet' }>;
 *
 * fuzzMachine<{ type: 'greet' }>(
 *   {
 *     name: 'after the greeting',
 *     runs: 1000,
 *     seeds: [Buffer.from('NOOP\r\n')],
 *     faultOf: (output) => (output.length === 0 || output.at(-1) === 10 ? undefined : 'half a line'),
 *   },
 *   () => ({ machine: makeMachine(), decide() {} }),
 * );
 * ```
 */
export function fuzzMachine<E>(
  options: MachineFuzzOptions,
  open: (random: SeededRandom) => FuzzSubject<E>,
): FuzzReport {
  return fuzz(options, (input, random) => {
    const decisions = random.next();
    const ending = random.pick(endings);
    const pieces = cut(input, random);
    const first = converse(options, open(new SeededRandom(decisions)), pieces, ending);
    if (first.complaint !== undefined) return first.complaint;
    if (random.below(4) !== 0) return undefined;
    const again = converse(options, open(new SeededRandom(decisions)), [input], ending);
    if (again.complaint !== undefined) return again.complaint;
    if (first.output.equals(again.output)) return undefined;
    return `in ${pieces.length} pieces it brought ${show(first.output)}, in one ${show(again.output)}`;
  });
}

type Ending = (machine: Machine<unknown>) => void;

const endings: readonly Ending[] = [
  function nothing() {},
  function close(machine) {
    machine.receiveEnd();
  },
  function timeout(machine) {
    machine.expire();
  },
];

function cut(input: Bytes, random: SeededRandom): readonly Bytes[] {
  const pieces: Bytes[] = [];
  const longest = 1 + random.below(input.length + 1);
  for (let at = 0; at < input.length; ) {
    const end = at + 1 + random.below(longest);
    pieces.push(input.slice(at, end));
    at = end;
  }
  return pieces;
}

interface Conversation {
  readonly output: Buffer;
  readonly complaint?: string;
}

function converse<E>(
  options: MachineFuzzOptions,
  subject: FuzzSubject<E>,
  pieces: readonly Bytes[],
  ending: Ending,
): Conversation {
  const { prefix, maxOutput = 1 << 20, maxHeld = Number.POSITIVE_INFINITY } = options;
  const exchange = new Exchange(subject.machine, (event) => subject.decide(event));
  let highest = 0;
  const sent: Segment[] = [];
  const settle = (deed: () => void) => {
    deed();
    sent.push(...exchange.takeSent());
    highest = Math.max(highest, subject.held?.() ?? 0);
  };
  settle(() => exchange.settle());
  if (prefix) settle(() => exchange.send(prefix.slice()));
  for (const piece of pieces) settle(() => exchange.send(piece.slice()));
  settle(() => exchange.act(ending));

  let size = 0;
  for (const segment of sent) size += segment instanceof Uint8Array ? segment.length : segment.size;
  const output = Buffer.concat(sent.filter((segment) => segment instanceof Uint8Array));
  if (highest > maxHeld) return { output, complaint: `held ${highest} octets, more than ${maxHeld}` };
  if (size > maxOutput) return { output, complaint: `sent ${size} octets, more than ${maxOutput}` };
  const fault = options.faultOf(output);
  return fault === undefined ? { output } : { output, complaint: `${fault}: ${show(output)}` };
}

/** The last 200 octets, where a fault of a well-behaved start usually shows. */
function show(output: Buffer): string {
  const tail = JSON.stringify(output.subarray(-200).toString('latin1'));
  return output.length > 200 ? `${output.length} octets ending in ${tail}` : tail;
}
