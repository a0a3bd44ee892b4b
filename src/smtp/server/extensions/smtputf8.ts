/** SMTPUTF8 (RFC 6531): UTF-8 in addresses and header fields. It requires 8BITMIME beside it (§3.1). */
import { badParameter, type Extension } from '../extension.ts';

/** Offers SMTPUTF8, and UTF-8 in the paths of MAIL and RCPT. */
export function smtputf8(): Extension {
  return {
    keyword: 'SMTPUTF8',
    lineGrowth: 10,
    mail: {
      SMTPUTF8(value, into) {
        if (value !== null) return badParameter('SMTPUTF8');
        into.smtputf8 = true;
        return null;
      },
    },
  };
}
