/** arc-valimail: chains to validate, and sets to make, of which every signature is compared. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ArcSealer, validateArc } from 'mailwright/arc';
import { gatherResults } from 'mailwright/authres';
import { ZoneResolver } from 'mailwright/dns';
import { HeaderFields } from 'mailwright/mime';
import { SigningKey } from 'mailwright/signature';
import { type Case, filesOf, suite } from './suite.ts';

interface Scenario<T> {
  readonly description: string;
  readonly tests: Readonly<Record<string, T>>;
  readonly domain: string;
  readonly sel: string;
  readonly privatekey: string;
  readonly 'txt-records'?: Readonly<Record<string, string>>;
}

interface Validation {
  readonly message: string;
  readonly cv: string | null;
}

interface Signing {
  readonly message: string;
  readonly t: string | number;
  readonly 'sig-headers': string;
  readonly 'srv-id': string;
  readonly AS: string;
  readonly AMS: string;
  readonly AAR: string;
}

const withCrlf = (text: string) => Buffer.from(text.replace(/\r?\n/g, '\r\n'));

/** Records that stand in the suite on several lines. */
function resolverOf({ 'txt-records': records = {} }: Scenario<unknown>): ZoneResolver {
  return new ZoneResolver(
    Object.fromEntries(
      Object.entries(records).map(([name, text]) => [name, { TXT: [text.replace(/\n/g, '')] }]),
    ),
  );
}

suite('arc-valimail', 'arc-valimail', function* (folder): Generator<Case> {
  for (const file of filesOf(folder, '.json')) {
    const scenarios: Scenario<Validation & Signing>[] = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    for (const scenario of scenarios) {
      for (const [name, each] of Object.entries(scenario.tests)) {
        const signs = 'AMS' in each;
        yield {
          name: `${file}:${name}`,
          check: () => (signs ? seals(scenario, each) : validates(scenario, each)),
        };
      }
    }
  }
});

async function validates(scenario: Scenario<unknown>, { message, cv }: Validation): Promise<void> {
  const verdict = await validateArc(withCrlf(message), { resolver: resolverOf(scenario) });
  assert.equal(
    verdict.status,
    cv?.toLowerCase() || 'none',
    `${verdict.reason} ${JSON.stringify(verdict.at)}`,
  );
}

async function seals(scenario: Scenario<unknown>, each: Signing): Promise<void> {
  const message = withCrlf(each.message);
  const chain = await validateArc(message, { resolver: resolverOf(scenario) });
  const { domain, sel: selector, privatekey: privateKey } = scenario;
  const sealer = new ArcSealer({
    key: new SigningKey({ domain, selector, privateKey }),
    headers: each['sig-headers'].split(':').map((name) => name.trim()),
    now: () => Number(each.t) * 1000,
  });
  sealer.write(message);
  const results = gatherResults(HeaderFields.scan(message), each['srv-id']);
  const set = await sealer.finish({ chain, results });
  // Where nothing may be added, the suite has empty fields.
  if (set === null) {
    assert.equal(`${each.AS}${each.AMS}${each.AAR}`.trim(), '');
    return;
  }
  const fields = HeaderFields.scan(Buffer.from(set));
  const value = (name: string) => fields.get(name)?.value ?? '';
  assert.deepEqual(tags(value('arc-message-signature')), tags(each.AMS));
  assert.deepEqual(tags(value('arc-seal')), tags(each.AS));
  const words = (text: string) => text.replace(/\s+/g, ' ').trim();
  assert.equal(words(value('arc-authentication-results')), words(each.AAR));
}

/** Tags by name, without the white space in which the suite breaks them. */
function tags(text: string): Record<string, string> {
  return Object.fromEntries(
    text
      .split(';')
      .map((tag) => tag.replace(/\s+/g, ''))
      .filter((tag) => tag !== '')
      .map((tag) => [tag.slice(0, tag.indexOf('=')), tag.slice(tag.indexOf('=') + 1)]),
  );
}
