/**
 * Domains in addresses: their lengths, and the one form in which they are compared and looked up.
 */
import { type DomainFault, type DomainParse, isALabel, toALabel } from './idna.ts';
import { scanDomain } from './scan.ts';

/** RFC 5321 §4.5.3.1.2, in octets. */
const longestDomain = 255;
/** RFC 1035 §2.3.4, in octets. */
const longestLabel = 63;

/**
 * What is wrong with a domain that keeps the grammar, or `null`.
 *
 * Only a name with U-labels or A-labels needs UTS 46; for all others two comparisons do.
 */
export function domainFault(domain: string, international: boolean): DomainFault | null {
  if (domain.length > longestDomain) return 'length';
  if (domain.length > longestLabel && !international) {
    if (domain.split('.').some((label) => label.length > longestLabel)) return 'length';
  }
  if (!international && !mayHaveALabel(domain)) return null;
  const parsed = toALabel(domain, { reservedLabels: 'accept' });
  return parsed.ok ? null : parsed.why;
}

function mayHaveALabel(domain: string): boolean {
  return domain.includes('--') && domain.split('.').some(isALabel);
}

/**
 * The form in which domains are compared, stored as keys and looked up: lower-case A-labels, without
 * the dot at the end.
 *
 * Beside A-labels and U-labels every name of letters, digits and hyphens is accepted
 * (RFC 5321 §4.1.2); equal results mean the same domain (RFC 5890 §2.3.2.4).
 *
 * @example
 * ```ts
 * import { normalizeDomain } from 'mailwright/address';
 *
 * normalizeDomain('Mail.Bücher.EXAMPLE.'); // { ok: true, domain: 'mail.xn--bcher-kva.example' }
 * normalizeDomain('-bad.example'); // { ok: false, why: 'label' }
 * ```
 */
export function normalizeDomain(domain: string): DomainParse {
  if (
    domain.length <= longestLabel &&
    scanDomain(domain, 0, false) === domain.length &&
    !mayHaveALabel(domain)
  ) {
    return { ok: true, domain: domain.toLowerCase() };
  }
  const parsed = toALabel(domain, { reservedLabels: 'accept' });
  return parsed.ok && parsed.domain.endsWith('.') ? { ok: true, domain: parsed.domain.slice(0, -1) } : parsed;
}
