import { parseIpAddress, toALabel } from '../address/index.ts';
import type { ResolveOptions, Resolver } from '../dns/index.ts';
import { type CheckFacts, Evaluation, type Outcome } from './evaluation.ts';
import { dottedNibbles, ipv4Words, ipv6Words } from './network.ts';
import type { SpfStep, SpfVerdict } from './verdict.ts';

/** Who connects, and what it says of itself. */
export interface SpfClient {
  /** Its address, without brackets; IPv4 within IPv6 counts as IPv4 (RFC 7208 §5). */
  readonly ip: string;
  /** What it said in HELO or EHLO. */
  readonly helo: string;
  /** The address in MAIL FROM without angle brackets; empty for the null reverse-path. */
  readonly mailFrom: string;
}

/** How a check goes about it. */
export interface SpfOptions {
  /** Ends the check as `temperror`. Default: one that aborts 20 seconds after the first wait (RFC 7208 §4.6.4). */
  readonly signal?: AbortSignal;
  /** Terms that may find nothing in DNS before the record counts as broken (RFC 7208 §4.6.4). Default 2. */
  readonly maxVoidLookups?: number;
  /** The host that checks, for explanations (`%{r}`). Default `unknown`. */
  readonly receiver?: string;
  /** Milliseconds since 1970, for explanations (`%{t}`). Default `Date.now`. */
  readonly now?: () => number;
  /** Whether the verdict tells every step. Default false. */
  readonly trace?: boolean;
}

/**
 * Checks the MAIL FROM identity; for the null reverse-path that is `postmaster` at the HELO name
 * (RFC 7208 §2.4).
 *
 * It never throws: without a client's IP address, or without a domain, the result is `none`.
 *
 * @example
 * ```ts
 * import { ZoneResolver } from 'mailwright/dns';
 * import { checkMailFrom } from 'mailwright/spf';
 *
 * const zone = new ZoneResolver({
 *   'example.com': { TXT: ['v=spf1 mx -all'], MX: [{ preference: 10, exchange: 'mx.example.com' }] },
 *   'mx.example.com': { A: ['192.0.2.1'] },
 * });
 * const client = { ip: '192.0.2.1', helo: 'mx.example.com', mailFrom: 'bob@example.com' };
 * const { result, directive } = await checkMailFrom(client, zone); // 'pass', 'mx'
 * ```
 */
export function checkMailFrom(
  client: SpfClient,
  resolver: Resolver,
  options: SpfOptions = {},
): Promise<SpfVerdict> {
  const { mailFrom } = client;
  if (mailFrom === '') return checkHelo(client, resolver, options);
  const at = mailFrom.lastIndexOf('@');
  // RFC 7208 §4.3: without a local-part it is postmaster.
  const localPart = at > 0 ? mailFrom.slice(0, at) : 'postmaster';
  return check('mailfrom', localPart, mailFrom.slice(at + 1), client, resolver, options);
}

/**
 * Checks the HELO identity: whether the client may call itself by the name that it gave (RFC 7208 §2.3).
 *
 * @example
 * ```ts
 * import { ZoneResolver } from 'mailwright/dns';
 * import { checkHelo } from 'mailwright/spf';
 *
 * const zone = new ZoneResolver({ 'mx.example.com': { TXT: ['v=spf1 a -all'], A: ['192.0.2.1'] } });
 * const { result } = await checkHelo({ ip: '192.0.2.1', helo: 'mx.example.com' }, zone); // 'pass'
 * ```
 */
export function checkHelo(
  client: Pick<SpfClient, 'ip' | 'helo'>,
  resolver: Resolver,
  options: SpfOptions = {},
): Promise<SpfVerdict> {
  return check('helo', 'postmaster', client.helo, client, resolver, options);
}

async function check(
  identity: SpfVerdict['identity'],
  localPart: string,
  given: string,
  { ip, helo }: Pick<SpfClient, 'ip' | 'helo'>,
  resolver: Resolver,
  options: SpfOptions,
): Promise<SpfVerdict> {
  const domain = asciiDomain(given);
  const address = parseIpAddress(ip);
  if (address === null || domain === null) {
    const reason = address === null ? 'no IP address of a client' : 'no domain name';
    return { result: 'none', identity, domain: given, reason, lookups: 0, voidLookups: 0 };
  }
  const words = (address.family === 'ipv4' ? ipv4Words : ipv6Words)(address.address) ?? [];
  const facts: CheckFacts = {
    words,
    localPart,
    senderDomain: domain,
    ip: address.address,
    family: address.family,
    dottedIp: address.family === 'ipv4' ? address.address : dottedNibbles(words),
    helo,
    receiver: options.receiver ?? 'unknown',
    time: Math.floor((options.now ?? Date.now)() / 1000),
    maxVoidLookups: options.maxVoidLookups ?? 2,
  };
  const trace: SpfStep[] | undefined = options.trace ? [] : undefined;
  const evaluation = new Evaluation(facts, resolver, options.signal ? options : new Deadline(), trace);
  const outcome = await evaluation.checkHost(domain, 0);
  const explanation = await explanationOf(outcome, evaluation);
  return {
    result: outcome.result,
    identity,
    domain,
    reason: printable(outcome.reason),
    ...(outcome.directive !== undefined && { directive: outcome.directive }),
    ...(explanation !== null && { explanation }),
    lookups: evaluation.lookups,
    voidLookups: evaluation.voidLookups,
    ...(trace !== undefined && { trace }),
  };
}

/** Names in DNS may hold anything, and this ends up in header fields and logs. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}

function explanationOf({ result, exp }: Outcome, evaluation: Evaluation): Promise<string | null> | null {
  return result === 'fail' && exp !== undefined ? evaluation.explain(exp) : null;
}

/** RFC 8616 §4: U-labels are checked as A-labels; a dot at the end says nothing. */
function asciiDomain(given: string): string | null {
  const domain = given.endsWith('.') ? given.slice(0, -1) : given;
  if (!/[^\0-\x7f]/.test(domain)) return domain;
  const parsed = toALabel(domain, { reservedLabels: 'accept' });
  return parsed.ok ? parsed.domain : null;
}

/** RFC 7208 §4.6.4 */
const longestCheck = 20_000;

/** The default limit, whose timer is made when a resolver first waits: one that knows the answers makes none. */
class Deadline implements ResolveOptions {
  #signal: AbortSignal | undefined;

  get signal(): AbortSignal {
    this.#signal ??= AbortSignal.timeout(longestCheck);
    return this.#signal;
  }
}
