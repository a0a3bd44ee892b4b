/**
 * Whose name a message bears: the domain that DMARC asks about (RFC 7489 §3.1, §6.6.1).
 *
 * This is a decision of security, so nothing is guessed: a message with several From fields, with
 * several authors' domains, or with a From field that two readers might read differently has no author
 * domain, and the caller is told why.
 */
import { mailboxes } from './address.ts';
import { parseAddressList } from './address-list.ts';
import type { HeaderFields } from './fields.ts';

/** The author's domain, or why there is none. */
export type AuthorDomain =
  | { readonly ok: true /** In lower case, without a trailing dot. */; readonly domain: string }
  | {
      readonly ok: false;
      readonly why:
        | 'no-from' // RFC 5322 §3.6: exactly one is due
        | 'several-from'
        | 'malformed' // the field can be read in more than one way
        | 'no-address' // an empty field, or an empty group (RFC 6854)
        | 'several-domains' // several authors (RFC 5322 §3.6.2) of different domains
        | 'no-domain'; // an address literal, or a domain that no DNS name can be
      /** The domains that are named, as far as there are any: RFC 7489 §6.6.1 lets a receiver check each. */
      readonly domains: readonly string[];
    };

/** RFC 1035 §2.3.4. */
const longestDomain = 253;
/** DNS labels as mail writes them, also as U-labels (RFC 6532 §3.2). */
const label = /^[a-z0-9_\u0080-\uffff](?:[a-z0-9_\u0080-\uffff-]{0,61}[a-z0-9_\u0080-\uffff])?$/;

/**
 * Finds the author's domain of a message.
 *
 * @example
 * ```ts
 * import { authorDomain, HeaderFields } from 'mailwright/mime';
 *
 * const fields = HeaderFields.scan(new TextEncoder().encode('From: A <a@Example.COM>\r\n\r\n'));
 * authorDomain(fields); // { ok: true, domain: 'example.com' }
 * ```
 */
export function authorDomain(fields: HeaderFields): AuthorDomain {
  const from = fields.all('from');
  const lists = from.map((field) => parseAddressList(field.value));
  const named = lists.flatMap(mailboxes).map(({ domain }) => domain.toLowerCase().replace(/\.$/, ''));
  const domains = [...new Set(named)].filter((domain) => domain !== '');
  const no = (why: Extract<AuthorDomain, { ok: false }>['why']) => ({ ok: false, why, domains }) as const;
  const [field] = from;
  const [list] = lists;
  if (field === undefined || list === undefined) return no('no-from');
  if (from.length > 1) return no('several-from');
  // An odd local part, such as the `a..b` of some providers, leaves no doubt about the domain.
  const doubt = list.defects.some(({ kind }) => kind !== 'bad-address');
  if (doubt || field.charset === 'unknown-8bit' || isAmbiguous(fields)) {
    return no('malformed');
  }
  if (named.length === 0) return no('no-address');
  if (domains.length > 1) return no('several-domains');
  const [domain] = domains;
  if (domain === undefined || !isDomain(domain)) return no('no-domain');
  return { ok: true, domain };
}

/** Defects of a header in which another reader might find another From field, or none. */
const ambiguous = new Set([
  'space-before-colon',
  'no-colon',
  'stray-continuation',
  'too-many-fields',
  'too-large',
]);

function isAmbiguous(fields: HeaderFields): boolean {
  return fields.defects.some(({ kind }) => ambiguous.has(kind));
}

function isDomain(domain: string): boolean {
  return domain.length <= longestDomain && domain.split('.').every((each) => label.test(each));
}
