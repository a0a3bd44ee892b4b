/** Names of domains and hosts, as rules name them. */
import { normalizeDomain } from '../../address/index.ts';

/**
 * A domain name: itself; with a leading `*.`, every name below it, but not itself; `*` alone,
 * every name.
 */
export type NamePattern = string;

/** Whether a name in lower-case A-labels fits a pattern that is canonical, too. */
export function fits(pattern: NamePattern, name: string): boolean {
  if (pattern === '*') return true;
  return pattern.startsWith('*.')
    ? name.length > pattern.length - 1 && name.endsWith(pattern.slice(1))
    : name === pattern;
}

/** Destinations that a rule is about. */
export interface Scope {
  /** The route's destination: a domain, or an address literal with its brackets. */
  readonly domain?: NamePattern | readonly NamePattern[];
  /**
   * The names of the servers. All of them must fit: a domain that names a large provider's server beside its
   * own gains no say in how mail for the provider is treated.
   */
  readonly site?: NamePattern | readonly NamePattern[];
}

/** A destination as rules see it; both in lower-case A-labels. */
export interface Destination {
  readonly domain: string;
  /** `Site.key`: the names of its servers, joined by a space. */
  readonly site: string;
}

/** A rule with its names in lower-case A-labels, as destinations have theirs. What is no domain stays as it is. */
export function canonical<Rule extends Scope>(rule: Rule): Rule {
  const { domain, site } = rule;
  return {
    ...rule,
    ...(domain !== undefined && { domain: [domain].flat().map(canonicalPattern) }),
    ...(site !== undefined && { site: [site].flat().map(canonicalPattern) }),
  };
}

function canonicalPattern(pattern: NamePattern): NamePattern {
  const below = pattern.startsWith('*.') ? '*.' : '';
  const parsed = normalizeDomain(pattern.slice(below.length));
  return parsed.ok ? `${below}${parsed.domain}` : pattern;
}

/** Whether a destination is in a rule's scope. A scope that names nothing has everything in it. */
export function isWithin({ domain, site }: Scope, destination: Destination): boolean {
  if (domain !== undefined && !fitsOne(domain, destination.domain)) return false;
  return site === undefined || destination.site.split(' ').every((name) => fitsOne(site, name));
}

function fitsOne(patterns: NamePattern | readonly NamePattern[], name: string): boolean {
  return typeof patterns === 'string'
    ? fits(patterns, name)
    : patterns.some((pattern) => fits(pattern, name));
}
