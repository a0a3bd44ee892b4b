/** From counts to report messages: whom they may go to, and what they say (RFC 9990 §3.5, §4). */
import { type DiscoveryOptions, type RefusedDestination, reportDestinations } from '../dmarc/index.ts';
import type { Resolver } from '../dns/index.ts';
import type { AddressInput, ComposedMessage } from '../mime/index.ts';
import type { AggregateCollector, DueAggregate } from './collect-aggregate.ts';
import { composeAggregateReport } from './compose.ts';

/** Who reports. */
export interface Reporter {
  /** Name of the organization. */
  readonly organization: string;
  /** The domain that reports; also that of the reports' identifiers. */
  readonly submitter: string;
  readonly from: AddressInput;
  /** Whom people ask about reports. */
  readonly email: string;
  readonly extraContact?: string;
  /** Name and version of what makes the reports. */
  readonly generator?: string;
}

/** A report message on its way out, or why there is none. */
export type ReadyReport =
  | {
      readonly kind: 'ready';
      readonly due: DueAggregate;
      /** To be signed with DKIM for `submitter`, and sent from an aligned address (RFC 9990 §3.5.2). */
      readonly message: ComposedMessage;
      readonly to: readonly string[];
    }
  /** Nobody may have it. It has been forgotten. */
  | { readonly kind: 'unwanted'; readonly due: DueAggregate; readonly refused: readonly RefusedDestination[] }
  /** DNS does not tell whether somebody may have it. It comes again the next time. */
  | { readonly kind: 'later'; readonly due: DueAggregate };

/**
 * Makes the messages for everything that is due. Call `due.done()` once a message is safely in a queue;
 * a report that is made again has the same identifier and file name (RFC 9990 §3.5.2).
 *
 * @param now - milliseconds since 1970
 *
 * @example
 * ```ts
 * import { ZoneResolver } from 'mailwright/dns';
 * import { AggregateCollector, MemoryReportStore, readyAggregateReports } from 'mailwright/reports';
 *
 * const collector = new AggregateCollector(new MemoryReportStore());
 * const reporter = {
 *   organization: 'Example Mail',
 *   submitter: 'mx.example.net',
 *   from: 'dmarc-reports@mx.example.net',
 *   email: 'postmaster@example.net',
 * };
 * for await (const ready of readyAggregateReports(collector, reporter, new ZoneResolver({}), Date.now())) {
 *   if (ready.kind !== 'ready') continue;
 *   ready.message.octets(); // sign and queue it for ready.to, then:
 *   await ready.due.done();
 * }
 * ```
 */
export async function* readyAggregateReports(
  collector: AggregateCollector,
  reporter: Reporter,
  resolver: Resolver,
  now: number,
  options: DiscoveryOptions = {},
): AsyncGenerator<ReadyReport, void, undefined> {
  const { organization, submitter, from, email, extraContact, generator } = reporter;
  for await (const due of collector.due(now)) {
    const { policy, rua, reportId, begin, end, records } = due;
    const { addresses, refused } = await reportDestinations(policy.domain, rua, 'rua', resolver, options);
    if (addresses.length === 0) {
      if (refused.some(({ why }) => why === 'dns-failure')) yield { kind: 'later', due };
      else {
        await due.done();
        yield { kind: 'unwanted', due, refused };
      }
      continue;
    }
    const metadata = {
      organization,
      email,
      ...(extraContact !== undefined && { extraContact }),
      reportId,
      begin,
      end,
      errors: [],
      ...(generator !== undefined && { generator }),
    };
    const message = await composeAggregateReport(
      { version: '1.0', metadata, policy, records, extensions: [] },
      { from, to: addresses, submitter, date: now, messageId: `${reportId}@${submitter}` },
    );
    yield { kind: 'ready', due, message, to: addresses };
  }
}
