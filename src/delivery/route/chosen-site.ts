/** Servers that are configured, in the place of those that DNS names. */
import { normalizeDomain } from '../../address/index.ts';
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
import { RouteMisuse } from './misuse.ts';
import { holdOf } from './mx-site.ts';

/**
 * A server as it is configured: a name or an IP address, with or without a port; or the path of its Unix
 * socket.
 */
export type ServerName =
  | string
  | { readonly host: string; readonly port?: number }
  | { readonly path: string };

/** The same with its port. */
export type ChosenServer = { readonly host: string; readonly port: number } | { readonly path: string };

/** @throws RouteMisuse `BAD_SERVER` where there is none, or one has neither a name nor an address */
export function chosenServers(servers: readonly ServerName[], defaultPort: number): readonly ChosenServer[] {
  if (servers.length === 0) throw new RouteMisuse('BAD_SERVER', 'no server is named');
  return servers.map((server) => {
    if (typeof server !== 'string' && 'path' in server) return server;
    const { host, port = defaultPort } = typeof server === 'string' ? { host: server } : server;
    const name = addressIn(host) === null ? normalizeDomain(host) : { ok: true as const, domain: host };
    if (!name.ok) throw new RouteMisuse('BAD_SERVER', `neither a host name nor an IP address: ${host}`);
    if (!(Number.isInteger(port) && port > 0 && port < 65_536)) {
      throw new RouteMisuse('BAD_SERVER', `no port of ${host}: ${port}`);
    }
    return { host: name.domain, port };
  });
}

/** Looks configured servers up: the first is preferred, the others follow in their order. */
export async function findChosenSite(
  servers: readonly ChosenServer[],
  options: Omit<HostOptions, 'port'>,
): Promise<MailSiteFinding> {
  const findings = await Promise.all(servers.map((server, place) => findChosen(server, place, options)));
  const names = findings.map(({ name }) => name);
  const hosts = findings.flatMap((each) => (each.ok ? [each.host] : []));
  if (hosts.length === 0) return { ok: false, outcome: unreachable(names.join(', '), findings) };
  return {
    ok: true,
    domain: names[0] ?? '',
    key: siteKey(names),
    hosts,
    sts: { kind: 'none' },
    holds: holdOf(Infinity, servers.length, findings),
  };
}

function findChosen(
  server: ChosenServer,
  preference: number,
  options: Omit<HostOptions, 'port'>,
): HostFinding | Promise<HostFinding> {
  if ('path' in server) {
    const host = hostAt(server, 'localhost', 'localhost', preference);
    return { ok: true, name: server.path, preference, ttl: Infinity, host };
  }
  const { host: name, port } = server;
  const address = addressIn(name);
  if (address === null) return findHost(name, preference, true, { ...options, port });
  const host = hostAt({ addresses: [address], port }, name, address, preference);
  return { ok: true, name, preference, ttl: Infinity, host };
}
