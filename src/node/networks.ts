import { BlockList } from 'node:net';
import { parseIpAddress } from '../address/index.ts';
import type { ConnectionInfo } from '../machine/index.ts';
import { ServerMisuse } from './server-misuse.ts';

/**
 * A test whether a peer is in one of some networks: what `proxies` of a server and `trusts` of
 * XCLIENT and XFORWARD want.
 *
 * @param list IP addresses, prefixes (RFC 4632 §3.1, RFC 4291 §2.3), and `unix` for whoever comes by a Unix socket
 * @throws ServerMisuse `BAD_NETWORK` for anything else
 * @example
 * ```ts
 * import { networks } from 'mailwright/node';
 * import { xclient } from 'mailwright/smtp';
 *
 * xclient({ trusts: networks(['127.0.0.1', '10.20.0.0/16', '2001:db8:1::/48', 'unix']) });
 * ```
 */
export function networks(list: readonly string[]): (connection: ConnectionInfo) => boolean {
  const known = new BlockList();
  for (const network of list) if (network !== 'unix') add(known, network);
  const unix = list.includes('unix');
  return ({ remote }) => (remote.family === 'unix' ? unix : known.check(remote.address, remote.family));
}

function add(known: BlockList, network: string): void {
  const [text = '', prefix] = network.split('/', 2);
  const ip = parseIpAddress(text);
  const longest = ip?.family === 'ipv4' ? 32 : 128;
  const length = prefix === undefined ? longest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Infinity;
  if (ip === null || length > longest || network.split('/').length > 2) {
    throw new ServerMisuse('BAD_NETWORK', `neither an IP address nor a prefix: ${network}`);
  }
  known.addSubnet(ip.address, length, ip.family);
}
