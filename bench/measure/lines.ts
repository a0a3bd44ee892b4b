/** What a bench prints: a table to read, then one JSON line for each peer and setting. */
import type { Spread } from './rounds.ts';

/** One comparison, as printed on a line of its own. `ratio` is always `ours / peer`. */
export interface BenchLine {
  readonly name: string;
  readonly ours: number;
  readonly peer: number;
  readonly peerName: string;
  readonly unit: string;
  readonly ratio: number;
  /** Present and true where a smaller figure is the better one. */
  readonly lowerIsBetter?: true;
}

/** The figures of one setting. */
export interface Comparison {
  /** The bench and its setting: `smtp-receive 1k 10 sessions`. */
  readonly name: string;
  readonly unit: string;
  readonly ours: Spread;
  readonly peers: Readonly<Record<string, Spread>>;
  readonly lowerIsBetter?: boolean;
}

/** Checks and rounds the fields of a line. */
export function benchLine(
  comparison: Pick<Comparison, 'name' | 'unit' | 'lowerIsBetter'>,
  ours: number,
  peerName: string,
  peer: number,
): BenchLine {
  const { name, unit, lowerIsBetter } = comparison;
  for (const [field, text] of Object.entries({ name, unit, peerName })) {
    if (text.trim() === '') throw new TypeError(`${field} of a bench line is empty`);
  }
  for (const [field, figure] of Object.entries({ ours, peer })) {
    if (!(Number.isFinite(figure) && figure > 0)) throw new RangeError(`${field} of "${name}" is ${figure}`);
  }
  const line = { name, ours: short(ours), peer: short(peer), peerName, unit, ratio: short(ours / peer) };
  return lowerIsBetter ? { ...line, lowerIsBetter } : line;
}

/** Prints median, min and max of everybody, then a JSON line for each peer (by medians). */
export function printComparison(comparison: Comparison): void {
  const { name, unit, ours, peers } = comparison;
  console.log(`\n${name} (${unit}${comparison.lowerIsBetter ? ', lower is better' : ''})`);
  for (const [who, spread] of Object.entries({ mailwright: ours, ...peers })) {
    const figures = [spread.median, spread.min, spread.max].map((figure) =>
      String(short(figure)).padStart(12),
    );
    console.log(`  ${who.padEnd(20)} median ${figures[0]}  min ${figures[1]}  max ${figures[2]}`);
  }
  for (const [peerName, spread] of Object.entries(peers)) {
    console.log(JSON.stringify(benchLine(comparison, ours.median, peerName, spread.median)));
  }
}

/** Four significant digits. */
function short(figure: number): number {
  return Number(figure.toPrecision(4));
}
