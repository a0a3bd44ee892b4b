/** 8BITMIME (RFC 6152): content with the eighth bit set. */
import { badParameter, type Extension } from '../extension.ts';

/** Offers `BODY=7BIT` and `BODY=8BITMIME`. */
export function eightBitMime(): Extension {
  return {
    keyword: '8BITMIME',
    lineGrowth: 17,
    mail: {
      BODY(value, into) {
        const body = value?.toUpperCase();
        if (body !== '7BIT' && body !== '8BITMIME') return badParameter('BODY');
        into.body = body;
        return null;
      },
    },
  };
}
