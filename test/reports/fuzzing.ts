/** Mutants of report messages, of their attachments and of records, read in every way there is. */
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { indicatorFault, parseBimiRecord } from 'mailwright/bimi';
import { formatAggregateReport, parseAggregateReport, parseDmarcRecord } from 'mailwright/dmarc';
import { composeMessage, mixed, parseMessage, report, textPart } from 'mailwright/mime';
import { parseMtaStsPolicy } from 'mailwright/mtasts';
import { bouncesOf, deliveryStatusOf, feedbackReportOf, readReports } from 'mailwright/reports';
import { mutant, SeededRandom } from 'mailwright/testing';
import { formatTlsReport, parseTlsReport } from 'mailwright/tlsrpt';

const xml = `<?xml version="1.0"?><feedback><report_metadata><org_name>A &amp; B</org_name><report_id>1</report_id>
<date_range><begin>1</begin><end>2</end></date_range></report_metadata><policy_published><domain>example.com</domain>
<p>none</p></policy_published><record><row><source_ip>192.0.2.1</source_ip><count>2</count><policy_evaluated>
<disposition>none</disposition><dkim>fail</dkim><spf>pass</spf></policy_evaluated></row><identifiers><header_from>
example.com</header_from></identifiers><auth_results><spf><domain>a.example</domain><result>pass</result></spf>
</auth_results></record></feedback>`;
const json = JSON.stringify({
  'date-range': { 'start-datetime': '2026-05-01T00:00:00Z', 'end-datetime': '2026-05-01T23:59:59Z' },
  policies: [{ policy: { 'policy-type': 'sts' }, summary: {}, 'failure-details': [{ 'result-type': 'x' }] }],
});
const feedback =
  'Feedback-Type: auth-failure\r\nSource-IP: 192.0.2.1\r\nAuth-Failure: dmarc\r\nIdentity-Alignment: dkim, spf\r\n';
const status =
  'Reporting-MTA: dns; a.example\r\n\r\nFinal-Recipient: rfc822; b@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n';
const head = { from: 'a@example.com', date: 0, messageId: 'one@example.com' };
const gzip = { kind: 'file', type: 'application/gzip' } as const;
const mails = [
  mixed(textPart('Hello'), { ...gzip, content: gzipSync(xml) }),
  report('feedback-report', { kind: 'text', type: 'message/feedback-report', text: feedback }),
  report('delivery-status', { kind: 'text', type: 'message/delivery-status', text: status }),
].map((body) => composeMessage({ ...head, body }).octets());
const texts = [
  xml,
  json,
  'v=DMARC1; p=none; rua=mailto:a@example.com; fo=1:d:s',
  'v=BIMI1; l=https://example.com/a.svg; a=',
  'version: STSv1\nmode: enforce\nmx: *.example.com\nmax_age: 1\n',
  '<svg version="1.2" baseProfile="tiny-ps"><title>A</title><use href="#a"/></svg>',
].map((text) => Buffer.from(text));
const dictionary = [
  '<!DOCTYPE a [',
  '<![CDATA[',
  ']]>',
  '<!--',
  '&#x41;',
  '</record>',
  '\r\n\r\n',
  ';',
  '":{"',
  '[[[[',
].map((word) => Buffer.from(word));

/** Reads so many mutants; nothing may throw, and what was read can be written and read again. */
export async function fuzzReports(runs: number, seed: number): Promise<void> {
  const random = new SeededRandom(seed);
  for (let run = 0; run < runs; run++) {
    if (run % 4 === 0) {
      const message = parseMessage(mutant({ seeds: mails, dictionary }, random));
      feedbackReportOf(message);
      deliveryStatusOf(message);
      bouncesOf(message);
      await readReports(message, { bytes: 100_000 });
      continue;
    }
    const octets = mutant({ seeds: texts, dictionary }, random);
    const text = Buffer.from(octets).toString();
    const aggregate = parseAggregateReport(octets);
    if (aggregate.ok)
      assert.ok(parseAggregateReport(Buffer.from(formatAggregateReport(aggregate.report))).ok);
    const tls = parseTlsReport(octets);
    if (tls.ok) assert.ok(parseTlsReport(Buffer.from(formatTlsReport(tls.report))).ok);
    indicatorFault(octets);
    parseDmarcRecord(text);
    parseBimiRecord(text);
    parseMtaStsPolicy(text);
  }
}
