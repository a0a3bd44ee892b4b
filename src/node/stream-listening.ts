/**
 * Listening to a stream on behalf of a session. The listeners are shared by all sessions, since closures would
 * cost each one memory.
 */
import type { Buffer } from 'node:buffer';
import type { Duplex } from 'node:stream';

/** What a session is told of its stream. */
export interface StreamOwner {
  /** A chunk came. */
  receive(chunk: Buffer): void;
  /** The peer has closed its side. */
  receiveEnd(): void;
  /** The stream can take more. */
  drained(): void;
  /** The connection is gone, whatever the reason. */
  gone(): void;
}

const owners = new WeakMap<Duplex, StreamOwner>();

/** A listener that hands what a stream says to its session. */
function listener(tell: (owner: StreamOwner, chunk: Buffer) => void): (this: Duplex, chunk: Buffer) => void {
  return function (chunk) {
    const owner = owners.get(this);
    if (owner !== undefined) tell(owner, chunk);
  };
}

const listeners = Object.entries({
  data: listener((owner, chunk) => owner.receive(chunk)),
  end: listener((owner) => owner.receiveEnd()),
  drain: listener((owner) => owner.drained()),
  error: listener((owner) => owner.gone()),
  close: listener((owner) => owner.gone()),
});

const ignore = () => {};

/** From here on the stream tells its owner all that it says. */
export function listen(stream: Duplex, owner: StreamOwner): void {
  owners.set(stream, owner);
  for (const [name, each] of listeners) stream.on(name, each);
}

/** From here on the stream is somebody else's; only its errors are still caught. */
export function letGo(stream: Duplex): void {
  for (const [name, each] of listeners) stream.off(name, each);
  stream.on('error', ignore);
}
