/** REQUIRETLS (RFC 8689): the message may travel over verified TLS only. */
import { reply } from '../../reply.ts';
import { badParameter, type Extension } from '../extension.ts';

const withoutTls = reply(555, '5.5.4', 'REQUIRETLS is not available without TLS');

/** Offers REQUIRETLS, once TLS is there (RFC 8689 §2). */
export function requireTls(): Extension {
  return {
    keyword: 'REQUIRETLS',
    lineGrowth: 11,
    advertise: ({ session }) => (session.tls === null ? null : ''),
    mail: {
      REQUIRETLS(value, into, { session }) {
        if (session.tls === null) return withoutTls;
        if (value !== null) return badParameter('REQUIRETLS');
        into.requireTls = true;
        return null;
      },
    },
  };
}
