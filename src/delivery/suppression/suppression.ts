/** Addresses that nothing is to be sent to for now: the contract. */
import { domainKey, parseMailbox } from '../../address/index.ts';
import type { MaybePromise } from '../../users/index.ts';

/** Why nothing is sent to an address, and for how long. */
export interface Suppression {
  /** A path without its angle brackets, in whatever spelling. */
  readonly address: string;
  /** A `BounceReason`, or a word of the host's: `complaint`, `unsubscribed`, `by hand`. */
  readonly reason: string;
  /** Since when, in ms since 1970. */
  readonly at: number;
  /** Until when, in ms since 1970; absent: for good. */
  readonly until?: number;
  /** For people: what the remote server said. */
  readonly text?: string;
}

/**
 * The addresses that nothing is to be sent to.
 *
 * Promises of an implementation: an address has at most one entry, the one that was added last; `find` waits for
 * nothing, since routing asks it for each recipient; what `add` and `remove` did is seen at once, and outlives
 * the process, if anything does, as soon as their Promise has resolved. Spellings of one address
 * ({@link suppressionKey}) are one address. Entries whose time has passed are not to be seen.
 */
export interface SuppressionList {
  /** @param now - in ms since 1970 */
  find(address: string, now: number): Suppression | undefined;
  add(suppression: Suppression): MaybePromise<void>;
  /** An address that is not there is removed already. */
  remove(address: string): MaybePromise<void>;
  /** All entries, the one added first first. */
  list(now: number): Iterable<Suppression>;
}

/**
 * The key under which spellings of one address are found: the domain as `domainKey` has it, the local part in
 * lower case, although the receiving host alone may say that (RFC 5321 §2.4). No known host tells `Sam` from
 * `sam`, and bounces often come back in another case.
 *
 * @example
 * ```ts
 * import { suppressionKey } from 'mailwright/delivery';
 *
 * suppressionKey('Sam@BÜCHER.example'); // 'sam@xn--bcher-kva.example'
 * ```
 */
export function suppressionKey(address: string): string {
  const parsed = parseMailbox(address, { utf8: true });
  if (!parsed.ok) return address.toLowerCase();
  const { localPart, domain } = parsed.mailbox;
  return `${localPart.toLowerCase()}@${domainKey(domain)}`;
}
