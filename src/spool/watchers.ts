import type { SpoolChange } from './contract.ts';

/** Those who listen for changes, until their signal aborts. */
export class Watchers {
  readonly #listeners = new Set<(change: SpoolChange) => void>();

  add(listener: (change: SpoolChange) => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    // A function of its own for each call, so that a listener given twice is told twice, and ends twice.
    const tell = (change: SpoolChange) => listener(change);
    this.#listeners.add(tell);
    signal.addEventListener('abort', () => this.#listeners.delete(tell), { once: true });
  }

  tell(change: SpoolChange): void {
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (error) {
        // The host's defect must show, but not in whatever was made durable just now.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  clear(): void {
    this.#listeners.clear();
  }
}
