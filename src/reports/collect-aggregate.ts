/** Collecting what aggregate reports tell, message by message, until a period is over (RFC 9990 §3.1). */
import { createHash } from 'node:crypto';
import {
  type AggregateRecord,
  type ObservedMessage,
  observeMessage,
  type PublishedPolicy,
} from '../dmarc/index.ts';
import type { ReportStore } from './store.ts';

/** A day: RFC 9989 §5.3.8 asks for one report at least in each. */
const day = 86_400_000;

/** What is to be reported about one policy of one domain. */
export interface DueAggregate {
  /** The same at each attempt, so that a report that is sent again can be told (RFC 9990 §3.5.1). */
  readonly reportId: string;
  readonly policy: PublishedPolicy;
  /** The `rua` of the policy, as it stood in DNS. */
  readonly rua: readonly string[];
  /** Milliseconds since 1970. */
  readonly begin: number;
  /** Milliseconds since 1970: the last second of the period. */
  readonly end: number;
  readonly records: readonly AggregateRecord[];
  /** Forgets it: the report is on its way, or nobody wants it. */
  done(): void | Promise<void>;
}

/**
 * Collects verdicts and gives them back by domain when their period is over. Messages under different
 * policies of one domain go into different reports (RFC 9990 §3.1).
 *
 * @example
 * ```ts
 * import type { ObservedMessage } from 'mailwright/dmarc';
 * import { AggregateCollector, MemoryReportStore } from 'mailwright/reports';
 *
 * const collector = new AggregateCollector(new MemoryReportStore());
 * declare const message: ObservedMessage;
 * await collector.observe(message, Date.now());
 * for await (const { policy, records } of collector.due(Date.now())) console.log(policy.domain, records.length);
 * ```
 */
export class AggregateCollector {
  readonly #store: ReportStore;
  readonly #period: number;

  /** @param period - milliseconds, a day by default; periods begin at multiples of it since 1970 */
  constructor(store: ReportStore, period = day) {
    this.#store = store;
    this.#period = period;
  }

  /** Counts a message, where its domain asks for reports. */
  observe(message: ObservedMessage, now: number): void | Promise<void> {
    const rua = message.verdict.policy?.record.rua ?? [];
    const observation = rua.length === 0 ? null : observeMessage(message);
    if (observation === null) return;
    const { count, ...row } = observation.record;
    const group = [prefix, now - (now % this.#period), this.#period, observation.policy, rua];
    return this.#store.add(JSON.stringify(group), JSON.stringify(row), count);
  }

  /** Everything of which the period is over. */
  async *due(now: number): AsyncGenerator<DueAggregate, void, undefined> {
    for (const group of await this.#store.groups()) {
      const known = groupOf(group);
      if (known === null || known.begin + known.period > now) continue;
      const { begin, period, policy, rua } = known;
      const records = [...(await this.#store.read(group))].map(
        ([row, count]) => ({ ...JSON.parse(row), count }) as AggregateRecord,
      );
      yield {
        reportId: createHash('sha256').update(group).digest('hex').slice(0, 32),
        policy,
        rua,
        begin,
        end: begin + period - 1000,
        records,
        done: () => this.#store.drop(group),
      };
    }
  }
}

const prefix = 'aggregate';

interface Group {
  readonly begin: number;
  readonly period: number;
  readonly policy: PublishedPolicy;
  readonly rua: readonly string[];
}

/** What a group's name says; `null` for groups of other collectors. */
function groupOf(text: string): Group | null {
  if (!text.startsWith(`["${prefix}",`)) return null;
  const [, begin, period, policy, rua] = JSON.parse(text);
  return { begin, period, policy, rua };
}
