/**
 * Reading aggregate reports, those of RFC 9990 and of RFC 7489 alike.
 *
 * Reporters differ: elements in any order, unknown ones, results in capitals, no version. Whatever says
 * which domain and which messages it is about is read; elements of other names are passed over.
 */
import type { Bytes } from '../../machine/index.ts';
import { decodeCharset } from '../../mime/index.ts';
import { type XmlFault, XmlReader } from '../../xml/index.ts';
import { type Element, readElement, textOf, textsOf } from './element.ts';
import type {
  AggregateRecord,
  AggregateReport,
  DkimAuthResult,
  OverrideType,
  PolicyOverride,
  PublishedPolicy,
  ReportExtension,
  ReportMetadata,
  SpfAuthResult,
} from './report.ts';

/** Bounds of a report. */
export interface AggregateLimits {
  /** Octets of XML, 64 MiB by default: large receivers' reports on large senders stay under 20 MiB. */
  readonly bytes?: number;
  /** Records kept, 100,000 by default; those after are counted in `dropped`. */
  readonly records?: number;
}

/** A report that was read, or why there is none. */
export type AggregateParse =
  | {
      readonly ok: true;
      readonly report: AggregateReport;
      /** Records over the bound, or of which address or count could not be read. */
      readonly dropped: number;
    }
  | {
      readonly ok: false;
      readonly why:
        | XmlFault
        | 'too-large'
        | 'not-a-report' // another root element
        | 'incomplete'; // no report_metadata or no policy_published
    };

/**
 * Parses the XML of an aggregate report.
 *
 * Document type declarations are refused, and nothing is expanded or fetched (RFC 9990 §8.1).
 *
 * @example
 * ```ts
 * import { parseAggregateReport } from 'mailwright/dmarc';
 *
 * const xml = new TextEncoder().encode('<feedback><report_metadata>...');
 * const parsed = parseAggregateReport(xml);
 * if (parsed.ok) for (const { sourceIp, count } of parsed.report.records) console.log(sourceIp, count);
 * ```
 */
export function parseAggregateReport(xml: Bytes, limits: AggregateLimits = {}): AggregateParse {
  if (xml.length > (limits.bytes ?? 67_108_864)) return { ok: false, why: 'too-large' };
  const mostRecords = limits.records ?? 100_000;
  const reader = new XmlReader(decodeXml(xml));
  let depth = 0;
  let version: string | null = null;
  let metadata: ReportMetadata | null = null;
  let policy: PublishedPolicy | null = null;
  const records: AggregateRecord[] = [];
  const extensions: ReportExtension[] = [];
  let dropped = 0;
  for (;;) {
    const event = reader.next();
    if (event.type === 'fault') return { ok: false, why: event.why };
    if (event.type === 'end') break;
    if (event.type === 'close') depth--;
    if (event.type !== 'open') continue;
    if (depth === 0) {
      if (event.name !== 'feedback') return { ok: false, why: 'not-a-report' };
      depth++;
      continue;
    }
    const element = readElement(reader, event);
    if ('why' in element) return { ok: false, why: element.why };
    if (element.name === 'version') version = element.text.trim();
    else if (element.name === 'report_metadata') metadata ??= metadataOf(element);
    else if (element.name === 'policy_published') policy ??= policyOf(element);
    else if (element.name === 'record') {
      const record = records.length < mostRecords ? recordOf(element) : null;
      if (record === null) dropped++;
      else records.push(record);
    } else if (element.name.startsWith('extension')) extensions.push(...extensionsOf(element));
  }
  if (metadata === null || policy === null) return { ok: false, why: 'incomplete' };
  return { ok: true, report: { version, metadata, policy, records, extensions }, dropped };
}

/** By the XML declaration, else UTF-8, which is also the answer to a charset that nobody knows (XML 1.0 §4.3.3). */
function decodeXml(xml: Bytes): string {
  const marked = (xml[0] === 0xfe && xml[1] === 0xff) || (xml[0] === 0xff && xml[1] === 0xfe);
  const start = String.fromCharCode(...xml.subarray(0, 200));
  const declared = /^[^<]{0,3}<\?xml[^>]*?\sencoding\s*=\s*["']([\w.:-]{1,40})["']/.exec(start)?.[1];
  const label = marked ? 'utf-16' : (declared ?? 'utf-8');
  return decodeCharset(xml, label) ?? decodeCharset(xml, 'utf-8') ?? '';
}

function metadataOf(element: Element): ReportMetadata {
  const range = element.children.find(({ name }) => name === 'date_range');
  const extraContact = textOf(element, 'extra_contact_info');
  const generator = textOf(element, 'generator');
  return {
    organization: textOf(element, 'org_name') ?? '',
    email: textOf(element, 'email') ?? '',
    ...(extraContact !== undefined && { extraContact }),
    reportId: textOf(element, 'report_id') ?? '',
    begin: seconds(range, 'begin'),
    end: seconds(range, 'end'),
    errors: textsOf(element, 'error'),
    ...(generator !== undefined && { generator }),
  };
}

function seconds(range: Element | undefined, name: string): number {
  const text = (range && textOf(range, name)) ?? '';
  return /^\d{1,12}(?:\.\d+)?$/.test(text) ? Math.trunc(Number(text)) * 1000 : 0;
}

function policyOf(element: Element): PublishedPolicy {
  const word = <T extends string>(name: string, values: readonly T[]): T | undefined =>
    wordOf(textOf(element, name), values);
  const sp = word('sp', policies);
  const np = word('np', policies);
  const adkim = word('adkim', modes);
  const aspf = word('aspf', modes);
  const fo = textOf(element, 'fo');
  const testing = word('testing', ['y', 'n']);
  const discoveryMethod = word('discovery_method', ['psl', 'treewalk']);
  return {
    domain: textOf(element, 'domain') ?? '',
    p: word('p', policies) ?? 'none',
    ...(sp && { sp }),
    ...(np && { np }),
    ...(adkim && { adkim }),
    ...(aspf && { aspf }),
    ...(fo && { fo }),
    ...(testing && { testing: testing === 'y' }),
    ...(discoveryMethod && { discoveryMethod }),
  };
}

const policies = ['none', 'quarantine', 'reject'] as const;
const modes = ['r', 's'] as const;
const dispositions = ['none', 'pass', 'quarantine', 'reject'] as const;
const passOrFail = ['pass', 'fail'] as const;
const dkimWords = ['none', 'pass', 'fail', 'policy', 'neutral', 'temperror', 'permerror'] as const;
const spfWords = ['none', 'neutral', 'pass', 'fail', 'softfail', 'temperror', 'permerror', 'policy'] as const;
const overrideTypes: readonly OverrideType[] = [
  'local_policy',
  'mailing_list',
  'policy_test_mode',
  'trusted_forwarder',
  'forwarded',
  'sampled_out',
];

function wordOf<T extends string>(text: string | undefined, values: readonly T[]): T | undefined {
  const word = text?.toLowerCase();
  return values.find((each) => each === word);
}

function recordOf(element: Element): AggregateRecord | null {
  const part = (name: string) => element.children.find((each) => each.name === name);
  const row = part('row');
  const sourceIp = row && textOf(row, 'source_ip');
  const count = row && textOf(row, 'count');
  if (sourceIp === undefined || sourceIp === '' || count === undefined || !/^\d{1,15}$/.test(count))
    return null;
  const evaluated = row?.children.find(({ name }) => name === 'policy_evaluated');
  const say = (name: string) => evaluated && textOf(evaluated, name);
  const identifiers = part('identifiers');
  const results = part('auth_results')?.children ?? [];
  return {
    sourceIp,
    count: Number(count),
    disposition: wordOf(say('disposition'), dispositions) ?? 'none',
    dkim: wordOf(say('dkim'), passOrFail) ?? 'fail',
    spf: wordOf(say('spf'), passOrFail) ?? 'fail',
    overrides: (evaluated?.children ?? []).filter(({ name }) => name === 'reason').map(overrideOf),
    headerFrom: (identifiers && textOf(identifiers, 'header_from')) ?? '',
    envelopeFrom: (identifiers && textOf(identifiers, 'envelope_from')) ?? null,
    envelopeTo: (identifiers && textOf(identifiers, 'envelope_to')) ?? null,
    dkimResults: results.filter(({ name }) => name === 'dkim').map(dkimOf),
    spfResults: results.filter(({ name }) => name === 'spf').map(spfOf),
    extensions: element.children.filter(({ name }) => !partsOfRecord.has(name)).flatMap(extensionsOf),
  };
}

const partsOfRecord = new Set(['row', 'identifiers', 'auth_results']);

function overrideOf(element: Element): PolicyOverride {
  const comment = textOf(element, 'comment');
  return { type: wordOf(textOf(element, 'type'), overrideTypes) ?? 'other', ...(comment && { comment }) };
}

function dkimOf(element: Element): DkimAuthResult {
  const humanResult = textOf(element, 'human_result');
  return {
    domain: textOf(element, 'domain') ?? '',
    selector: textOf(element, 'selector') ?? '',
    result: wordOf(textOf(element, 'result'), dkimWords) ?? 'none',
    ...(humanResult && { humanResult }),
  };
}

function spfOf(element: Element): SpfAuthResult {
  const scope = wordOf(textOf(element, 'scope'), ['mfrom', 'helo'] as const);
  const humanResult = textOf(element, 'human_result');
  return {
    domain: textOf(element, 'domain') ?? '',
    ...(scope && { scope }),
    result: spfResult(textOf(element, 'result')),
    ...(humanResult && { humanResult }),
  };
}

/** `hardfail`, `unknown` and `error` are what reporters before RFC 7489 wrote. */
function spfResult(text: string | undefined): SpfAuthResult['result'] {
  const word = text?.toLowerCase();
  if (word === 'hardfail') return 'fail';
  if (word === 'unknown') return 'permerror';
  if (word === 'error') return 'temperror';
  return wordOf(word, spfWords) ?? 'none';
}

/** RFC 9990 §5 puts elements of other namespaces here; older drafts wrapped them in `extension`. */
function extensionsOf(element: Element): ReportExtension[] {
  if (element.name === 'extensions' || (element.name === 'extension' && element.attributes.size === 0)) {
    return element.children.flatMap(extensionsOf);
  }
  const { attributes } = element;
  return [{ name: attributes.get('name') ?? element.name, definition: attributes.get('definition') ?? '' }];
}
