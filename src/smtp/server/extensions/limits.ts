/** LIMITS (RFC 9422): tells the client which limits are enforced anyway. */
import type { Extension } from '../extension.ts';

/** Advertises `limits.transactions`, `limits.recipients` and `limits.recipientDomains`. */
export function limits(): Extension {
  return {
    keyword: 'LIMITS',
    advertise({ setup }) {
      const { transactions, recipients, recipientDomains } = setup.limits;
      const known = { MAILMAX: transactions, RCPTMAX: recipients, RCPTDOMAINMAX: recipientDomains };
      const finite = Object.entries(known).filter(([, limit]) => Number.isFinite(limit));
      // RFC 9422 §3: a LIMITS without any would say nothing.
      return finite.length === 0 ? null : finite.map(([name, limit]) => `${name}=${limit}`).join(' ');
    },
  };
}
