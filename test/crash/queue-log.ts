/** What the child tells: what it took, whom it served, and what it recorded as done. */
export type QueueTold =
  | { readonly what: 'ready' | 'drained' }
  /** The sender was told that the message is safe. */
  | { readonly what: 'accepted'; readonly id: string; readonly paths: readonly string[] }
  /** The remote has taken the message for this recipient. */
  | { readonly what: 'served'; readonly id: string; readonly path: string }
  /** The message is durably gone. */
  | { readonly what: 'recorded'; readonly id: string };

/** What became of each message, over all lives of the process. */
export class QueueHistory {
  /** By message: the recipients that it was accepted for. */
  readonly accepted = new Map<string, readonly string[]>();
  /** By message and recipient: how often it was served. */
  readonly served = new Map<string, number>();
  readonly recorded = new Set<string>();
  /** What must not be. */
  readonly faults: string[] = [];

  note(told: QueueTold): void {
    if (told.what === 'accepted') this.accepted.set(told.id, told.paths);
    if (told.what === 'recorded') this.recorded.add(told.id);
    if (told.what !== 'served') return;
    const { id, path } = told;
    if (this.recorded.has(id)) this.faults.push(`${id} was served to ${path} after it was recorded as done`);
    this.served.set(`${id} ${path}`, this.timesServed(id, path) + 1);
  }

  timesServed(id: string, path: string): number {
    return this.served.get(`${id} ${path}`) ?? 0;
  }
}
