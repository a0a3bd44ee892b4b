/** The host names of an address that DNS confirms both ways (RFC 7208 §5.5, RFC 8601 §3). */
import type { AnswerFor, RecordType } from '../dns/index.ts';
import { ipv4Words, ipv6Words, sharePrefix, type Words } from './network.ts';

/** Of an address: more names are not looked at (RFC 7208 §4.6.4). */
const mostHostNames = 10;

/**
 * The names to look at, of those that PTR records gave. Any octet may stand in DNS (RFC 2181 §11), but these
 * names end up in header fields and replies: what could not be a host's is left out.
 */
export function hostNamesAmong(names: readonly string[]): string[] {
  return names.filter((name) => /^[a-z0-9_.-]+$/.test(name)).slice(0, mostHostNames);
}

/** Asks for addresses of the client's family. */
export type AskAddresses = (name: string) => AnswerFor<'A' | 'AAAA'> | Promise<AnswerFor<'A' | 'AAAA'>>;

/** What the forward lookup of a host name says of the client. */
export async function confirms(ask: AskAddresses, name: string, client: Words): Promise<boolean | 'failure'> {
  const answer = await ask(name);
  if (answer.status === 'failure') return 'failure';
  return answer.status === 'ok' && answer.records.some((address) => isWithin(client, address, Infinity));
}

/** Whether the client shares its first `bits` bits with an address out of DNS. */
export function isWithin(client: Words, address: string, bits: number): boolean {
  const words = client.length === 1 ? ipv4Words(address) : ipv6Words(address);
  return words !== null && sharePrefix(client, words, bits);
}

/** The type of the records that hold addresses like the client's (RFC 7208 §5). */
export function addressType(client: Words): Extract<RecordType, 'A' | 'AAAA'> {
  return client.length === 1 ? 'A' : 'AAAA';
}
