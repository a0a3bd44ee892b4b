/**
 * Histories in a thread of their own: a test runner follows every promise of its thread, which doubles their
 * price.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type HistoryReport, runHistory } from './history.ts';

/** Runs the histories of these seeds, one after the other. */
export function runHistories(seeds: readonly number[]): Promise<readonly HistoryReport[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { seeds } });
    worker.once('message', resolve).once('error', reject);
    worker.once('exit', () => reject(new Error('the thread ended without a word')));
  });
}

if (!isMainThread) {
  const reports: HistoryReport[] = [];
  for (const seed of workerData.seeds as readonly number[]) {
    try {
      reports.push(await runHistory(seed));
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
  parentPort?.postMessage(reports);
}
