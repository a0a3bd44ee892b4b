/** Where a provider's server is. */
import { findAddresses } from '../delivery/route/host-addresses.ts';
import type { Resolver } from '../dns/index.ts';
import { type Reply, reply } from '../smtp/index.ts';
import type { Provider } from './account.ts';

const noneOfOurs: ReadonlySet<string> = new Set();

/** The addresses of a provider's server, or what there is to tell the client (RFC 3463 §3.5). */
export async function providerAddresses(
  { host, addresses }: Provider,
  resolver: Resolver,
): Promise<readonly string[] | Reply> {
  if (addresses !== undefined) return addresses;
  const found = await findAddresses(host, {
    resolver,
    families: 'ipv6-first',
    allowAddress: () => true,
    ownAddresses: noneOfOurs,
  });
  return found.ok ? found.addresses : reply(451, '4.4.3', "The provider's address can't be looked up");
}
