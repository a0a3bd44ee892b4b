/**
 * auth-rspamd: message, envelope and canned DNS; what do SPF, DKIM, ARC and DMARC say together?
 *
 * Rspamd finds organizational domains in the public suffix list and heeds `pct`, as RFC 7489 has it.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Zone, type ZoneRecords, ZoneResolver } from 'mailwright/dns';
import { type Authenticity, authenticate } from 'mailwright/policy';
import { filesOf, suite } from './suite.ts';

interface RspamdCase {
  readonly name: string;
  readonly file: string;
  readonly ip?: string;
  readonly from?: string;
  readonly helo?: string;
  /** Lists of symbols, of each of which one is due. */
  readonly expect: readonly (readonly string[])[];
  readonly notExpect: readonly string[];
}

interface DnsRecord {
  readonly name: string;
  readonly type: string;
  readonly replies: readonly string[];
  readonly rcode: string | null;
}

suite('auth-rspamd', 'auth-rspamd', function* (folder) {
  const zone = zoneOf(JSON.parse(readFileSync(join(folder, 'dns.json'), 'utf8')));
  for (const file of filesOf(folder, '.json')) {
    if (file === 'dns.json') continue;
    for (const each of JSON.parse(readFileSync(join(folder, file), 'utf8')) as RspamdCase[]) {
      const message = join(folder, 'messages', each.file);
      yield {
        name: `${file}: ${each.name}`,
        skip: reasonToSkip(each, message, zone),
        check: () => check(each, readFileSync(message, 'latin1'), zone),
      };
    }
  }
});

/** Cases that the RFCs or the data contradict, found by what they are made of. */
function reasonToSkip({ from = '', expect }: RspamdCase, message: string, zone: Zone): string | undefined {
  if (!existsSync(message)) return 'its message is not in the folder';
  const wants = (symbol: RegExp) => expect.flat().some((each) => symbol.test(each));
  const records = zone[from.slice(from.lastIndexOf('@') + 1)];
  const texts = typeof records === 'object' && Array.isArray(records.TXT) ? records.TXT : [];
  const included = texts.flatMap((text) =>
    [...text.matchAll(/ include:(\S+)/gi)].map(([, name = '']) => name),
  );
  if (wants(/^R_SPF_(?:ALLOW|FAIL|SOFTFAIL|NEUTRAL)$/) && included.some((name) => zone[name] === undefined)) {
    return 'rspamd passes over an include without a record; RFC 7208 §5.2 makes it permerror';
  }
  const seals = readFileSync(message, 'latin1').matchAll(/^ARC-Seal:(?:.*\n)(?:[ \t].*\n)*/gim);
  const keys = [...seals].map(([seal]) => {
    const tag = (name: string) => new RegExp(`[;\\s]${name}=([^;\\s]+)`).exec(seal)?.[1];
    return `${tag('s')}._domainkey.${tag('d')}`;
  });
  if (wants(/^ARC_(?:ALLOW|REJECT|INVALID)$/) && keys.some((name) => zone[name] === undefined)) {
    return 'its keys were asked of the live DNS and are not among the canned answers';
  }
  return undefined;
}

async function check(
  { ip, from, helo, expect, notExpect }: RspamdCase,
  text: string,
  zone: Zone,
): Promise<void> {
  const octets = Buffer.from(text.replace(/\r?\n/g, '\r\n'), 'latin1');
  const facts = { ip: ip ?? null, helo: helo ?? '', mailFrom: from ?? '' };
  // Rspamd's signatures are of 2016, and so are its keys.
  const options = { authservId: 'test', method: 'public-suffix', iprev: false } as const;
  const found = await authenticate(octets, facts, new ZoneResolver(zone), options);
  const symbols = symbolsOf(found);
  const shown = `${symbols.join(' ')} in ${found.field}`;
  for (const any of [expect].flat().map((each) => [each].flat())) {
    // What rspamd says about other things (names, headers) is not asked here.
    if (any.some((symbol) => known.test(symbol))) {
      assert.ok(
        any.some((symbol) => symbols.includes(symbol)),
        `${any.join(' or ')}: ${shown}`,
      );
    }
  }
  for (const symbol of [notExpect].flat(2)) assert.ok(!symbols.includes(symbol), `not ${symbol}: ${shown}`);
}

const known = /^(?:DMARC|R_SPF|ARC|R_DKIM)_/;

/** Our verdicts in rspamd's words. */
function symbolsOf({ dmarc, spf, arc, dkim }: Authenticity): string[] {
  const dispositions = { none: 'SOFTFAIL', quarantine: 'QUARANTINE', reject: 'REJECT' } as const;
  const byResult = {
    none: 'DMARC_NA',
    pass: 'DMARC_POLICY_ALLOW',
    fail: `DMARC_POLICY_${dispositions[dmarc.disposition]}`,
    temperror: 'DMARC_DNSFAIL',
    permerror: 'DMARC_BAD_POLICY',
  } as const;
  const bySpf = {
    none: 'R_SPF_NA',
    neutral: 'R_SPF_NEUTRAL',
    pass: 'R_SPF_ALLOW',
    fail: 'R_SPF_FAIL',
    softfail: 'R_SPF_SOFTFAIL',
    temperror: 'R_SPF_DNSFAIL',
    permerror: 'R_SPF_PERMFAIL',
  } as const;
  // RFC 8617 §4.4 has one word for a chain that is broken and one that is forged.
  const byArc = { none: ['ARC_NA'], pass: ['ARC_ALLOW'], fail: ['ARC_REJECT', 'ARC_INVALID'] } as const;
  const byDkim: Readonly<Record<string, string>> = {
    none: 'R_DKIM_NA',
    pass: 'R_DKIM_ALLOW',
    fail: 'R_DKIM_REJECT',
    temperror: 'R_DKIM_TEMPFAIL',
    permerror: 'R_DKIM_PERMFAIL',
  };
  const signatures = dkim.map(({ status }) => byDkim[status] ?? '');
  return [byResult[dmarc.result], bySpf[spf.result], ...byArc[arc.status], ...signatures];
}

/** The canned answers as a zone; what is not in it does not exist. */
function zoneOf(records: readonly DnsRecord[]): Zone {
  const zone: Record<string, Record<string, unknown>> = {};
  for (const { name, type, replies, rcode } of records) {
    const held = zone[name] ?? {};
    if (rcode === 'timeout') held[type.toUpperCase()] = 'TIMEOUT';
    else if (rcode === 'servfail') held[type.toUpperCase()] = 'SERVFAIL';
    else if (replies.length > 0) held[type.toUpperCase()] = replies.map((reply) => dataOf(type, reply));
    if (rcode !== 'nxdomain') zone[name] = held;
  }
  return zone as Record<string, ZoneRecords>;
}

function dataOf(type: string, reply: string): unknown {
  const [preference, exchange] = reply.split(' ');
  return type === 'mx' ? { preference: Number(preference), exchange } : reply;
}
