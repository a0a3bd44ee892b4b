/** Which targets share connections. */
import type { Target } from '../transport.ts';

const keys = new WeakMap<Target, string>();

/**
 * A text that is equal for equal targets. A `Secret` in it is not part of it: the same user on the same server
 * is the same identity, whichever password or token it came with.
 */
export function targetKey(target: Target): string {
  let key = keys.get(target);
  if (key === undefined) {
    key = JSON.stringify(target);
    keys.set(target, key);
  }
  return key;
}

/** The server itself, whoever talks to it and how. */
export function serverKey({ host, at }: Target): string {
  return 'path' in at ? at.path : `${host}:${at.port}`;
}
