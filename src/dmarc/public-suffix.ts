/** The organizational domain by the public suffix list (RFC 7489 §3.2), as it was known before the tree walk. */
import { getDomain } from 'tldts';

/** The list as it came with tldts; private domains (`github.io`) are suffixes like the others. */
const options = { allowPrivateDomains: true, extractHostname: false, validateHostname: false } as const;

/**
 * The domain one label below the public suffix, or `null` when the name is such a suffix itself, or none.
 *
 * @param domain - in any case, with A-labels or U-labels
 *
 * @example
 * ```ts
 * import { registrableDomain } from 'mailwright/dmarc';
 *
 * registrableDomain('mail.example.co.uk'); // 'example.co.uk'
 * registrableDomain('co.uk'); // null
 * ```
 */
export function registrableDomain(domain: string): string | null {
  return domain.startsWith('.') ? null : getDomain(domain.toLowerCase(), options);
}
