/** What was found of a message, as aggregate reports want it (RFC 9990 §3.1.1.7). */
import type { DmarcPolicy, ObservedMessage, PolicyOverride } from '../dmarc/index.ts';
import type { Authenticity } from './authenticate.ts';

/** What reports tell beside the verdicts. */
export interface ObservationFacts {
  /** The client's address. */
  readonly sourceIp: string;
  /** The domain of a recipient, where the host wants to tell. */
  readonly envelopeTo?: string;
  /** What was done in the end; by default what the author's domain asks for. */
  readonly handled?: DmarcPolicy;
  /** Why that is something else (RFC 9990 §3.1.6). */
  readonly overrides?: readonly PolicyOverride[];
}

/**
 * Makes of a message what `AggregateCollector` of `mailwright/reports` counts.
 *
 * @example
 * ```ts
 * import { type Authenticity, observedMessage } from 'mailwright/policy';
 * import { AggregateCollector, MemoryReportStore } from 'mailwright/reports';
 *
 * const collector = new AggregateCollector(new MemoryReportStore());
 * declare const found: Authenticity; // given to `judge`
 * await collector.observe(observedMessage(found, { sourceIp: '192.0.2.1' }), Date.now());
 * ```
 */
export function observedMessage(
  { dmarc, spf, dkim }: Pick<Authenticity, 'dmarc' | 'spf' | 'dkim'>,
  facts: ObservationFacts,
): ObservedMessage {
  return {
    ...facts,
    verdict: dmarc,
    envelopeFrom: spf.identity === 'helo' ? '' : spf.domain,
    spf: { domain: spf.domain, result: spf.result },
    dkim: dkim.flatMap(({ status, signature }) =>
      signature === undefined
        ? []
        : [{ domain: signature.asciiDomain, selector: signature.selector, result: status }],
    ),
  };
}
