/**
 * The suite that every spool runs through: the contract of `mailwright/spool`, case by case.
 */
import assert from 'node:assert/strict';
import type { Spool } from '../spool/index.ts';
import { messageCases } from './spool-message-cases.ts';
import { wholeCases } from './spool-whole-cases.ts';

/** A spool under test, empty at first, and how to come back to it. */
export interface SpoolUnderTest {
  readonly spool: Spool;
  /**
   * Closes the spool and opens the same storage again. Where nothing outlives the spool, leave it away and
   * skip the cases of a restart.
   */
  readonly reopen?: () => Promise<Spool>;
  /** Closes what is open and removes the storage. */
  readonly dispose: () => Promise<void>;
}

/** One case of a suite, to be given to the test runner of your choice. */
export interface SuiteCase {
  readonly name: string;
  /** Why it is not run; `false` when it is. */
  readonly skip: string | false;
  readonly run: () => Promise<void>;
}

/**
 * The cases that a spool has to pass.
 *
 * @param make makes a new, empty spool for each case
 * @param skips cases that can not apply to this spool: the case's name, and the reason
 *
 * @example
 * ```ts
 * import { test } from 'node:test';
 * import { MemorySpool } from 'mailwright/spool';
 * import { spoolSuite } from 'mailwright/testing';
 *
 * const cases = spoolSuite(async () => {
 *   const spool = new MemorySpool();
 *   return { spool, dispose: () => spool.close() };
 * });
 * for (const { name, skip, run } of cases) test(name, { skip }, run);
 * ```
 */
export function spoolSuite(
  make: () => Promise<SpoolUnderTest>,
  skips: { readonly [name: string]: string } = {},
): SuiteCase[] {
  const unknown = Object.keys(skips).filter((name) => !Object.hasOwn(cases, name));
  assert.deepEqual(unknown, [], 'skips of cases that do not exist');
  return Object.entries(cases).map(([name, act]) => ({
    name,
    skip: skips[name] ?? false,
    run: async () => {
      const under = await make();
      try {
        await act(under);
      } finally {
        await under.dispose();
      }
    },
  }));
}

const cases = { ...messageCases, ...wholeCases };
