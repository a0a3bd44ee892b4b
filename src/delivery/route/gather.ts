import type { Clock } from '../../machine/index.ts';

/**
 * The results of tasks: of all of them, or of those that are there `grace` milliseconds after the first good
 * one. Rejects with the first of them that does.
 *
 * @returns results in the order of the tasks, without those that were not waited for
 */
export async function gather<Result>(
  tasks: readonly Promise<Result>[],
  isGood: (result: Result) => boolean,
  clock: Clock,
  grace: number,
): Promise<Result[]> {
  const results = new Map<number, Result>();
  let cancel = () => {};
  await new Promise<void>((resolve, reject) => {
    let waiting = false;
    for (const [place, task] of tasks.entries()) {
      void task.then((result) => {
        results.set(place, result);
        if (results.size === tasks.length) resolve();
        else if (!waiting && isGood(result)) {
          waiting = true;
          cancel = clock.after(grace, resolve);
        }
      }, reject);
    }
  });
  cancel();
  return tasks.flatMap((_, place) => results.get(place) ?? []);
}
