/**
 * NO-SOLICITING (RFC 3865): which kinds of solicitation a recipient's server does not want.
 *
 *     SOLICIT = Solicitation-keywords    ; one or more, with commas between
 */
import { badParameter, type Extension } from '../extension.ts';

// RFC 3865 §2.2: a reversed domain name, ":" and labels, at most 1000 characters in all.
const keyword = /^[A-Za-z0-9][A-Za-z0-9.:-]*$/;

/** Choices of NO-SOLICITING. */
export interface NoSolicitingOptions {
  /** The solicitation classes that are refused for everybody, advertised (RFC 3865 §2.1). Default none. */
  readonly classes?: readonly string[];
}

/** Offers `SOLICIT=`. Refusing by class is for the host, at MAIL or RCPT. */
export function noSoliciting({ classes = [] }: NoSolicitingOptions = {}): Extension {
  return {
    keyword: 'NO-SOLICITING',
    lineGrowth: 1000,
    advertise: () => classes.join(','),
    mail: {
      SOLICIT(value, into) {
        if (value === null || value.length > 1000) return badParameter('SOLICIT');
        const words = value.split(',');
        if (!words.every((word) => keyword.test(word))) return badParameter('SOLICIT');
        into.solicit = words;
        return null;
      },
    },
  };
}
