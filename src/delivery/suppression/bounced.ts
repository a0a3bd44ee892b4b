/** From bounces to suppressions: those that our own attempts met, and those that others report. */
import type { Clock } from '../../machine/index.ts';
import { type Bounce, classifyBounce } from '../../smtp/index.ts';
import { systemClock } from '../clock.ts';
import type { DeliveryHooks } from '../hooks.ts';
import type { SuppressionList } from './suppression.ts';

/** Which bounces suppress an address. */
export interface BouncePolicy {
  /**
   * For how many milliseconds; `Infinity`: for good; 0: not at all. Default: 90 days for hard bounces, since
   * addresses come back, and nothing for others.
   */
  readonly period?: (bounce: Bounce, address: string) => number;
  /** Default: the system's. */
  readonly clock?: Clock;
}

/** A bounce that somebody reported: what `bouncesOf` of `mailwright/reports` gives. */
export interface ReportedBounce {
  readonly address: string;
  readonly action: 'failed' | 'delayed';
  readonly text: string;
  readonly bounce: Bounce;
}

/** Takes bounces into a list. */
export interface BounceFeed {
  /** The hook of the queue's own failures: `hooks: { failed: feed.failed }`. */
  readonly failed: NonNullable<DeliveryHooks['failed']>;
  /** Bounces from incoming reports. Anybody can write those: give only what answers mail of your own. */
  reported(bounces: Iterable<ReportedBounce>): Promise<void>;
}

const ninetyDays = 90 * 86_400_000;

/**
 * Suppresses addresses that bounced.
 *
 * @example
 * ```ts
 * import { MemorySuppressionList, suppressBounced, type Verp } from 'mailwright/delivery';
 * import { parseMessage } from 'mailwright/mime';
 * import { bouncesOf } from 'mailwright/reports';
 *
 * const feed = suppressBounced(new MemorySuppressionList());
 *
 * // A report came in for `path`: it must name the recipient that this return path was made for.
 * async function onReport(paths: Verp, path: string, octets: Uint8Array) {
 *   const decoded = paths.decode(path, Date.now());
 *   if (!decoded.ok) return;
 *   await feed.reported(bouncesOf(parseMessage(octets)).filter(({ address }) => decoded.matches(address)));
 * }
 * ```
 */
export function suppressBounced(list: SuppressionList, policy: BouncePolicy = {}): BounceFeed {
  const { clock = systemClock, period = periodOf } = policy;
  const suppress = async (address: string, bounce: Bounce, text: string): Promise<void> => {
    const length = period(bounce, address);
    if (!(length > 0) || address.length > longestAddress) return;
    const at = clock.now();
    const until = length === Number.POSITIVE_INFINITY ? {} : { until: at + length };
    await list.add({ address, reason: bounce.reason, at, text: text.slice(0, longestText), ...until });
  };
  return {
    async failed({ recipient, outcome }) {
      const { reply, status, text } = outcome;
      const bounce = classifyBounce({
        code: reply?.code,
        status: reply?.enhanced ?? status,
        text: reply === undefined ? text : reply.lines.join(' '),
      });
      await suppress(recipient.path, bounce, text);
      return undefined;
    },
    async reported(bounces) {
      for (const { address, action, bounce, text } of bounces) {
        if (action === 'failed') await suppress(address, bounce, text);
      }
    },
  };
}

/** RFC 5321 §4.5.3.1.1, §4.5.3.1.2: longer ones never were sent to. */
const longestAddress = 64 + 1 + 255;
/** What is kept of a remote's text. */
const longestText = 500;

function periodOf({ kind }: Bounce): number {
  return kind === 'hard' ? ninetyDays : 0;
}
