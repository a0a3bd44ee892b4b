/** TLS reporting: records and reports (RFC 8460 §3, §4). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ZoneResolver } from 'mailwright/dns';
import {
  findTlsReporting,
  formatTlsReport,
  parseTlsReport,
  parseTlsReportingRecord,
  type TlsReport,
} from 'mailwright/tlsrpt';

test('records', () => {
  const table: readonly [text: string, rua: readonly string[] | null][] = [
    ['v=TLSRPTv1;rua=mailto:reports@example.com', ['mailto:reports@example.com']],
    [
      'v=TLSRPTv1; rua=https://r.example/v1 , mailto:a@example.com;',
      ['https://r.example/v1', 'mailto:a@example.com'],
    ],
    ['v=TLSRPTv1; ext=x; rua=mailto:a@example.com', ['mailto:a@example.com']],
    ['v=TLSRPTv1; rua=http://r.example/,ftp:x', null],
    ['v=TLSRPTv1;', null],
    ['v=TLSRPTv2; rua=mailto:a@example.com', null],
    ['rua=mailto:a@example.com', null],
  ];
  for (const [text, rua] of table) assert.deepEqual(parseTlsReportingRecord(text)?.rua ?? null, rua, text);
  const many = parseTlsReportingRecord(`v=TLSRPTv1; rua=${'mailto:a@b,'.repeat(100_000)}`);
  assert.equal(many?.rua.length, 20);
});

test('not exactly one record is none (RFC 8460 §3)', async () => {
  const record = 'v=TLSRPTv1; rua=mailto:a@example.com';
  const zone = new ZoneResolver({
    '_smtp._tls.one.example': { TXT: ['other', record] },
    '_smtp._tls.two.example': { TXT: [record, record] },
    '_smtp._tls.slow.example': 'TIMEOUT',
  });
  const domains = ['one.example', 'two.example', 'no.example', 'slow.example'];
  const kinds = await Promise.all(domains.map(async (domain) => (await findTlsReporting(domain, zone)).kind));
  assert.deepEqual(kinds, ['record', 'none', 'none', 'failure']);
});

const parse = (value: unknown) =>
  parseTlsReport(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));

test('what is no report', () => {
  for (const [json, why] of [
    ['', 'syntax'],
    ['{', 'syntax'],
    ['['.repeat(1_000_000), 'syntax'],
    ['null', 'not-a-report'],
    ['[]', 'not-a-report'],
    [{ policies: [] }, 'not-a-report'],
    [{ 'date-range': {}, policies: {} }, 'not-a-report'],
  ] as const) {
    const parsed = parse(json);
    assert.equal(parsed.ok ? 'read' : parsed.why, why, String(json).slice(0, 40));
  }
  assert.deepEqual(parseTlsReport(new Uint8Array(11), { bytes: 10 }), { ok: false, why: 'too-large' });
});

test('values of other types count as absent', () => {
  const parsed = parse({
    'organization-name': 5,
    'date-range': { 'start-datetime': 'yesterday', 'end-datetime': '2026-05-01T23:59:59+00:00' },
    policies: [
      null,
      {
        policy: { 'policy-type': 'STS', 'policy-domain': {}, 'policy-string': 'one', 'mx-host': [1, 'mx'] },
        summary: { 'total-successful-session-count': '7', 'total-failure-session-count': -1 },
        'failure-details': [
          { 'result-type': 'later-defined', 'failed-session-count': 1.5, __proto__: 1 },
          'x',
        ],
      },
    ],
  });
  assert.ok(parsed.ok);
  const { organization, begin, end, policies } = parsed.report;
  assert.deepEqual([organization, begin, end], ['', 0, Date.UTC(2026, 4, 1, 23, 59, 59)]);
  assert.equal(policies[0]?.policyType, 'unknown');
  assert.deepEqual(policies[1], {
    policyType: 'sts',
    policyStrings: ['one'],
    policyDomain: '',
    mxHosts: ['mx'],
    successes: 7,
    failures: 0,
    details: [
      { resultType: 'later-defined', sessions: 0 },
      { resultType: 'validation-failure', sessions: 0 },
    ],
  });
});

test('rows over the bound are left out', () => {
  const policy = { 'failure-details': Array.from({ length: 30 }, () => ({})) };
  const report = { 'date-range': {}, policies: Array.from({ length: 50 }, () => policy) };
  const parsed = parseTlsReport(Buffer.from(JSON.stringify(report)), { rows: 40 });
  assert.ok(parsed.ok);
  assert.equal(parsed.report.policies.length, 40);
  assert.equal(
    parsed.report.policies.reduce((sum, { details }) => sum + details.length, 0),
    40,
  );
});

const time = fc.nat(2e9).map((seconds) => seconds * 1000);
const plain = { noNullPrototype: true } as const;
const filled = fc.string({ minLength: 1 });
const anyReport = fc.record(
  {
    organization: fc.string(),
    begin: time,
    end: time,
    contact: fc.string(),
    reportId: fc.string(),
    policies: fc.array(
      fc.record(
        {
          policyType: fc.constantFrom('tlsa', 'sts', 'no-policy-found'),
          policyStrings: fc.array(filled),
          policyDomain: fc.string(),
          mxHosts: fc.array(filled),
          successes: fc.nat(),
          failures: fc.nat(),
          details: fc.array(
            fc.record({ resultType: filled, sessions: fc.nat(), receivingIp: filled }, plain),
          ),
        },
        plain,
      ),
    ),
  },
  plain,
) as fc.Arbitrary<TlsReport>;

test('what is written is read again', () => {
  fc.assert(
    fc.property(anyReport, (report) =>
      assert.deepEqual(parse(formatTlsReport(report)), { ok: true, report }),
    ),
  );
});

test('no JSON makes it throw', () => {
  fc.assert(fc.property(fc.json(), (json) => void parse(json)));
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (range, policy) => {
      parse({
        'date-range': range,
        policies: [policy, { policy, summary: range, 'failure-details': [policy] }],
      });
    }),
  );
});
