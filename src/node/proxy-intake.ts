import type { Socket } from 'node:net';
import { deadlines, type Waiting } from './deadlines.ts';
import { type ProxyHeader, ProxyHeaderReader } from './proxy-header.ts';

/**
 * Reads the PROXY header off a socket, and leaves on it what comes behind.
 *
 * @param done is given the header, or `null` when there is none, in time or at all; not called when the
 *   connection closes first
 */
export function readProxyHeader(
  socket: Socket,
  timeout: number,
  done: (header: ProxyHeader | null) => void,
): void {
  new ProxyIntake(socket, timeout, done);
}

class ProxyIntake implements Waiting {
  deadline: number;
  readonly #socket: Socket;
  readonly #done: (header: ProxyHeader | null) => void;
  readonly #reader = new ProxyHeaderReader();
  readonly #read = () => this.#take();
  readonly #end = () => this.#finish(null);
  readonly #gone = () => this.#stop();

  constructor(socket: Socket, timeout: number, done: (header: ProxyHeader | null) => void) {
    this.#socket = socket;
    this.#done = done;
    this.deadline = deadlines.after(timeout);
    deadlines.add(this);
    socket.on('readable', this.#read);
    socket.on('end', this.#end);
    socket.on('close', this.#gone);
  }

  expired(): void {
    this.#finish(null);
  }

  #take(): void {
    for (let chunk = this.#next(); chunk !== null; chunk = this.#next()) {
      const read = this.#reader.take(chunk);
      if (read.type === 'more') continue;
      if (read.type === 'malformed') {
        this.#finish(null);
        return;
      }
      if (read.rest.length > 0) this.#socket.unshift(read.rest);
      this.#finish(read.header);
      return;
    }
  }

  #next(): Buffer | null {
    return this.#socket.read() as Buffer | null;
  }

  #finish(header: ProxyHeader | null): void {
    this.#stop();
    this.#done(header);
  }

  #stop(): void {
    deadlines.remove(this);
    this.#socket.off('readable', this.#read);
    this.#socket.off('end', this.#end);
    this.#socket.off('close', this.#gone);
  }
}
