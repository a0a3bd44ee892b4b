/** The system's list of name servers, as resolv.conf(5) writes it. */
import { isServerAddress, type NameServer } from './wire.ts';

/** What /etc/resolv.conf says that matters here; search lists do not, since names in mail are whole. */
export interface SystemDns {
  readonly servers: readonly NameServer[];
  /** For one try. */
  readonly timeoutMs?: number;
  /** How often each server is tried. */
  readonly attempts?: number;
}

/** As the C library caps them. */
const mostServers = 3;
const longestTimeout = 30;
const mostAttempts = 5;

/**
 * Reads the text of a resolv.conf.
 *
 * `options trust-ad` is the system's word that its servers validate. Lines that are not understood are
 * passed over, as the C library does. Without a server it is the one on this machine.
 */
export function parseResolvConf(text: string): SystemDns {
  const addresses: string[] = [];
  const options: string[] = [];
  for (const line of text.split('\n')) {
    const [keyword, ...words] = line.split(/[ \t\r]+/).filter((word) => word !== '');
    const [word = ''] = words;
    if (keyword === 'nameserver' && isServerAddress(word)) addresses.push(word);
    if (keyword === 'options') options.push(...words);
  }
  if (addresses.length === 0) addresses.push('127.0.0.1');
  const validating = options.includes('trust-ad');
  const timeout = numberIn(options, 'timeout:', longestTimeout);
  const attempts = numberIn(options, 'attempts:', mostAttempts);
  return {
    servers: addresses.slice(0, mostServers).map((address) => ({ address, validating })),
    ...(timeout > 0 && { timeoutMs: timeout * 1000 }),
    ...(attempts > 0 && { attempts }),
  };
}

/** The number behind the last option of that name, at most `most`; 0 where there is none. */
function numberIn(options: readonly string[], name: string, most: number): number {
  const digits = options.findLast((option) => option.startsWith(name))?.slice(name.length) ?? '';
  return /^\d{1,9}$/.test(digits) ? Math.min(Number(digits), most) : 0;
}
