/**
 * DELIVERBY (RFC 2852): a deadline for delivery.
 *
 *     BY       = by-time ";" by-mode [by-trace]
 *     by-time  = ["-" / "+"] 1*9digit
 *     by-mode  = "N" / "R"
 *     by-trace = "T"
 */
import { reply } from '../../reply.ts';
import { badParameter, type Extension } from '../extension.ts';

const by = /^([+-]?[0-9]{1,9});([NR])(T?)$/i;

/** Choices of DELIVERBY. */
export interface DeliverByOptions {
  /** The shortest deadline, in seconds, that is taken with mode `R`, and advertised. Default none. */
  readonly minimum?: number;
}

/** Offers `BY=`. */
export function deliverBy(options: DeliverByOptions = {}): Extension {
  const { minimum = 0 } = options;
  const tooShort = reply(555, '5.5.4', `BY is shorter than ${minimum} seconds`);
  return {
    keyword: 'DELIVERBY',
    lineGrowth: 17,
    advertise: () => (minimum > 0 ? String(minimum) : ''),
    mail: {
      BY(value, into) {
        const match = value === null ? null : by.exec(value);
        if (match === null) return badParameter('BY');
        const seconds = Number(match[1]);
        const mode = match[2]?.toUpperCase() === 'R' ? 'return' : 'notify';
        // RFC 2852 §4: with mode R the time must be positive, and not below what is advertised.
        if (mode === 'return' && seconds <= 0) return badParameter('BY');
        if (mode === 'return' && seconds < minimum) return tooShort;
        into.deliverBy = { seconds, mode, trace: match[3] !== '' };
        return null;
      },
    },
  };
}
