import { Buffer } from 'node:buffer';
import type { Bytes } from '../machine/index.ts';
import type { SeededRandom } from './random.ts';

/** What mutants are made from. */
export interface MutationSource {
  /** Valid inputs; at least one. */
  readonly seeds: readonly Bytes[];
  /** Words of the protocol that mutations insert. */
  readonly dictionary?: readonly Bytes[];
  /** No mutant is longer than this many octets; 4096 by default. */
  readonly maxLength?: number;
}

/** Octets at which parsers turn: controls, quotes, brackets, the ends of ASCII and of UTF-8 forms. */
const turningPoints = Buffer.from('\0\t\n\r "\'(),-./:;<=>@[\\]{}+*\x7f\x80\xbf\xc0\xe2\xf4\xff', 'latin1');

type Mutation = (octets: Buffer, random: SeededRandom, source: MutationSource) => Buffer;

const mutations: readonly Mutation[] = [
  function flip(octets, random) {
    if (octets.length === 0) return octets;
    const at = random.below(octets.length);
    octets[at] = (octets[at] ?? 0) ^ (1 << random.below(8));
    return octets;
  },
  function turn(octets, random) {
    if (octets.length > 0) octets[random.below(octets.length)] = turningPoint(random);
    return octets;
  },
  function insert(octets, random) {
    const size = 1 + random.below(4);
    const added = random.below(2) === 0 ? random.bytes(size) : Buffer.alloc(size, turningPoint(random));
    return inserted(octets, added, random);
  },
  function insertWord(octets, random, { dictionary = [] }) {
    return dictionary.length === 0 ? octets : inserted(octets, random.pick(dictionary), random);
  },
  function remove(octets, random) {
    const [from, to] = span(octets, random);
    return Buffer.concat([octets.subarray(0, from), octets.subarray(to)]);
  },
  function repeat(octets, random) {
    const [from, to] = span(octets, random);
    const times = 1 << random.below(8);
    const piece = octets.subarray(from, to);
    return Buffer.concat([octets.subarray(0, to), ...Array(times).fill(piece), octets.subarray(to)]);
  },
  function splice(octets, random, { seeds }) {
    const other = random.pick(seeds);
    return Buffer.concat([
      octets.subarray(0, random.below(octets.length + 1)),
      other.subarray(random.below(other.length + 1)),
    ]);
  },
];

function turningPoint(random: SeededRandom): number {
  return turningPoints[random.below(turningPoints.length)] ?? 0;
}

function inserted(octets: Buffer, added: Bytes, random: SeededRandom): Buffer {
  const at = random.below(octets.length + 1);
  return Buffer.concat([octets.subarray(0, at), added, octets.subarray(at)]);
}

/** A run of octets, mostly short. */
function span(octets: Buffer, random: SeededRandom): readonly [from: number, to: number] {
  const from = random.below(octets.length + 1);
  const longest = random.below(4) === 0 ? octets.length : 8;
  return [from, Math.min(octets.length, from + random.below(longest + 1))];
}

/** A seed with one to six mutations; the same state of `random` makes the same mutant. */
export function mutant(source: MutationSource, random: SeededRandom): Bytes {
  const maxLength = source.maxLength ?? 4096;
  let octets = Buffer.from(random.pick(source.seeds));
  for (let count = 1 + random.below(6); count > 0; count--) {
    octets = Buffer.from(random.pick(mutations)(octets, random, source).subarray(0, maxLength));
  }
  return octets;
}
