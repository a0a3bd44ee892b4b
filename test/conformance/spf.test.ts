/**
 * spf-rfc7208: the test suite of the SPF project for RFC 7208.
 *
 * Its zones are those of a stub: an SPF entry stands for a TXT record unless TXT is given, `TXT: NONE` says that
 * there is none, and `TIMEOUT` is what all types get that have no entry.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Zone, type ZoneFailure, ZoneResolver } from 'mailwright/dns';
import { checkMailFrom } from 'mailwright/spf';
import { type Case, filesOf, suite } from './suite.ts';

interface Scenario {
  readonly description: string;
  readonly tests: Readonly<Record<string, Check>>;
  readonly zonedata: Readonly<Record<string, readonly Entry[]>>;
}

interface Check {
  readonly helo: string;
  readonly mailfrom: string;
  readonly host: string;
  readonly result: string | readonly string[];
  readonly explanation?: string;
}

type Entry = 'TIMEOUT' | Readonly<Record<string, string | readonly [string, string] | readonly string[]>>;

suite('spf-rfc7208', 'spf-rfc7208', function* (folder) {
  for (const file of filesOf(folder, '.json')) {
    const scenarios: readonly Scenario[] = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    for (const { description, tests, zonedata } of scenarios) {
      const zone = zoneOf(zonedata);
      for (const [name, each] of Object.entries(tests)) {
        yield { name: `${description}: ${name}`, check: () => check(each, zone) } satisfies Case;
      }
    }
  }
});

async function check({ helo, mailfrom, host, result, explanation }: Check, zone: Zone): Promise<void> {
  const verdict = await checkMailFrom({ ip: host, helo, mailFrom: mailfrom }, new ZoneResolver(zone));
  const accepted: readonly string[] = typeof result === 'string' ? [result] : result;
  assert.ok(accepted.includes(verdict.result), `${verdict.result} (${verdict.reason}), not ${result}`);
  // Names and hexadecimal digits in an explanation have no case: RFC 7208 §7.4 writes them in lower case.
  if (explanation === 'DEFAULT') assert.equal(verdict.explanation, undefined);
  else if (explanation !== undefined) {
    assert.equal(verdict.explanation?.toLowerCase(), explanation.toLowerCase());
  }
}

const types = ['A', 'AAAA', 'MX', 'TXT', 'PTR', 'CNAME'] as const;

function zoneOf(data: Scenario['zonedata']): Zone {
  return Object.fromEntries(
    Object.entries(data).map(([name, entries]) => {
      const records: Partial<Record<(typeof types)[number], unknown[] | ZoneFailure>> = {};
      const given = entries.filter((entry) => entry !== 'TIMEOUT');
      const hasText = given.some((entry) => 'TXT' in entry);
      if (given.length < entries.length) for (const type of types) records[type] = 'TIMEOUT';
      for (const [type, value] of given.flatMap((entry) => Object.entries(entry))) {
        const stored = types.find((each) => each === (type === 'SPF' && !hasText ? 'TXT' : type));
        if (stored === undefined || value === 'NONE') continue;
        const held = records[stored];
        records[stored] = [...(Array.isArray(held) ? held : []), dataOf(stored, value)];
      }
      return [name, records];
    }),
  ) as Zone;
}

function dataOf(type: string, value: string | readonly string[]): unknown {
  const texts = typeof value === 'string' ? [value] : value;
  return type === 'MX' ? { preference: Number(texts[0]), exchange: texts[1] } : texts.join('');
}
