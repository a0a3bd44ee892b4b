import { faultsOf } from './checks.ts';
import { type Plan, planOf } from './plan.ts';
import type { Tampering } from './process.ts';
import { World } from './world.ts';

/** What came of a history. */
export interface HistoryReport {
  readonly seed: number;
  /** What must not be; empty for a good history. */
  readonly faults: readonly string[];
  /** All that could be seen of it, as one number. */
  readonly hash: string;
  readonly plan: Plan;
  readonly counts: { readonly messages: number; readonly transactions: number; readonly crashes: number };
}

/** Runs the history of a seed: two weeks of virtual time. */
export async function runHistory(seed: number, tampering: Tampering = {}): Promise<HistoryReport> {
  const plan = planOf(seed);
  const world = new World(plan, tampering);
  await world.run();
  const faults = await faultsOf(world);
  const counts = {
    messages: plan.messages.length,
    transactions: world.sendings.length,
    crashes: world.lives.filter(({ how }) => how === 'crash').length,
  };
  return { seed, faults, hash: world.hash(), plan, counts };
}
