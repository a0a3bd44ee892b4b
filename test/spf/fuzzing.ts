import { isDeepStrictEqual } from 'node:util';
import { ZoneResolver } from 'mailwright/dns';
import { checkMailFrom, formatSpfRecord, isSpfRecord, parseSpfRecord } from 'mailwright/spf';
import { type FuzzReport, fuzz } from 'mailwright/testing';

const seeds = [
  'v=spf1 a mx/24//64 ip4:192.0.2.0/24 ip6:2001:db8::/32 ~all',
  'v=spf1 include:a.example -exists:%{ir}.%{v}._spf.%{d2} redirect=%{l1r+-}.example exp=why.%{d}',
  'v=spf1 ptr:example.com ?a:%{p}.%{H}%%%_%-.example. x.y-z=%{c}%{r}%{t} -all',
].map((text) => Buffer.from(text));

const hosts = Array.from({ length: 12 }, (_, at) => ({ preference: at, exchange: `mx${at}.example` }));

/** The most that one record can make a check ask: ten terms of eleven questions each, and what begins and ends it. */
const mostQuestions = 1 + 10 * 11 + 12;

/** Mutilated records: read without a throw, written and read back the same. */
export function fuzzRecords(runs: number): FuzzReport {
  return fuzz({ name: 'SPF records', seeds, runs }, (input) => {
    const text = Buffer.from(input).toString('latin1');
    const parsed = parseSpfRecord(text);
    if (!parsed.ok) return undefined;
    const again = parseSpfRecord(formatSpfRecord(parsed.record));
    return again.ok && isDeepStrictEqual(again.record, parsed.record) ? undefined : 'reads back otherwise';
  });
}

/** Mutilated records at every name there is: checks end, within their limits. */
export async function fuzzChecks(runs: number): Promise<void> {
  const texts: string[] = [];
  fuzz({ name: 'SPF checks', seeds, runs }, (input) => {
    const text = Buffer.from(input).toString('latin1');
    if (isSpfRecord(text)) texts.push(text);
    return undefined;
  });
  for (const text of texts) {
    const zone = new ZoneResolver({
      '*.example': { TXT: [text], MX: hosts.slice(0, 10), A: ['192.0.2.200'], PTR: ['a.example'] },
      'mail.example': { TXT: [text] },
      '1.2.0.192.in-addr.arpa': { PTR: hosts.map(({ exchange }) => exchange) },
    });
    const client = { ip: '192.0.2.1', helo: 'a.example', mailFrom: `a-b+c@mail.example` };
    const verdict = await checkMailFrom(client, zone, { maxVoidLookups: 10, trace: true });
    if (zone.queryCount > mostQuestions) throw new Error(`${zone.queryCount} questions for ${text}`);
    if (verdict.lookups > 10) throw new Error(`${verdict.lookups} lookups for ${text}`);
    if (!/^[ -~]*$/.test(verdict.reason)) throw new Error(`unprintable reason for ${text}`);
  }
}
