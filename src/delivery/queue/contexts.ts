/** Walks through messages and their contexts, a bounded number of them in memory at once. */
import type { Context, Spool, SpoolEntry } from '../../spool/index.ts';
import { codeOf } from './ledger.ts';

/** Contexts that are read at the same time. */
const atOnce = 32;

/**
 * The contexts of messages, in the order of the entries; those that are gone meanwhile are left out.
 *
 * @param onProblem told of a context that can not be read; it is left out too
 */
export async function* contextsOf(
  spool: Spool,
  entries: AsyncIterable<SpoolEntry>,
  onProblem: (cause: unknown, entry: SpoolEntry) => void,
): AsyncGenerator<Context> {
  let batch: SpoolEntry[] = [];
  const read = async (entry: SpoolEntry) => {
    try {
      return await spool.context(entry.id);
    } catch (cause) {
      if (codeOf(cause) !== 'SPOOL_NOT_FOUND') onProblem(cause, entry);
      return undefined;
    }
  };
  for await (const entry of entries) {
    if (batch.push(entry) < atOnce) continue;
    for (const context of await Promise.all(batch.map(read))) if (context !== undefined) yield context;
    batch = [];
  }
  for (const context of await Promise.all(batch.map(read))) if (context !== undefined) yield context;
}
