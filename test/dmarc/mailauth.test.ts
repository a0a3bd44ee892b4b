/** The tree walk and its verdicts beside mailauth's, over zones of every shape (RFC 9989 §4.10). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dmarc } from 'mailauth/lib/dmarc/index.js';
import { evaluateDmarc } from 'mailwright/dmarc';
import { type Zone, ZoneResolver } from 'mailwright/dns';

const domains = [
  'com',
  'example.com',
  'a.example.com',
  'b.a.example.com',
  'c.b.a.example.com',
  'b.example.com',
  'example.net',
];
const domain = fc.constantFrom(...domains);
const policy = fc.constantFrom('none', 'quarantine', 'reject');
const optional = (name: string, values: fc.Arbitrary<string>) =>
  fc.option(values).map((value) => (value === null ? '' : `; ${name}=${value}`));
const record = fc
  .tuple(
    optional('p', policy),
    optional('sp', policy),
    optional('np', policy),
    optional('psd', fc.constantFrom('y', 'n', 'u')),
    optional('t', fc.constantFrom('y', 'n')),
    optional('adkim', fc.constantFrom('r', 's')),
    optional('aspf', fc.constantFrom('r', 's')),
  )
  .map((tags) => `v=DMARC1${tags.join('')}`);
const held = fc.oneof(
  { weight: 8, arbitrary: fc.array(record, { maxLength: 2 }).map((texts) => ({ TXT: texts })) },
  { weight: 1, arbitrary: fc.constant('TIMEOUT' as const) },
);

/** Records at `_dmarc` of some domains; and some domains that exist otherwise. */
const zone: fc.Arbitrary<Zone> = fc
  .tuple(fc.dictionary(domain, held, { noNullPrototype: true }), fc.subarray(domains))
  .map(([policies, existing]) => ({
    ...Object.fromEntries(existing.map((name) => [name, { A: ['192.0.2.1'] }])),
    ...Object.fromEntries(Object.entries(policies).map(([name, records]) => [`_dmarc.${name}`, records])),
  }));

test('ours and mailauth agree', async () => {
  await fc.assert(
    fc.asyncProperty(
      zone,
      domain,
      fc.option(domain),
      fc.array(domain, { maxLength: 3 }),
      async (records, authorDomain, spf, dkim) => {
        const resolver = new ZoneResolver(records);
        const ours = await evaluateDmarc(
          {
            authorDomain,
            ...(spf !== null && { spf: { domain: spf, result: 'pass' } }),
            dkim: dkim.map((each) => ({ domain: each, result: 'pass' })),
          },
          resolver,
        );
        const theirs = await dmarc({
          headerFrom: [authorDomain],
          spfDomains: spf === null ? [] : [{ domain: spf }],
          dkimDomains: dkim.map((each) => ({ domain: each, id: each })),
          resolver: async (name: string, type: string) => nodeStyle(resolver, name, type),
        } as unknown as Parameters<typeof dmarc>[0]);
        assert.ok(theirs);
        assert.equal(ours.result, theirs.status.result);
        if (ours.result === 'pass' || ours.result === 'fail') {
          const { policy: said, policyDomain } = theirs as unknown as Record<string, string>;
          assert.deepEqual([ours.policy?.effective, ours.policy?.domain], [said, policyDomain]);
        }
      },
    ),
    { numRuns: 2000 },
  );
});

/** As `node:dns` answers: TXT records as lists of strings, trouble as errors with a code. */
function nodeStyle(resolver: ZoneResolver, name: string, type: string): unknown {
  const answer = resolver.resolve(name, type as 'TXT');
  if (answer.status === 'ok') return type === 'TXT' ? answer.records.map((text) => [text]) : answer.records;
  const codes = { nxdomain: 'ENOTFOUND', nodata: 'ENODATA', failure: 'ETIMEOUT' } as const;
  throw Object.assign(new Error(answer.status), { code: codes[answer.status] });
}
