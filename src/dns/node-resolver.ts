/** `node:dns` behind the contract: for hosts that want the system's own library, with less to be known. */
import type { Answer, AnswerFor, Failed, Found, RecordData, RecordType } from './answer.ts';
import { canonicalName } from './name.ts';
import type { ResolveOptions, Resolver } from './resolver.ts';

/** What is used of a `Resolver` of `node:dns/promises`, or of that module itself. */
export interface NodeDns {
  resolve4(name: string, options: { ttl: true }): Promise<{ address: string; ttl: number }[]>;
  resolve6(name: string, options: { ttl: true }): Promise<{ address: string; ttl: number }[]>;
  resolveMx(name: string): Promise<{ priority: number; exchange: string }[]>;
  resolveTxt(name: string): Promise<string[][]>;
  resolvePtr(name: string): Promise<string[]>;
  resolveCname(name: string): Promise<string[]>;
  resolveSrv(name: string): Promise<{ priority: number; weight: number; port: number; name: string }[]>;
  resolveCaa(name: string): Promise<{ critical: number }[]>;
  resolveTlsa(
    name: string,
  ): Promise<{ certUsage: number; selector: number; match: number; data: ArrayBuffer }[]>;
}

/** What `node:dns` does not tell. */
export interface NodeResolverOptions {
  /** Seconds for which answers hold that come without TTL: all but A and AAAA. Default 60. */
  readonly ttl?: number;
}

/**
 * A resolver on top of `node:dns`.
 *
 * It cannot tell the AD bit (answers are never `authentic`), knows no TTL but of addresses, and cannot
 * tell where a CNAME led. An abort ends the wait, not the query, which ends by its own timeout.
 *
 * @example
 * ```ts
 * import { Resolver as SystemResolver } from 'node:dns/promises';
 * import { CachingResolver, NodeResolver } from 'mailwright/dns';
 *
 * const resolver = new CachingResolver(new NodeResolver(new SystemResolver({ timeout: 2000, tries: 2 })));
 * await resolver.resolve('example.com', 'MX');
 * ```
 */
export class NodeResolver implements Resolver {
  readonly #dns: NodeDns;
  readonly #ttl: number;

  constructor(dns: NodeDns, { ttl = 60 }: NodeResolverOptions = {}) {
    this.#dns = dns;
    this.#ttl = ttl;
  }

  async resolve<Type extends RecordType>(
    name: string,
    type: Type,
    { signal }: ResolveOptions = {},
  ): Promise<AnswerFor<Type>> {
    const canonical = canonicalName(name);
    if (canonical === null || canonical === '') return { status: 'nxdomain', ttl: 0, authentic: false };
    if (signal === undefined) return this.#ask(canonical, type);
    const aborted: Failed = { status: 'failure', why: 'aborted', text: 'the caller gave up' };
    if (signal.aborted) return aborted;
    let leave = () => {};
    const left = new Promise<Failed>((resolve) => {
      leave = () => resolve(aborted);
      signal.addEventListener('abort', leave);
    });
    try {
      return await Promise.race([this.#ask(canonical, type), left]);
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  async #ask<Type extends RecordType>(name: string, type: Type): Promise<AnswerFor<Type>> {
    try {
      const { records, ttl } = await lookups[type](this.#dns, name, this.#ttl);
      if (records.length === 0) return { status: 'nodata', ttl, authentic: false };
      const found: Found<RecordData[Type]> = { status: 'ok', records, name, ttl, authentic: false };
      return found;
    } catch (error) {
      return this.#trouble(error);
    }
  }

  #trouble(error: unknown): Answer<never> {
    const code: unknown = Object(error).code;
    const text = error instanceof Error ? error.message : String(error);
    switch (code) {
      case 'ENOTFOUND':
      case 'EBADNAME':
        return { status: 'nxdomain', ttl: this.#ttl, authentic: false };
      case 'ENODATA':
        return { status: 'nodata', ttl: this.#ttl, authentic: false };
      default:
        return { status: 'failure', why: reasons[String(code)] ?? 'network', text };
    }
  }
}

const reasons: Readonly<Record<string, Failed['why']>> = {
  ETIMEOUT: 'timeout',
  ECANCELLED: 'aborted',
  ESERVFAIL: 'servfail',
  EREFUSED: 'refused',
  ENOTIMP: 'refused',
  EFORMERR: 'malformed',
  EBADRESP: 'malformed',
};

type Lookup<Data> = (
  dns: NodeDns,
  name: string,
  ttl: number,
) => Promise<{ readonly records: readonly Data[]; readonly ttl: number }>;

const lookups: { readonly [Type in RecordType]: Lookup<RecordData[Type]> } = {
  A: async (dns, name) => addresses(await dns.resolve4(name, { ttl: true })),
  AAAA: async (dns, name) => addresses(await dns.resolve6(name, { ttl: true })),
  MX: async (dns, name, ttl) => ({
    ttl,
    records: (await dns.resolveMx(name)).map(({ priority: preference, exchange }) => ({
      preference,
      exchange: nameOf(exchange),
    })),
  }),
  TXT: async (dns, name, ttl) => ({
    ttl,
    records: (await dns.resolveTxt(name)).map((texts) => texts.join('')),
  }),
  PTR: async (dns, name, ttl) => ({ ttl, records: (await dns.resolvePtr(name)).map(nameOf) }),
  CNAME: async (dns, name, ttl) => ({ ttl, records: (await dns.resolveCname(name)).map(nameOf) }),
  SRV: async (dns, name, ttl) => ({
    ttl,
    records: (await dns.resolveSrv(name)).map(({ priority, weight, port, name: target }) => ({
      priority,
      weight,
      port,
      target: nameOf(target),
    })),
  }),
  CAA: async (dns, name, ttl) => ({
    ttl,
    records: (await dns.resolveCaa(name)).flatMap(({ critical, ...tags }) =>
      Object.entries(tags)
        .filter(([tag]) => tag !== 'type')
        .map(([tag, value]) => ({ flags: critical, tag, value: String(value) })),
    ),
  }),
  TLSA: async (dns, name, ttl) => ({
    ttl,
    records: (await dns.resolveTlsa(name)).map(({ certUsage: usage, selector, match: matching, data }) => ({
      usage,
      selector,
      matching,
      data: new Uint8Array(data),
    })),
  }),
};

function addresses(found: Awaited<ReturnType<NodeDns['resolve4']>>) {
  return {
    records: found.map(({ address }) => address),
    ttl: found.reduce((least, { ttl }) => Math.min(least, ttl), Infinity),
  };
}

/** What is no name stays as it is: it will not be found. */
function nameOf(name: string): string {
  return canonicalName(name) ?? name;
}
