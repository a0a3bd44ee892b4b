/**
 * Who a message is really from: SPF, DKIM, ARC and DMARC in one pass over it, and what is to be said of
 * that in its header (RFC 8601).
 */
import { formatMailbox, normalizeDomain, type ReversePath } from '../address/index.ts';
import { ArcValidator, type ArcVerdict } from '../arc/index.ts';
import { type AuthenticationResults, formatAuthenticationResults } from '../authres/index.ts';
import { type DkimPolicy, type DkimVerdict, DkimVerifier } from '../dkim/index.ts';
import { type DiscoveryMethod, type DmarcVerdict, evaluateDmarc } from '../dmarc/index.ts';
import type { Resolver } from '../dns/index.ts';
import type { Bytes } from '../machine/index.ts';
import { type AuthorDomain, authorDomain, type HeaderField, HeaderFields } from '../mime/index.ts';
import { type KeyCache, MessagePass } from '../signature/index.ts';
import { checkIprev, checkMailFrom, type IprevVerdict, type SpfVerdict } from '../spf/index.ts';
import { resultsOf } from './results.ts';

/** What is known of a message beside its octets. */
export interface ConnectionFacts {
  /** The client's IP address; `null` where there is none, as on a Unix socket: then SPF says `none`. */
  readonly ip: string | null;
  /** What it said in HELO or EHLO. */
  readonly helo: string;
  /** The reverse path, as the envelope has it or as text without angle brackets; empty for the null path. */
  readonly mailFrom: ReversePath | string;
}

/** How to authenticate. */
export interface AuthenticateOptions {
  /** The name under which results are given: a domain name of this host's or its organization's (RFC 8601 §2.5). */
  readonly authservId: string;
  readonly dkim?: DkimPolicy;
  /** How organizational domains are found; `tree-walk` by default. */
  readonly method?: DiscoveryMethod;
  /** Whether the client's reverse DNS is checked; `true` by default. */
  readonly iprev?: boolean;
  /** Ends every wait for DNS; what is not known by then is `temperror`. */
  readonly signal?: AbortSignal;
  /** Milliseconds since 1970; `Date.now` by default. */
  readonly now?: () => number;
  /** Keys that were read before; by default one cache for the whole process. */
  readonly keys?: KeyCache;
  /** For `pct` by the public-suffix method: a number from 0 to 99, drawn anew for each message. */
  readonly sample?: number;
}

/** All that was found. */
export interface Authenticity {
  /** `null` where it was not to be checked, or there is no address. */
  readonly iprev: IprevVerdict | null;
  readonly spf: SpfVerdict;
  /** One for each signature, at least one. */
  readonly dkim: readonly DkimVerdict[];
  readonly arc: ArcVerdict;
  readonly author: AuthorDomain;
  readonly dmarc: DmarcVerdict;
  readonly results: AuthenticationResults;
  /** The whole Authentication-Results field with its line end. */
  readonly field: string;
  /**
   * The header fields; `null` where the header section is over its bound: nobody knows then what other
   * readers will find in it, and such a message is best refused.
   */
  readonly header: HeaderFields | null;
}

/** Checks one message while it passes by. Call order: `write` for each chunk, then `finish` once. */
export class Authentication {
  readonly #facts: ConnectionFacts;
  readonly #resolver: Resolver;
  readonly #options: AuthenticateOptions;
  readonly #pass: MessagePass<HeaderField>;
  readonly #dkim: DkimVerifier;
  readonly #arc: ArcValidator;
  readonly #spf: Promise<SpfVerdict>;
  readonly #iprev: Promise<IprevVerdict> | null;
  #header: HeaderFields | null = null;

  /** Questions about the client are asked at once, while the message still comes in. */
  constructor(facts: ConnectionFacts, resolver: Resolver, options: AuthenticateOptions) {
    this.#facts = facts;
    this.#resolver = resolver;
    this.#options = options;
    const { ip, helo, mailFrom } = facts;
    const { dkim: policy, now, keys, signal, iprev = true } = options;
    this.#pass = new MessagePass({
      scan: (section) => {
        this.#header = HeaderFields.scan(section);
        return this.#header;
      },
    });
    const shared = { resolver, pass: this.#pass, ...(keys && { keys }), ...(signal && { signal }) };
    this.#dkim = new DkimVerifier({ ...shared, ...(policy && { policy }), ...(now && { now }) });
    this.#arc = new ArcValidator({
      ...shared,
      ...(policy?.rsaBits !== undefined && { rsaBits: policy.rsaBits }),
    });
    const waiting = signal ? { signal } : {};
    const client = { ip: ip ?? '', helo, mailFrom: pathText(mailFrom) };
    this.#spf = checkMailFrom(client, resolver, waiting);
    this.#iprev = iprev && ip !== null ? checkIprev(ip, resolver, waiting) : null;
    // Where nobody comes to finish, a resolver that breaks its promise must not end the process.
    this.#spf.catch(() => {});
    this.#iprev?.catch(() => {});
  }

  /** Takes the next chunk of the message, with CRLF line ends. Nothing of the body is kept. */
  write(chunk: Bytes): void {
    this.#pass.write(chunk);
  }

  /** The message is complete. Rejects only where the resolver does, which it has promised not to. */
  async finish(): Promise<Authenticity> {
    this.#pass.end();
    const { authservId } = this.#options;
    const [dkim, arc, spf, iprev] = await Promise.all([
      this.#dkim.finish(),
      this.#arc.finish(),
      this.#spf,
      this.#iprev,
    ]);
    const header = this.#pass.oversized ? null : this.#header;
    const author: AuthorDomain =
      header === null ? { ok: false, why: 'malformed', domains: [] } : authorDomain(header);
    const dmarc = await this.#evaluate(author, spf, dkim);
    const found = { iprev, spf, dkim, arc, author, dmarc };
    const results = { authservId, results: resultsOf(found, this.#facts.ip) };
    const field = `Authentication-Results: ${formatAuthenticationResults(results)}\r\n`;
    return { ...found, results, field, header };
  }

  /**
   * DMARC for the author's domain. A message that names none or several is nobody's, and still may not
   * be used to get past the policies of those it names: the strictest one that fails holds
   * (RFC 9989 §11.5, RFC 7489 §6.6.1).
   */
  async #evaluate(
    author: AuthorDomain,
    spf: SpfVerdict,
    dkim: readonly DkimVerdict[],
  ): Promise<DmarcVerdict> {
    const { method, sample, signal } = this.#options;
    const options = {
      ...(method && { method }),
      ...(signal && { signal }),
      ...(sample !== undefined && { sample }),
    };
    const identifiers = {
      spf: { domain: asciiDomain(spf.domain), result: spf.result },
      dkim: dkim.flatMap(({ status, signature }) =>
        signature === undefined ? [] : [{ domain: asciiDomain(signature.asciiDomain), result: status }],
      ),
    };
    const evaluate = (authorDomain: string | null) =>
      evaluateDmarc({ ...identifiers, authorDomain }, this.#resolver, options);
    if (author.ok) return evaluate(asciiDomain(author.domain));
    const named = author.domains.slice(0, mostAuthors).map(asciiDomain);
    const verdicts = await Promise.all(named.map(evaluate));
    for (const disposition of ['reject', 'quarantine'] as const) {
      const strictest = verdicts.find((verdict) => verdict.disposition === disposition);
      if (strictest !== undefined) return strictest;
    }
    return evaluate(null);
  }
}

/** Domains of a From field that names several, of which the policies are looked at. */
export const mostAuthors = 10;

function pathText(path: ReversePath | string): string {
  if (typeof path === 'string') return path;
  return path === null ? '' : formatMailbox(path);
}

/**
 * RFC 9989 §5.3.1: U-labels are converted. A name that no host may have, such as one with an underscore,
 * may well have records: it is kept as it is, so that nobody evades a policy by it.
 */
function asciiDomain(domain: string): string {
  const parsed = normalizeDomain(domain);
  return parsed.ok ? parsed.domain : domain.toLowerCase();
}

/**
 * Authenticates a message in a single pass: SPF, DKIM, ARC, DMARC and the client's reverse DNS.
 *
 * @param message - its octets with CRLF line ends, whole or in chunks
 *
 * @example
 * ```ts
 * import { ZoneResolver } from 'mailwright/dns';
 * import { authenticate } from 'mailwright/policy';
 *
 * const message = new TextEncoder().encode('From: a@example.com\r\n\r\nHello\r\n');
 * const { dmarc, field } = await authenticate(
 *   message,
 *   { ip: '192.0.2.1', helo: 'mx.example.com', mailFrom: 'a@example.com' },
 *   new ZoneResolver({ '_dmarc.example.com': { TXT: ['v=DMARC1; p=reject'] } }),
 *   { authservId: 'mx.example.org' },
 * );
 * dmarc.disposition; // 'reject'
 * field; // 'Authentication-Results: mx.example.org;\r\n\tspf=none ...'
 * ```
 */
export async function authenticate(
  message: Bytes | AsyncIterable<Bytes>,
  facts: ConnectionFacts,
  resolver: Resolver,
  options: AuthenticateOptions,
): Promise<Authenticity> {
  const authentication = new Authentication(facts, resolver, options);
  if (message instanceof Uint8Array) authentication.write(message);
  else for await (const chunk of message) authentication.write(chunk);
  return authentication.finish();
}
