/** Which policy holds for a domain now: what is cached, and when it is fetched anew (RFC 8461 §5.1). */
import type { ResolveOptions, Resolver } from '../dns/index.ts';
import type { WebFetch } from '../web/index.ts';
import { fetchMtaStsPolicy } from './fetch.ts';
import type { MtaStsPolicy } from './policy.ts';
import { findMtaStsRecord } from './record.ts';

/** A policy with what is known of it. Plain data. */
export interface CachedPolicy {
  readonly policy: MtaStsPolicy;
  /** The `id` of the record under which it was fetched. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly fetchedAt: number;
}

/**
 * Where policies are kept between deliveries. One that is lost opens a way for an attacker until it is
 * fetched again (RFC 8461 §10.2), so a durable place is better; nothing else depends on it.
 */
export interface PolicyCache {
  get(domain: string): CachedPolicy | undefined | Promise<CachedPolicy | undefined>;
  set(domain: string, entry: CachedPolicy): void | Promise<void>;
}

/** A cache in memory, of the domains that were written to last. */
export class MemoryPolicyCache implements PolicyCache {
  readonly #entries = new Map<string, CachedPolicy>();
  readonly #most: number;

  /** @param most - domains, 10,000 by default */
  constructor(most = 10_000) {
    this.#most = most;
  }

  get(domain: string): CachedPolicy | undefined {
    const entry = this.#entries.get(domain);
    if (entry === undefined) return undefined;
    this.#entries.delete(domain);
    this.#entries.set(domain, entry);
    return entry;
  }

  set(domain: string, entry: CachedPolicy): void {
    this.#entries.delete(domain);
    this.#entries.set(domain, entry);
    if (this.#entries.size > this.#most) this.#entries.delete(this.#entries.keys().next().value as string);
  }
}

/** What holds for a domain. */
export type MtaStsFinding =
  /** `text` says what went wrong where a cached policy holds because no newer one could be had. */
  | { readonly kind: 'policy'; readonly policy: MtaStsPolicy; readonly text?: string }
  | { readonly kind: 'none' }
  /** The domain says that it has a policy, and it cannot be had: deliver as if it had none, and report. */
  | { readonly kind: 'failure'; readonly why: 'fetch' | 'invalid'; readonly text: string };

/** RFC 8461 §3.3: a fetch that failed is not tried again before. */
const retryAfter = 300_000;
/** RFC 8461 §3.3 suggests a minute. */
const longestFetch = 60_000;
const mostFailures = 10_000;

/** What {@link MtaSts} works with. */
export interface MtaStsOptions {
  readonly resolver: Resolver;
  /** The platform's `fetch`, or one of the host's. */
  readonly fetch: WebFetch;
  /** Default: a {@link MemoryPolicyCache}. */
  readonly cache?: PolicyCache;
}

/**
 * Policies of domains that mail is sent to.
 *
 * @example
 * ```ts
 * import { ZoneResolver } from 'mailwright/dns';
 * import { MtaSts, mtaStsAllows } from 'mailwright/mtasts';
 *
 * const sts = new MtaSts({ resolver: new ZoneResolver({}), fetch });
 * const found = await sts.find('example.com', Date.now());
 * if (found.kind === 'policy' && found.policy.mode === 'enforce') mtaStsAllows(found.policy, 'mx.example.com');
 * ```
 */
export class MtaSts {
  readonly #resolver: Resolver;
  readonly #fetch: WebFetch;
  readonly #cache: PolicyCache;
  readonly #fetching = new Map<string, Promise<MtaStsFinding>>();
  readonly #failures = new Map<string, { readonly at: number; readonly finding: MtaStsFinding }>();

  constructor({ resolver, fetch, cache = new MemoryPolicyCache() }: MtaStsOptions) {
    this.#resolver = resolver;
    this.#fetch = fetch;
    this.#cache = cache;
  }

  /**
   * The policy for mail to a domain. Rejects only where the cache does.
   *
   * @param domain - the recipient's, in lower-case A-labels
   * @param now - milliseconds since 1970
   */
  async find(domain: string, now: number, options: ResolveOptions = {}): Promise<MtaStsFinding> {
    const record = await findMtaStsRecord(domain, this.#resolver, options);
    const cached = await this.#cache.get(domain);
    const holds = cached !== undefined && now < cached.fetchedAt + cached.policy.maxAge * 1000;
    if (record.kind !== 'record') {
      // RFC 8461 §5.1: a policy that is cached holds, whatever DNS says.
      return holds ? { kind: 'policy', policy: cached.policy } : { kind: 'none' };
    }
    if (holds && cached.id === record.id) return { kind: 'policy', policy: cached.policy };
    const fetched = await this.#refresh(domain, record.id, now);
    if (fetched.kind !== 'failure' || !holds) return fetched;
    return { kind: 'policy', policy: cached.policy, text: fetched.text };
  }

  /** One fetch at a time for each policy, and none soon after one that failed. */
  #refresh(domain: string, id: string, now: number): Promise<MtaStsFinding> {
    const key = `${domain} ${id}`;
    const failure = this.#failures.get(key);
    if (failure !== undefined && now < failure.at + retryAfter) return Promise.resolve(failure.finding);
    let fetching = this.#fetching.get(key);
    if (fetching === undefined) {
      fetching = this.#fetchNow(key, domain, id, now).finally(() => this.#fetching.delete(key));
      this.#fetching.set(key, fetching);
    }
    return fetching;
  }

  async #fetchNow(key: string, domain: string, id: string, now: number): Promise<MtaStsFinding> {
    // Others may wait for the same policy, so no caller's signal ends this.
    const fetched = await fetchMtaStsPolicy(domain, this.#fetch, AbortSignal.timeout(longestFetch));
    if (fetched.ok) {
      this.#failures.delete(key);
      await this.#cache.set(domain, { policy: fetched.policy, id, fetchedAt: now });
      return { kind: 'policy', policy: fetched.policy };
    }
    const finding: MtaStsFinding = { kind: 'failure', why: fetched.why, text: fetched.text };
    if (this.#failures.size === mostFailures) this.#failures.clear();
    this.#failures.set(key, { at: now, finding });
    return finding;
  }
}
