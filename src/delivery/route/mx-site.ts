/** The servers of a domain as DNS and the policies that it publishes have it. */
import type { Clock } from '../../machine/index.ts';
import type { MtaSts, MtaStsFinding } from '../../mtasts/index.ts';
import type { EnhancedStatus } from '../../smtp/index.ts';
import { type ExchangerOptions, findExchangers, withoutLoop } from './exchangers.ts';
import { gather } from './gather.ts';
import { addressIn } from './host-addresses.ts';
import {
  findHost,
  type HostFinding,
  type HostOptions,
  hostAt,
  type MailSiteFinding,
  siteKey,
  unreachable,
} from './mail-host.ts';
import { refusal } from './refusal.ts';

/** What finding servers needs beside a destination. */
export interface MxSiteOptions extends ExchangerOptions, HostOptions {
  readonly clock: Clock;
  /** `null`: nobody looks for policies. */
  readonly mtaSts: Pick<MtaSts, 'find'> | null;
}

/** Nothing is held for longer, since not all that is known tells for how long it holds. */
const longestHold = 60_000;
/** For how long a site is held of which servers are missing whose names nobody could resolve. */
const shortHold = 5_000;
/** Once one of the best servers is known, the others have that long: a dead backup delays no mail. */
const grace = 1_000;

/** The servers of a domain by its MX records, or the one that an address literal stands for. */
export async function findMxSite(destination: string, options: MxSiteOptions): Promise<MailSiteFinding> {
  if (destination.startsWith('[')) return literalSite(destination, options);
  const exchangers = await findExchangers(destination, options);
  if (!exchangers.ok) return exchangers;
  const { hosts: listed, authentic, implicit } = exchangers;
  const best = listed[0]?.preference;
  const [findings, sts] = await Promise.all([
    gather(
      listed.map(({ name, preference }) => findHost(name, preference, authentic, options)),
      ({ preference, ok }) => ok && preference === best,
      options.clock,
      grace,
    ),
    options.mtaSts?.find(destination, options.clock.now()) ?? noPolicy,
  ]);
  const others = withoutLoop(findings, (host) => !host.ok && host.why === 'own');
  if (others.length === 0) {
    return refused('5.4.6', `mail for ${destination} would come back to this host, its best mail server`);
  }
  const hosts = others.flatMap((each) => (each.ok ? [each.host] : []));
  if (hosts.length === 0) {
    if (implicit && others.every((each) => !each.ok && each.why === 'none')) {
      return refused('5.1.2', `the domain ${destination} has neither mail servers nor an address`);
    }
    return { ok: false, outcome: unreachable(destination, others) };
  }
  return {
    ok: true,
    domain: destination,
    key: siteKey(listed.map(({ name }) => name)),
    hosts,
    sts,
    holds: holdOf(exchangers.ttl, listed.length, findings),
  };
}

const noPolicy: MtaStsFinding = { kind: 'none' };

/** A server whose address is in the address itself (RFC 5321 §4.1.3); no policy is published for it. */
function literalSite(
  destination: string,
  { allowAddress, ownAddresses, port }: MxSiteOptions,
): MailSiteFinding {
  const address = addressIn(destination);
  if (address === null) return refused('5.1.2', `${destination} is no address of a mail server`);
  if (ownAddresses?.has(address)) return refused('5.4.6', `${destination} is this host`);
  if (allowAddress?.(address) === false) return refused('5.4.4', `no mail is sent to ${destination}`);
  const hosts = [hostAt({ addresses: [address], port }, destination, address, 0)];
  return { ok: true, domain: destination, key: destination, hosts, sts: noPolicy, holds: longestHold };
}

function refused(status: EnhancedStatus, text: string): MailSiteFinding {
  return { ok: false, outcome: refusal(status, text) };
}

/** Milliseconds for which a site holds: the shortest TTL, in seconds, within bounds. */
export function holdOf(ttl: number, wanted: number, findings: readonly HostFinding[]): number {
  const missing = findings.length < wanted || findings.some((each) => !each.ok && each.why === 'unknown');
  const ttls = findings.flatMap((each) => (each.ok || each.why !== 'unknown' ? each.ttl : []));
  return Math.min(missing ? shortHold : longestHold, 1000 * Math.min(ttl, ...ttls));
}
