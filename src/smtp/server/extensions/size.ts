/**
 * SIZE (RFC 1870): the server's limit, and the client's estimate.
 *
 *     size-value = 1*20DIGIT
 */
import { tooBig } from '../content.ts';
import { badParameter, type Extension } from '../extension.ts';

const sizeValue = /^[0-9]{1,20}$/;

/** Offers `limits.message`; a larger estimate is refused at once (RFC 1870 §6.1). */
export function size(): Extension {
  return {
    keyword: 'SIZE',
    lineGrowth: 26,
    advertise: ({ setup }) => (Number.isFinite(setup.limits.message) ? String(setup.limits.message) : ''),
    mail: {
      SIZE(value, into, { setup }) {
        if (value === null || !sizeValue.test(value)) return badParameter('SIZE');
        into.size = Number(value);
        return into.size > setup.limits.message ? tooBig : null;
      },
    },
  };
}
