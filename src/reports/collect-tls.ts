/** Collecting how TLS sessions with other domains' servers went, until a day is over (RFC 8460 §4). */
import { createHash } from 'node:crypto';
import type { TlsFailure, TlsPolicyResult } from '../tlsrpt/index.ts';
import type { ReportStore } from './store.ts';

/** A day in UTC: RFC 8460 §4.1 asks for exactly that. */
const day = 86_400_000;

/** One session, or one attempt at it. */
export interface ObservedSession {
  /** Who is told, by the record of the policy domain (RFC 8460 §3). */
  readonly rua: readonly string[];
  /** Under which policy. */
  readonly policy: Pick<TlsPolicyResult, 'policyType' | 'policyStrings' | 'policyDomain' | 'mxHosts'>;
  /** Why it failed; absent where it did not. */
  readonly failure?: Omit<TlsFailure, 'sessions'>;
}

/** What is to be reported to one domain. */
export interface DueTlsReport {
  /** The same at each attempt. */
  readonly reportId: string;
  readonly policyDomain: string;
  readonly rua: readonly string[];
  /** Milliseconds since 1970. */
  readonly begin: number;
  /** Milliseconds since 1970: the last second of the day. */
  readonly end: number;
  readonly policies: readonly TlsPolicyResult[];
  /** Forgets it: the report is on its way, or nobody wants it. */
  done(): void | Promise<void>;
}

/**
 * Collects sessions and gives them back by policy domain when their day is over.
 *
 * @example
 * ```ts
 * import { MemoryReportStore, TlsCollector } from 'mailwright/reports';
 *
 * const collector = new TlsCollector(new MemoryReportStore());
 * const policy = { policyType: 'no-policy-found', policyStrings: [], policyDomain: 'example.com', mxHosts: [] } as const;
 * await collector.observe(
 *   { rua: ['mailto:tls@example.com'], policy, failure: { resultType: 'starttls-not-supported' } },
 *   Date.now(),
 * );
 * ```
 */
export class TlsCollector {
  readonly #store: ReportStore;

  constructor(store: ReportStore) {
    this.#store = store;
  }

  /** Counts a session, where its domain asks for reports. */
  observe({ rua, policy, failure }: ObservedSession, now: number): void | Promise<void> {
    if (rua.length === 0) return;
    const { policyType, policyStrings, policyDomain, mxHosts } = policy;
    const group = JSON.stringify([prefix, now - (now % day), policyDomain, rua]);
    const item = JSON.stringify([policyType, policyStrings, mxHosts, failure ?? null]);
    return this.#store.add(group, item, 1);
  }

  /** Everything of which the day is over. */
  async *due(now: number): AsyncGenerator<DueTlsReport, void, undefined> {
    for (const group of await this.#store.groups()) {
      if (!group.startsWith(`["${prefix}",`)) continue;
      const [, begin, policyDomain, rua] = JSON.parse(group) as [string, number, string, string[]];
      if (begin + day > now) continue;
      yield {
        reportId: createHash('sha256').update(group).digest('hex').slice(0, 32),
        policyDomain,
        rua,
        begin,
        end: begin + day - 1000,
        policies: policiesOf(policyDomain, await this.#store.read(group)),
        done: () => this.#store.drop(group),
      };
    }
  }
}

const prefix = 'tls';

type Item = [
  policyType: TlsPolicyResult['policyType'],
  policyStrings: string[],
  mxHosts: string[],
  failure: Omit<TlsFailure, 'sessions'> | null,
];

/** Puts sessions under the same policy together. */
function policiesOf(policyDomain: string, items: ReadonlyMap<string, number>): TlsPolicyResult[] {
  const policies = new Map<string, Counted>();
  for (const [text, sessions] of items) {
    const [policyType, policyStrings, mxHosts, failure] = JSON.parse(text) as Item;
    const key = JSON.stringify([policyType, policyStrings, mxHosts]);
    const fresh = {
      policyType,
      policyStrings,
      policyDomain,
      mxHosts,
      successes: 0,
      failures: 0,
      details: [],
    };
    const policy: Counted = policies.get(key) ?? fresh;
    policies.set(key, policy);
    if (failure === null) policy.successes += sessions;
    else {
      policy.failures += sessions;
      policy.details.push({ ...failure, sessions });
    }
  }
  return [...policies.values()];
}

type Counted = TlsPolicyResult & { successes: number; failures: number; details: TlsFailure[] };
