/** Seeded fuzzing: the same options give the same inputs, and a failure names the one that broke. */
import { Buffer } from 'node:buffer';
import type { Bytes } from '../machine/index.ts';
import { type MutationSource, mutant } from './mutation.ts';
import { SeededRandom } from './random.ts';

/** Which inputs to try. */
export interface FuzzOptions extends MutationSource {
  /** What is fuzzed; it stands in failures. */
  readonly name: string;
  /** How many mutants to try. */
  readonly runs: number;
  /** The seed of all randomness; 1 by default. */
  readonly seed?: number;
  /** The number of the first run; 0 by default. With `runs: 1` it repeats one run of a longer series. */
  readonly first?: number;
  /** Inputs that failed before: each is tried as it is, ahead of the mutants. */
  readonly fixtures?: readonly FuzzFixture[];
}

/** A failing input as JSON-safe data: save it beside the test and give it as one of `fixtures`. */
export interface FuzzFixture {
  readonly name: string;
  readonly seed: number;
  readonly run: number;
  /** The input in base64, made as short as it still fails. */
  readonly input: string;
  readonly complaint: string;
}

/** What a series came to. */
export interface FuzzReport {
  readonly runs: number;
  /** Octets of all inputs together. */
  readonly octets: number;
}

/**
 * Tries one input: returns what is wrong, or `undefined`; a throw is a complaint too.
 *
 * It must do the same for the same `input` and state of `random`.
 */
export type Probe = (input: Bytes, random: SeededRandom) => string | undefined;

/** An input was found that fails; the message ends with its fixture as JSON. */
export class FuzzFailure extends Error {
  override readonly name = 'FuzzFailure';
  readonly code = 'FUZZ_FAILURE';
  readonly fixture: FuzzFixture;

  constructor(fixture: FuzzFixture, cause?: unknown) {
    super(`${fixture.name}: ${fixture.complaint}\nfixture: ${JSON.stringify(fixture)}`, { cause });
    this.fixture = fixture;
  }
}

/**
 * Gives seeded mutants to `probe` until all runs are done or one fails.
 *
 * @throws FuzzFailure with the failing input, shortened
 *
 * @example
 * ```ts
 * import { fuzz } from 'mailwright/testing';
 *
 * fuzz({ name: 'decode', runs: 1000, seeds: [Buffer.from('=C3=A9')] }, (input) => {
 *   const text = decodeURIComponent(input.toString()); // throws on some mutants: a failure
 *   return text.length <= input.length ? undefined : 'the text grew';
 * });
 * ```
 */
export function fuzz(options: FuzzOptions, probe: Probe): FuzzReport {
  const { name, runs, seed = 1, first = 0 } = options;
  let octets = 0;
  const attempt = (input: Bytes, seed: number, run: number) => {
    octets += input.length;
    const found = trial(probe, input, seed, run);
    if (!found) return;
    const shortest = shorten(input, (shorter) => trial(probe, shorter, seed, run) !== undefined);
    const last = trial(probe, shortest, seed, run) ?? found;
    const encoded = Buffer.from(shortest).toString('base64');
    throw new FuzzFailure({ name, seed, run, input: encoded, complaint: last.complaint }, last.cause);
  };
  for (const fixture of options.fixtures ?? []) {
    attempt(Buffer.from(fixture.input, 'base64'), fixture.seed, fixture.run);
  }
  for (let run = first; run < first + runs; run++) {
    attempt(mutant(options, new SeededRandom(seedOf(seed, run))), seed, run);
  }
  return { runs: runs + (options.fixtures?.length ?? 0), octets };
}

interface Finding {
  readonly complaint: string;
  readonly cause?: unknown;
}

function trial(probe: Probe, input: Bytes, seed: number, run: number): Finding | undefined {
  try {
    // The probe draws from a sequence of its own, so that a fixture needs no mutation to repeat it.
    const complaint = probe(input, new SeededRandom(~seedOf(seed, run)));
    return complaint === undefined ? undefined : { complaint };
  } catch (cause) {
    return {
      complaint: `threw ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`,
      cause,
    };
  }
}

function seedOf(seed: number, run: number): number {
  return (Math.imul(seed, 0x9e3779b1) + run) | 0;
}

/** Takes out ever smaller pieces as long as the rest still fails, in at most 2,000 trials. */
function shorten(input: Bytes, fails: (input: Bytes) => boolean): Bytes {
  let shortest = input;
  let trials = 2000;
  for (let size = input.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at < shortest.length && trials > 0; trials--) {
      const shorter = Buffer.concat([shortest.subarray(0, at), shortest.subarray(at + size)]);
      if (fails(shorter)) shortest = shorter;
      else at += size;
    }
  }
  return shortest;
}
