/**
 * Finding the organizational domain and the policy of a domain: the tree walk (RFC 9989 §4.10), or the
 * public suffix list as RFC 7489 §3.2 and §6.6.3 had it.
 */
import type { ResolveOptions, Resolver } from '../dns/index.ts';
import { type PolicyLookup, PolicyLookups } from './lookup.ts';
import { registrableDomain } from './public-suffix.ts';
import type { DmarcRecord } from './record.ts';

/**
 * How organizational domains are found:
 *
 * - `tree-walk`: by the records of the domain and those above it (RFC 9989 §4.10).
 * - `public-suffix`: by the public suffix list (RFC 7489 §3.2), which also brings back `pct`
 *   (RFC 7489 §6.6.4).
 */
export type DiscoveryMethod = 'tree-walk' | 'public-suffix';

/** How to look policies and organizational domains up. */
export interface DiscoveryOptions extends ResolveOptions {
  /** `tree-walk` by default. */
  readonly method?: DiscoveryMethod;
}

/** The policy that holds for a domain, or why none does. */
export type PolicyDiscovery =
  | { readonly kind: 'policy'; readonly domain: string; readonly record: DmarcRecord }
  | { readonly kind: 'none' }
  | {
      readonly kind: 'bad';
      readonly domain: string;
      readonly why: 'bad-policy' | 'no-policy' | 'several-records';
    }
  | { readonly kind: 'failure'; readonly text: string };

/** A tree walk costs at most so many questions, however long the name (RFC 9989 §4.10). */
const longestWalk = 8;

/** An organizational domain, or why it is not known. */
export type OrganizationalDomain =
  | { readonly kind: 'found'; readonly domain: string }
  | { readonly kind: 'failure'; readonly text: string };

interface Walk {
  readonly organization: string;
  /** The domain of the `psd=y` record that the walk met above its start. */
  readonly publicSuffix: string | null;
}

/** Discovery for one message: what it asked once it does not ask again. */
export class Discovery {
  readonly #lookups: PolicyLookups;
  readonly #method: DiscoveryMethod;

  constructor(resolver: Resolver, { method = 'tree-walk', ...options }: DiscoveryOptions) {
    this.#lookups = new PolicyLookups(resolver, options);
    this.#method = method;
  }

  exists(domain: string): Promise<boolean | 'unknown'> {
    return this.#lookups.exists(domain);
  }

  /** The policy for mail from an author of this domain (RFC 9989 §4.10.1). */
  async policy(author: string): Promise<PolicyDiscovery> {
    const own = this.#lookups.at(author);
    const first = own instanceof Promise ? await own : own;
    if (first.kind === 'several' && this.#method === 'public-suffix') {
      return { kind: 'bad', domain: author, why: 'several-records' };
    }
    if (first.kind !== 'none' && first.kind !== 'several') return discovered(author, first);
    if (this.#method === 'public-suffix') {
      const organization = registrableDomain(author) ?? author;
      const above = organization === author ? first : await this.#lookups.at(organization);
      return above.kind === 'several'
        ? { kind: 'bad', domain: organization, why: 'several-records' }
        : discovered(organization, above);
    }
    const walk = await this.#walk(author);
    if ('kind' in walk) return walk;
    const { organization, publicSuffix } = walk;
    const above = discovered(organization, await this.#lookups.at(organization));
    if (above.kind !== 'none' || publicSuffix === null) return above;
    return discovered(publicSuffix, await this.#lookups.at(publicSuffix));
  }

  /** The organizational domain of a domain (RFC 9989 §4.10.2). */
  async organization(domain: string): Promise<OrganizationalDomain> {
    if (this.#method === 'public-suffix') {
      return { kind: 'found', domain: registrableDomain(domain) ?? domain };
    }
    const walk = await this.#walk(domain);
    return 'kind' in walk ? walk : { kind: 'found', domain: walk.organization };
  }

  async #walk(start: string): Promise<Walk | Extract<PolicyLookup, { kind: 'failure' }>> {
    let organization = start;
    let below = start;
    for (const target of targetsOf(start)) {
      const asked = this.#lookups.at(target);
      const found = asked instanceof Promise ? await asked : asked;
      if (found.kind === 'failure') return found;
      if (found.kind === 'record') {
        const { psd } = found.record;
        if (psd === 'n') return { organization: target, publicSuffix: null };
        // One label below a public suffix; a suffix that is itself the author is its own organization.
        if (psd === 'y') return { organization: below, publicSuffix: target === start ? null : target };
        organization = target;
      }
      below = target;
    }
    return { organization, publicSuffix: null };
  }
}

function discovered(domain: string, found: PolicyLookup): PolicyDiscovery {
  switch (found.kind) {
    case 'record':
      return found.record.unusable === undefined
        ? { kind: 'policy', domain, record: found.record }
        : { kind: 'bad', domain, why: found.record.unusable };
    case 'failure':
      return found;
    default:
      return { kind: 'none' };
  }
}

/** The names a tree walk asks about: the domain, and then those above it from seven labels down. */
function targetsOf(domain: string): string[] {
  const labels = domain.split('.');
  const targets = [domain];
  const above = Math.min(labels.length - 1, longestWalk - 1);
  for (let count = above; count > 0; count--) targets.push(labels.slice(-count).join('.'));
  return targets;
}

/**
 * Finds the organizational domain of a domain: the one that stands for all of its owner.
 *
 * @param domain - lower-case A-labels, as `normalizeDomain` of `mailwright/address` gives them
 *
 * @example
 * ```ts
 * import { findOrganizationalDomain } from 'mailwright/dmarc';
 * import { ZoneResolver } from 'mailwright/dns';
 *
 * const zone = new ZoneResolver({ '_dmarc.example.com': { TXT: ['v=DMARC1; p=reject'] } });
 * await findOrganizationalDomain('a.mail.example.com', zone); // { kind: 'found', domain: 'example.com' }
 * ```
 */
export function findOrganizationalDomain(
  domain: string,
  resolver: Resolver,
  options: DiscoveryOptions = {},
): Promise<OrganizationalDomain> {
  return new Discovery(resolver, options).organization(domain);
}
