/** Aggregate reports: read from strangers, made from verdicts, written and summed up (RFC 9990 §3.1). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type AggregateParse,
  type AggregateReport,
  type DmarcVerdict,
  evaluateDmarc,
  formatAggregateReport,
  type ObservedMessage,
  observeMessage,
  parseAggregateReport,
  summarizeAggregateReport,
} from 'mailwright/dmarc';
import { ZoneResolver } from 'mailwright/dns';

const read = (xml: string): AggregateParse => parseAggregateReport(Buffer.from(xml));
const meta = '<report_metadata><org_name>A</org_name><report_id>1</report_id></report_metadata>';
const policy = '<policy_published><domain>example.com</domain><p>reject</p></policy_published>';
const row = '<record><row><source_ip>192.0.2.1</source_ip><count>2</count></row></record>';
const report = (...parts: string[]) => `<feedback>${parts.join('')}</feedback>`;

const unreadable: readonly [what: string, xml: string, why: string][] = [
  // RFC 9990 §8.1: bombs.
  ['an entity bomb', `<!DOCTYPE lolz [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>${report(meta, policy)}`, 'dtd'],
  ['an outside DTD', `<!DOCTYPE feedback SYSTEM "file:///etc/passwd">${report()}`, 'dtd'],
  ['elements without end', '<feedback>'.repeat(100_000), 'depth'],
  ['elements without end in a record', report(meta, `<record>${'<a>'.repeat(100_000)}`), 'depth'],
  ['half a report', report(meta, policy, row).slice(0, -30), 'cut'],
  ['another document', '<html></html>', 'not-a-report'],
  ['no document', 'Hello', 'cut'],
  ['no policy', report(meta, row), 'incomplete'],
  ['no metadata', report(policy, row), 'incomplete'],
];

for (const [what, xml, why] of unreadable) {
  test(`unreadable: ${what}`, () => {
    const parsed = read(xml);
    assert.equal(parsed.ok ? 'read' : parsed.why, why);
  });
}

test('a report larger than the bound is not looked at', () => {
  assert.deepEqual(parseAggregateReport(new Uint8Array(101), { bytes: 100 }), {
    ok: false,
    why: 'too-large',
  });
});

test('records over the bound, or of which nobody knows whose they are, are counted', () => {
  const xml = report(meta, policy, row.repeat(5), '<record/>', row.replace('2</count>', 'two</count>'));
  const parsed = parseAggregateReport(Buffer.from(xml), { records: 3 });
  assert.ok(parsed.ok);
  assert.deepEqual([parsed.report.records.length, parsed.dropped], [3, 4]);
});

test('reporters differ in order, case and charset', () => {
  const xml = `<?xml version="1.0" encoding="iso-8859-1"?><feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0" xmlns:e="https://e.example/">
    <record><auth_results><spf><domain>a.example</domain><result>hardfail</result></spf></auth_results>
      <identifiers><header_from>example.com</header_from><envelope_from/></identifiers>
      <row><policy_evaluated><spf>FAIL</spf><dkim>Pass</dkim><disposition>Quarantine</disposition>
        <reason><type>something_new</type><comment>why &amp; how</comment></reason></policy_evaluated>
        <count>1</count><source_ip> 2001:db8::1 </source_ip></row><e:arc/></record>
    <policy_published><domain>example.com</domain><p>reject</p><np>none</np><testing>y</testing>
      <discovery_method>treewalk</discovery_method></policy_published>
    <report_metadata><org_name>Gr\u00fc\u00dfe</org_name><date_range><begin>100</begin><end>200.5</end></date_range>
      <error>one</error><error>two</error></report_metadata></feedback>`;
  const parsed = parseAggregateReport(Buffer.from(xml, 'latin1'));
  assert.ok(parsed.ok);
  const { metadata, policy: published, records } = parsed.report;
  assert.deepEqual(metadata, {
    organization: 'Gr\u00fc\u00dfe',
    email: '',
    reportId: '',
    begin: 100_000,
    end: 200_000,
    errors: ['one', 'two'],
  });
  assert.deepEqual(published, {
    domain: 'example.com',
    p: 'reject',
    np: 'none',
    testing: true,
    discoveryMethod: 'treewalk',
  });
  assert.deepEqual(records, [
    {
      sourceIp: '2001:db8::1',
      count: 1,
      disposition: 'quarantine',
      dkim: 'pass',
      spf: 'fail',
      overrides: [{ type: 'other', comment: 'why & how' }],
      headerFrom: 'example.com',
      envelopeFrom: '',
      envelopeTo: null,
      dkimResults: [],
      spfResults: [{ domain: 'a.example', result: 'fail' }],
      extensions: [{ name: 'arc', definition: '' }],
    },
  ]);
});

test('a report in UTF-16', () => {
  const text = `\ufeff<?xml version="1.0" encoding="utf-16"?>${report(meta, policy)}`;
  assert.ok(parseAggregateReport(Buffer.from(text, 'utf16le')).ok);
  assert.ok(parseAggregateReport(Buffer.from(text, 'utf16le').swap16()).ok);
});

const text = fc.string({ unit: 'grapheme', maxLength: 20 }).map((each) => each.replace(/[\p{C}\s]/gu, ''));
const filled = text.filter((each) => each !== '');
const plain = { noNullPrototype: true } as const;
const anyReport: fc.Arbitrary<AggregateReport> = fc.record(
  {
    version: fc.constant('1.0'),
    metadata: fc.record(
      {
        organization: text,
        email: text,
        reportId: text,
        begin: fc.nat(1e9).map((seconds) => seconds * 1000),
        end: fc.nat(1e9).map((seconds) => seconds * 1000),
        errors: fc.array(filled, { maxLength: 1 }),
      },
      plain,
    ),
    policy: fc.record(
      { domain: text, p: fc.constantFrom('none', 'quarantine', 'reject'), fo: filled, testing: fc.boolean() },
      plain,
    ),
    records: fc.array(
      fc.record(
        {
          sourceIp: filled,
          count: fc.nat(),
          disposition: fc.constantFrom('none', 'pass', 'quarantine', 'reject'),
          dkim: fc.constantFrom('pass', 'fail'),
          spf: fc.constantFrom('pass', 'fail'),
          overrides: fc.array(
            fc.record({ type: fc.constantFrom('other', 'policy_test_mode'), comment: filled }, plain),
          ),
          headerFrom: text,
          envelopeFrom: fc.option(text),
          envelopeTo: fc.option(text),
          dkimResults: fc.array(
            fc.record({ domain: text, selector: text, result: fc.constantFrom('pass', 'fail') }, plain),
          ),
          spfResults: fc.array(
            fc.record(
              { domain: text, scope: fc.constant('mfrom'), result: fc.constantFrom('pass', 'softfail') },
              plain,
            ),
          ),
          extensions: fc.constant([]),
        },
        plain,
      ),
      { maxLength: 4 },
    ),
    extensions: fc.constant([]),
  },
  plain,
) as fc.Arbitrary<AggregateReport>;

test('what is written is read again', () => {
  fc.assert(
    fc.property(anyReport, (each) => {
      assert.deepEqual(read(formatAggregateReport(each)), { ok: true, report: each, dropped: 0 });
    }),
  );
});

test('elements stand in the order that RFC 9990 §3.1.1 gives them', () => {
  const [first] = fc.sample(anyReport, 1);
  const xml = formatAggregateReport(first as AggregateReport);
  assert.match(
    xml,
    /^<\?xml version="1.0" encoding="UTF-8"\?>\n<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">\n<version>1.0<\/version>\n<report_metadata>/,
  );
  assert.ok(xml.indexOf('</report_metadata>') < xml.indexOf('<policy_published>'));
});

async function verdictOf(record: string, spfDomain: string): Promise<DmarcVerdict> {
  const zone = new ZoneResolver({ '_dmarc.example.com': { TXT: [record] } });
  return evaluateDmarc({ authorDomain: 'a.example.com', spf: { domain: spfDomain, result: 'pass' } }, zone);
}

const observed: readonly [
  what: string,
  record: string,
  spfDomain: string,
  more: Partial<ObservedMessage>,
  says: string,
][] = [
  ['passed under an enforced policy', 'v=DMARC1; p=reject', 'example.com', {}, 'pass pass'],
  ['passed under none', 'v=DMARC1; p=none', 'example.com', {}, 'none pass'],
  ['failed', 'v=DMARC1; p=reject', 'example.net', {}, 'reject fail'],
  // RFC 9990 §3.1.1.9: a reason wherever the policy is not followed.
  ['failed in test mode', 'v=DMARC1; p=reject; t=y', 'example.net', {}, 'quarantine fail policy_test_mode'],
  ['taken all the same', 'v=DMARC1; p=reject', 'example.net', { handled: 'none' }, 'none fail local_policy'],
  [
    'taken for a list’s sake',
    'v=DMARC1; p=reject',
    'example.net',
    { handled: 'none', overrides: [{ type: 'mailing_list' }] },
    'none fail mailing_list',
  ],
];

for (const [what, record, spfDomain, more, says] of observed) {
  test(`a message that ${what}`, async () => {
    const verdict = await verdictOf(record, spfDomain);
    const seen = observeMessage({
      verdict,
      sourceIp: '192.0.2.1',
      envelopeFrom: spfDomain,
      dkim: [],
      ...more,
    });
    assert.ok(seen);
    const { disposition, spf, overrides } = seen.record;
    assert.equal([disposition, spf, ...overrides.map(({ type }) => type)].join(' '), says);
    assert.equal(seen.record.headerFrom, 'a.example.com');
    assert.equal(seen.policy.domain, 'example.com');
  });
}

test('nothing is reported without a policy or a final verdict (RFC 9989 §5.3.7)', async () => {
  for (const zone of [new ZoneResolver({}), new ZoneResolver({ '_dmarc.example.com': 'TIMEOUT' })]) {
    const verdict = await evaluateDmarc({ authorDomain: 'example.com' }, zone);
    assert.equal(observeMessage({ verdict, sourceIp: '192.0.2.1', envelopeFrom: '', dkim: [] }), null);
  }
});

test('signatures come in the order of RFC 9990 §3.1.3, a hundred at most', async () => {
  const verdict = await verdictOf('v=DMARC1; p=none', 'example.com');
  const signature = (domain: string, result: 'pass' | 'fail') => ({ domain, selector: 's', result });
  const dkim = [
    signature('broken.example', 'fail'),
    ...Array.from({ length: 200 }, () => signature('list.example', 'pass')),
    signature('example.com', 'pass'),
    signature('a.example.com', 'pass'),
  ];
  const seen = observeMessage({ verdict, sourceIp: '192.0.2.1', envelopeFrom: '', dkim });
  const domains = seen?.record.dkimResults.map(({ domain }) => domain);
  assert.deepEqual(domains?.slice(0, 3), ['a.example.com', 'example.com', 'list.example']);
  assert.equal(domains?.length, 100);
});

test('a summary', () => {
  const parsed = read(
    report(
      meta,
      policy,
      row.replace('</row>', '<policy_evaluated><dkim>pass</dkim></policy_evaluated></row>'),
      row.replace('2</count>', '5</count>').replace('.1<', '.9<'),
    ),
  );
  assert.ok(parsed.ok);
  assert.deepEqual(summarizeAggregateReport(parsed.report), {
    messages: 7,
    passed: 2,
    dkimAligned: 2,
    spfAligned: 0,
    dispositions: { none: 7, pass: 0, quarantine: 0, reject: 0 },
    sources: [
      { sourceIp: '192.0.2.9', messages: 5, passed: 0 },
      { sourceIp: '192.0.2.1', messages: 2, passed: 2 },
    ],
  });
});
