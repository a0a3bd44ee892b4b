/** Alternating rounds: contenders take turns, so that a slow minute of the machine falls on all. */

/** What repeated measurements came to. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly values: readonly number[];
}

/** One measurement: does the work and returns its figure (operations per second, microseconds, ...). */
export type Contender = () => number | Promise<number>;

/** Median, minimum and maximum of at least one value. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (low === undefined || high === undefined) throw new RangeError('nothing was measured');
  return { median: (low + high) / 2, min: sorted[0] ?? low, max: sorted.at(-1) ?? high, values };
}

/**
 * Measures every contender `count` times, in turns, after `warmup` turns that do not count.
 * Rubbish is collected before each measurement where `--expose-gc` allows it.
 */
export async function rounds<Name extends string>(
  contenders: Readonly<Record<Name, Contender>>,
  { count = 5, warmup = 1 }: { readonly count?: number; readonly warmup?: number } = {},
): Promise<Readonly<Record<Name, Spread>>> {
  const names = Object.keys(contenders) as Name[];
  const figures = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = -warmup; round < count; round++) {
    for (const name of names) {
      globalThis.gc?.();
      const figure = await contenders[name]();
      if (round >= 0) figures.get(name)?.push(figure);
    }
  }
  const spreads = names.map((name) => [name, spreadOf(figures.get(name) ?? [])] as const);
  return Object.fromEntries(spreads) as Record<Name, Spread>;
}

/** How often `work` runs in a second, tried for at least `ms` milliseconds and one run. */
export async function perSecond(work: () => unknown, ms = 500): Promise<number> {
  const begin = performance.now();
  let times = 0;
  let elapsed = 0;
  do {
    const result = work();
    if (result instanceof Promise) await result;
    times++;
    elapsed = performance.now() - begin;
  } while (elapsed < ms);
  return (1000 * times) / elapsed;
}
