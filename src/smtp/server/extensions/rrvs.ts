/**
 * RRVS (RFC 7293): deliver only if the mailbox has had one owner since a time.
 *
 *     RRVS = date-time [ ";" ( "C" / "R" ) ]
 */
import { parseDateTime } from '../../date-time.ts';
import { badParameter, type Extension } from '../extension.ts';

const action = /;([CR])$/i;

/** Offers `RRVS=`. Whether a mailbox meets it is for the host, at RCPT (RFC 7293 §5.1). */
export function rrvs(): Extension {
  return {
    keyword: 'RRVS',
    lineGrowth: 59,
    rcpt: {
      RRVS(value, into) {
        const match = value === null ? null : action.exec(value);
        const since = value === null ? '' : value.slice(0, match?.index ?? value.length);
        if (parseDateTime(since) === null) return badParameter('RRVS');
        const unsupported = match?.[1]?.toUpperCase() === 'C' ? 'continue' : 'reject';
        into.validSince = { since, unsupported };
        return null;
      },
    },
  };
}
