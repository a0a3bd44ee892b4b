/** Which hosts take mail for a domain: its MX records, or what their absence means (RFC 5321 §5.1). */
import { normalizeDomain } from '../../address/index.ts';
import type { MxData, Resolver } from '../../dns/index.ts';
import type { Deferred, Failed } from '../outcome.ts';
import { refusal } from './refusal.ts';

/** A host that takes mail. */
interface Exchanger {
  /** In lower case. */
  readonly name: string;
  /** Lower is better. */
  readonly preference: number;
}

/** The hosts of a domain, the preferred ones first; at least one. */
export interface Exchangers {
  readonly ok: true;
  readonly hosts: readonly Exchanger[];
  /** There are no MX records, and the domain itself is the host (RFC 5321 §5.1). */
  readonly implicit: boolean;
  /** DNSSEC vouches for it. */
  readonly authentic: boolean;
  /** Seconds for which it holds. */
  readonly ttl: number;
}

/** What finding exchangers needs beside a domain. */
export interface ExchangerOptions {
  readonly resolver: Resolver;
  readonly random: () => number;
  /** See {@link ownNamesOf}. */
  readonly ownNames: ReadonlySet<string>;
  /** Hosts of one domain that are looked at. */
  readonly mostHosts: number;
}

/** Our own names as DNS has them: in lower-case A-labels. */
export function ownNamesOf(names: readonly string[]): ReadonlySet<string> {
  return new Set(
    names.map((name) => {
      const parsed = normalizeDomain(name);
      return parsed.ok ? parsed.domain : name.toLowerCase();
    }),
  );
}

/** Finds the hosts that take mail for a domain. */
export async function findExchangers(
  domain: string,
  { resolver, random, ownNames, mostHosts }: ExchangerOptions,
): Promise<Exchangers | { readonly ok: false; readonly outcome: Deferred | Failed }> {
  const answer = await resolver.resolve(domain, 'MX');
  const refused = (...of: Parameters<typeof refusal>) => ({ ok: false, outcome: refusal(...of) }) as const;
  switch (answer.status) {
    case 'failure':
      return refused('4.4.3', `the mail servers of ${domain} can't be looked up: ${answer.text}`);
    case 'nxdomain':
      return refused('5.1.2', `the domain ${domain} does not exist`);
    case 'nodata': {
      // RFC 5321 §5.1: an implicit MX of preference 0 that points to the domain itself.
      if (ownNames.has(domain)) return refused('5.4.6', `mail for ${domain} would come back to this host`);
      const { authentic, ttl } = answer;
      return { ok: true, hosts: [{ name: domain, preference: 0 }], implicit: true, authentic, ttl };
    }
    case 'ok': {
      const { records, authentic, ttl } = answer;
      // RFC 7505 §3: a null MX stands alone; beside others it says nothing.
      if (records.every(({ exchange }) => exchange === '')) {
        return refused('5.1.10', `the domain ${domain} takes no mail (null MX)`);
      }
      const named = inOrder(records, random);
      const before = withoutLoop(named, ({ name }) => ownNames.has(name));
      if (before.length === 0 && named.length > 0) {
        return refused('5.4.6', `mail for ${domain} would come back to this host, its best mail server`);
      }
      const hosts = before.filter(({ name }) => isHostName(name)).slice(0, mostHosts);
      if (hosts.length === 0) return refused('5.4.4', `no MX record of ${domain} names a host`);
      return { ok: true, hosts, implicit: false, authentic, ttl };
    }
  }
}

/**
 * Best hosts first, equal ones in random order (RFC 5321 §5.1); each name once, where it is preferred most.
 */
function inOrder(records: readonly MxData[], random: () => number): Exchanger[] {
  const best = new Map<string, Exchanger>();
  for (const { exchange, preference } of records) {
    const known = best.get(exchange);
    if (exchange !== '' && (known === undefined || preference < known.preference)) {
      best.set(exchange, { name: exchange, preference });
    }
  }
  return shuffledByPreference([...best.values()], random);
}

/** Sorts by preference, and puts equals in random order, every order with the same chance. */
export function shuffledByPreference<Host extends { readonly preference: number }>(
  hosts: readonly Host[],
  random: () => number,
): Host[] {
  const mixed = [...hosts];
  for (let end = mixed.length - 1; end > 0; end--) {
    const other = Math.floor(random() * (end + 1));
    [mixed[end], mixed[other]] = [mixed[other] as Host, mixed[end] as Host];
  }
  return mixed.sort((a, b) => a.preference - b.preference);
}

/**
 * RFC 5321 §5.1: where we are among the hosts, we and all that are not better than we are left out, or mail
 * would go in circles.
 *
 * @param hosts - sorted by preference
 */
export function withoutLoop<Host extends { readonly preference: number }>(
  hosts: readonly Host[],
  isOwn: (host: Host) => boolean,
): readonly Host[] {
  const own = hosts.find(isOwn);
  return own === undefined ? hosts : hosts.filter(({ preference }) => preference < own.preference);
}

/**
 * Letters, digits, hyphens and, since they are met in use, underscores. An IP address in the place of a name
 * is none (RFC 5321 §5.1: the data field of an MX record must be a domain name).
 */
function isHostName(name: string): boolean {
  if (name.length > 253) return false;
  const labels = name.split('.');
  return labels.every((label) => /^[a-z\d_-]{1,63}$/.test(label)) && !/^\d+$/.test(labels.at(-1) ?? '');
}
