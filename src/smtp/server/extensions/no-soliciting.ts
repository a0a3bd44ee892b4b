/**
 * NO-SOLICITING (RFC 3865): which kinds of solicitation a recipient's server does not want.
 *
 *     SOLICIT               = Solicitation-keywords       ; at most 1000 characters
 *     Solicitation-keywords = word *( "," word )
 *     word                  = ALPHA *( "." / "-" / "_" / ":" / ALPHA / DIGIT )
 */
import { badParameter, type Extension } from '../extension.ts';

const keyword = /^[A-Za-z][A-Za-z0-9._:-]*$/;

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
