/**
 * Several processes on one port, seen from the primary (`worker.ts` is the workers' side): starts the
 * workers, waits until they listen, restarts those that die, and ends them.
 */
import { Buffer } from 'node:buffer';
import cluster, { type Worker } from 'node:cluster';
import { randomBytes } from 'node:crypto';
import type { PeerAddress } from '../machine/index.ts';
import { ServerMisuse } from './server-misuse.ts';
import { type ListenKey, numberVariable, type Order, type Report, ticketVariable } from './worker.ts';

/** A worker that dies is restarted after the first of these, in ms; each further time it takes twice as long. */
const firstPause = 100;
const longestPause = 30_000;
/** A worker that lived so long, in ms, had a good start: its next restart is quick again. */
const settled = 60_000;
/** How long workers may live on after their servers are closed, in ms: time for the host to tidy up. */
const tidying = 5_000;

interface Post {
  readonly number: number;
  worker: Worker;
  startedAt: number;
  pause: number;
  timer: NodeJS.Timeout | null;
}

interface Awaited {
  readonly reported: Set<number>;
  readonly result: PromiseWithResolvers<readonly PeerAddress[]>;
}

let current: Crew | null = null;

/** The workers of this process. All its servers share them. */
export class Crew {
  readonly #posts: Post[] = [];
  readonly #awaited = new Map<ListenKey, Awaited>();
  readonly #ended = Promise.withResolvers<void>();
  readonly #environment = { [ticketVariable]: Buffer.from(randomBytes(48)).toString('hex') };
  readonly #tell: (error: Error) => void;
  readonly #size: number;
  #closing = false;
  #alive = 0;

  /**
   * The crew of this process, which is started where there is none.
   *
   * @param tell is told when a worker dies
   */
  static of(size: number, tell: (error: Error) => void): Crew {
    current ??= new Crew(size, tell);
    if (current.#size !== size) {
      throw new ServerMisuse(
        'WORKERS',
        'servers of one process share their workers: give all the same number',
      );
    }
    return current;
  }

  constructor(size: number, tell: (error: Error) => void) {
    this.#size = size;
    this.#tell = tell;
    for (let number = 1; number <= size; number += 1) {
      const post = {
        number,
        worker: this.#fork(number),
        startedAt: Date.now(),
        pause: firstPause,
        timer: null,
      };
      this.#posts.push(post);
      this.#watch(post);
    }
  }

  /** Resolves when every worker listens; rejects, and ends them all, when one fails to. */
  listening(key: ListenKey): Promise<readonly PeerAddress[]> {
    const { promise, reject } = this.#awaitedOf(key).result;
    if (this.#closing) reject(ended());
    return promise;
  }

  /** Lets every worker close its servers; those that still live after the deadline, and a little, are killed. */
  async close(deadline: number): Promise<void> {
    const order: Order = { mailwright: 'close', deadline };
    this.#stop();
    for (const { worker } of this.#posts) if (worker.isConnected()) worker.send(order);
    const timer = setTimeout(() => this.#kill(), deadline + tidying);
    await this.#ended.promise;
    clearTimeout(timer);
  }

  /** Kills them. */
  async destroy(): Promise<void> {
    this.#stop();
    this.#kill();
    await this.#ended.promise;
  }

  #stop(): void {
    this.#closing = true;
    if (current === this) current = null;
    for (const { timer } of this.#posts) if (timer !== null) clearTimeout(timer);
    for (const { result } of this.#awaited.values()) {
      result.reject(ended());
    }
    if (this.#alive === 0) this.#ended.resolve();
  }

  #kill(): void {
    for (const { worker } of this.#posts) worker.process.kill('SIGKILL');
  }

  #fork(number: number): Worker {
    this.#alive += 1;
    return cluster.fork({ ...this.#environment, [numberVariable]: `${number}` });
  }

  #watch(post: Post): void {
    const { worker, number } = post;
    worker.on('message', (report: Report) => this.#take(number, report));
    worker.on('error', (error) => this.#tell(error));
    worker.on('exit', (code, signal) => {
      this.#alive -= 1;
      if (this.#closing) {
        if (this.#alive === 0) this.#ended.resolve();
      } else if (signal !== null || code !== 0) {
        this.#died(post, new Error(`worker ${number} ended with ${signal ?? `code ${code}`}`));
      }
    });
  }

  #died(post: Post, error: Error): void {
    // One that never came to listen would not do so the next time either.
    for (const { reported, result } of this.#awaited.values()) {
      if (reported.size < this.#size && !reported.has(post.number)) {
        result.reject(error);
        void this.destroy();
        return;
      }
    }
    this.#tell(error);
    if (Date.now() - post.startedAt > settled) post.pause = firstPause;
    post.timer = setTimeout(() => {
      post.timer = null;
      post.worker = this.#fork(post.number);
      post.startedAt = Date.now();
      this.#watch(post);
    }, post.pause);
    post.pause = Math.min(2 * post.pause, longestPause);
  }

  #take(number: number, report: Report): void {
    if (typeof report?.mailwright !== 'string') return;
    const { reported, result } = this.#awaitedOf(report.mailwright);
    if ('failure' in report) {
      const { message, code } = report.failure;
      const error = Object.assign(new Error(message), { code });
      if (reported.size === this.#size) {
        this.#tell(error);
      } else {
        result.reject(error);
        void this.destroy();
      }
      return;
    }
    reported.add(number);
    if (reported.size === this.#size) result.resolve(report.addresses);
  }

  #awaitedOf(key: ListenKey): Awaited {
    let awaited = this.#awaited.get(key);
    if (awaited === undefined) {
      awaited = { reported: new Set(), result: Promise.withResolvers() };
      // A failure may come before anybody asks.
      awaited.result.promise.catch(() => {});
      this.#awaited.set(key, awaited);
    }
    return awaited;
  }
}

function ended(): ServerMisuse {
  return new ServerMisuse('CLOSED', 'the workers were ended before they listened');
}
