/**
 * FUTURERELEASE (RFC 4865): submissions that are held until a time.
 *
 *     HOLDFOR   = 1*9DIGIT                ; seconds
 *     HOLDUNTIL = date-time               ; RFC 3339 §5.6
 */
import { parseDateTime } from '../../date-time.ts';
import { reply } from '../../reply.ts';
import { badParameter, type Extension } from '../extension.ts';

const interval = /^[1-9][0-9]{0,8}$/;
const tooFar = reply(554, '5.5.4', 'Release time too far in the future');

/** Choices of FUTURERELEASE. */
export interface FutureReleaseOptions {
  /** The longest hold, in seconds. */
  readonly maximum: number;
  /** The present time in milliseconds since 1970, for HOLDUNTIL and for what is advertised. */
  readonly now: () => number;
}

/** Offers `HOLDFOR=` and `HOLDUNTIL=`. For submission only (RFC 4865 §3). */
export function futureRelease({ maximum, now }: FutureReleaseOptions): Extension {
  const latest = () => now() + maximum * 1000;
  return {
    keyword: 'FUTURERELEASE',
    lineGrowth: 34,
    advertise: () => `${maximum} ${new Date(latest()).toISOString().slice(0, 19)}Z`,
    mail: {
      HOLDFOR(value, into) {
        if (value === null || !interval.test(value) || into.hold !== undefined)
          return badParameter('HOLDFOR');
        const seconds = Number(value);
        if (seconds > maximum) return tooFar;
        into.hold = { seconds };
        return null;
      },
      HOLDUNTIL(value, into) {
        const until = value === null ? null : parseDateTime(value);
        if (until === null || into.hold !== undefined) return badParameter('HOLDUNTIL');
        if (until > latest()) return tooFar;
        into.hold = { until };
        return null;
      },
    },
  };
}
