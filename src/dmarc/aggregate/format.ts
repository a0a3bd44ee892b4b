/** Writing aggregate reports as RFC 9990 §3.1.1 orders their elements. */

import { escapeXml } from '../../xml/index.ts';
import type { AggregateRecord, AggregateReport, PolicyOverride, PublishedPolicy } from './report.ts';

/** The namespace of RFC 9990 §6.1. */
const namespace = 'urn:ietf:params:xml:ns:dmarc-2.0';

/**
 * Writes a report as XML. Extensions are left out: what was in them was not kept.
 *
 * @example
 * ```ts
 * import { type AggregateReport, formatAggregateReport } from 'mailwright/dmarc';
 *
 * declare const report: AggregateReport;
 * formatAggregateReport(report); // '<?xml version="1.0" encoding="UTF-8"?>\n<feedback xmlns=...'
 * ```
 */
export function formatAggregateReport(report: AggregateReport): string {
  const { metadata, policy, records } = report;
  const { organization, email, extraContact, reportId, begin, end, errors, generator } = metadata;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<feedback xmlns="${namespace}">`,
    // RFC 9990 §3.1.1.2: the only version there is.
    tag('version', '1.0'),
    '<report_metadata>',
    tag('org_name', organization),
    tag('email', email),
    tag('extra_contact_info', extraContact),
    tag('report_id', reportId),
    `<date_range>${tag('begin', seconds(begin))}${tag('end', seconds(end))}</date_range>`,
    // One, or none: RFC 9990 §3.1.1.3.
    tag('error', errors.length === 0 ? undefined : errors.join('\n')),
    tag('generator', generator),
    '</report_metadata>',
    policyElement(policy),
    ...records.map(recordElement),
    '</feedback>',
    '',
  ]
    .filter((line, index, lines) => line !== '' || index === lines.length - 1)
    .join('\n');
}

function tag(name: string, text: string | number | undefined): string {
  return text === undefined ? '' : `<${name}>${escapeXml(String(text))}</${name}>`;
}

function seconds(time: number): number {
  return Math.floor(time / 1000);
}

function policyElement(policy: PublishedPolicy): string {
  const { domain, p, sp, np, fo, adkim, aspf, testing, discoveryMethod } = policy;
  const inner = [
    tag('domain', domain),
    tag('discovery_method', discoveryMethod),
    tag('p', p),
    tag('sp', sp),
    tag('np', np),
    tag('fo', fo),
    tag('adkim', adkim),
    tag('aspf', aspf),
    tag('testing', testing === undefined ? undefined : testing ? 'y' : 'n'),
  ];
  return `<policy_published>${inner.join('')}</policy_published>`;
}

function recordElement(record: AggregateRecord): string {
  const { sourceIp, count, disposition, dkim, spf, overrides } = record;
  const evaluated = `${tag('disposition', disposition)}${tag('dkim', dkim)}${tag('spf', spf)}${overrides.map(reasonElement).join('')}`;
  const row = `${tag('source_ip', sourceIp)}${tag('count', count)}<policy_evaluated>${evaluated}</policy_evaluated>`;
  const identifiers = [
    tag('header_from', record.headerFrom),
    tag('envelope_from', record.envelopeFrom ?? undefined),
    tag('envelope_to', record.envelopeTo ?? undefined),
  ];
  const results = [
    ...record.dkimResults.map(
      ({ domain, selector, result, humanResult }) =>
        `<dkim>${tag('domain', domain)}${tag('selector', selector)}${tag('result', result)}${tag('human_result', humanResult)}</dkim>`,
    ),
    ...record.spfResults.map(
      ({ domain, scope, result, humanResult }) =>
        `<spf>${tag('domain', domain)}${tag('scope', scope)}${tag('result', result)}${tag('human_result', humanResult)}</spf>`,
    ),
  ];
  return [
    '<record>',
    `<row>${row}</row>`,
    `<identifiers>${identifiers.join('')}</identifiers>`,
    `<auth_results>${results.join('')}</auth_results>`,
    '</record>',
  ].join('\n');
}

function reasonElement({ type, comment }: PolicyOverride): string {
  return `<reason>${tag('type', type)}${tag('comment', comment)}</reason>`;
}
