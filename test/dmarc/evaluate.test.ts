/** Verdicts: alignment, dispositions, and what DNS trouble makes of them (RFC 9989 §4.4, §5.3). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DmarcFacts, type DmarcOptions, type DmarcVerdict, evaluateDmarc } from 'mailwright/dmarc';
import { type Zone, ZoneResolver } from 'mailwright/dns';

function evaluate(
  record: string,
  facts: Partial<DmarcFacts>,
  options: DmarcOptions = {},
  more: Zone = {},
): Promise<DmarcVerdict> {
  const zone = new ZoneResolver({ '_dmarc.example.com': { TXT: [record] }, ...more });
  return evaluateDmarc({ authorDomain: 'example.com', ...facts }, zone, options);
}

const spf = (domain: string, result = 'pass') => ({ spf: { domain, result } });
const dkim = (...domains: string[]) => ({ dkim: domains.map((domain) => ({ domain, result: 'pass' })) });

const alignments: readonly [what: string, record: string, facts: Partial<DmarcFacts>, result: string][] = [
  ['the same domain by SPF', 'v=DMARC1; p=none', spf('example.com'), 'pass spf'],
  ['a subdomain, relaxed', 'v=DMARC1; p=none', spf('bounce.example.com'), 'pass spf'],
  ['a subdomain, strict', 'v=DMARC1; p=none; aspf=s', spf('bounce.example.com'), 'fail not-aligned'],
  ['the same domain by DKIM, strict', 'v=DMARC1; p=none; adkim=s', dkim('example.com'), 'pass dkim'],
  ['one of several signatures', 'v=DMARC1; p=none', dkim('example.net', 'a.example.com'), 'pass dkim'],
  ['both', 'v=DMARC1; p=none', { ...spf('a.example.com'), ...dkim('b.example.com') }, 'pass dkim spf'],
  ['another organization', 'v=DMARC1; p=none', spf('example.net'), 'fail not-aligned'],
  ['a name that only ends alike', 'v=DMARC1; p=none', spf('badexample.com'), 'fail not-aligned'],
  ['SPF that did not pass', 'v=DMARC1; p=none', spf('example.com', 'softfail'), 'fail not-authenticated'],
  ['nothing', 'v=DMARC1; p=none', {}, 'fail not-authenticated'],
  [
    'a signature that failed',
    'v=DMARC1; p=none',
    { dkim: [{ domain: 'example.com', result: 'fail' }] },
    'fail not-authenticated',
  ],
  // RFC 9989 §4.10.2: a subdomain that is an organization of its own.
  ['a subdomain with psd=n', 'v=DMARC1; p=none', spf('own.example.com'), 'fail not-aligned'],
];

for (const [what, record, facts, expected] of alignments) {
  test(`alignment: ${what}`, async () => {
    const own = { '_dmarc.own.example.com': { TXT: ['v=DMARC1; psd=n'] } };
    const { result, reason, aligned } = await evaluate(record, facts, {}, own);
    const by = [aligned.dkim ? ' dkim' : '', aligned.spf ? ' spf' : ''].join('');
    assert.equal(result === 'pass' ? `pass${by}` : `${result} ${reason}`, expected);
  });
}

const dispositions: readonly [record: string, options: DmarcOptions, disposition: string][] = [
  ['v=DMARC1; p=none', {}, 'none'],
  ['v=DMARC1; p=quarantine', {}, 'quarantine'],
  ['v=DMARC1; p=reject', {}, 'reject'],
  // RFC 9989 §4.7, `t`: one level below.
  ['v=DMARC1; p=reject; t=y', {}, 'quarantine'],
  ['v=DMARC1; p=quarantine; t=y', {}, 'none'],
  ['v=DMARC1; p=none; t=y', {}, 'none'],
  // RFC 9989 §4.7: `pct` is no more; RFC 7489 §6.6.4 is the other method's.
  ['v=DMARC1; p=reject; pct=0', {}, 'reject'],
  ['v=DMARC1; p=reject; pct=0', { method: 'public-suffix' }, 'quarantine'],
  ['v=DMARC1; p=reject; pct=20', { method: 'public-suffix', sample: 19 }, 'reject'],
  ['v=DMARC1; p=reject; pct=20', { method: 'public-suffix', sample: 20 }, 'quarantine'],
];

test('what the owner asks for', async () => {
  for (const [record, options, disposition] of dispositions) {
    assert.equal((await evaluate(record, {}, options)).disposition, disposition, record);
  }
  assert.equal((await evaluate('v=DMARC1; p=reject', spf('example.com'))).disposition, 'none');
});

const troubles: readonly [what: string, zone: Zone, facts: Partial<DmarcFacts>, result: string][] = [
  ['no author domain', {}, { authorDomain: null }, 'none no-author-domain'],
  ['no record', { '_dmarc.example.com': {} }, {}, 'none no-record'],
  [
    'a record nobody can follow',
    { '_dmarc.example.com': { TXT: ['v=DMARC1; p=all'] } },
    {},
    'permerror bad-policy',
  ],
  // RFC 9989 §4.10.1: nothing to follow, and nobody to tell.
  ['a record without p', { '_dmarc.example.com': { TXT: ['v=DMARC1; sp=reject'] } }, {}, 'none no-policy'],
  ['no answer', { '_dmarc.example.com': 'TIMEOUT' }, spf('example.com'), 'temperror dns-failure'],
  [
    'no answer above, and it matters',
    { '_dmarc.com': 'SERVFAIL' },
    spf('a.example.com'),
    'temperror dns-failure',
  ],
  ['no answer above, and it does not', { '_dmarc.com': 'SERVFAIL' }, spf('example.com'), 'pass aligned'],
  [
    'no answer to whether the author exists',
    { 'a.example.com': 'TIMEOUT' },
    { authorDomain: 'a.example.com' },
    'temperror dns-failure',
  ],
  // RFC 9989 §5.3.6: what might have passed.
  ['SPF did not tell, and it matters', {}, spf('a.example.com', 'temperror'), 'temperror dns-failure'],
  ['SPF did not tell, for another', {}, spf('example.net', 'temperror'), 'fail not-authenticated'],
  [
    'SPF did not tell, DKIM passed',
    {},
    { ...spf('example.com', 'temperror'), ...dkim('example.com') },
    'pass aligned',
  ],
];

for (const [what, zone, facts, expected] of troubles) {
  test(`trouble: ${what}`, async () => {
    const { result, reason } = await evaluate('v=DMARC1; p=reject; np=none', facts, {}, zone);
    assert.equal(`${result} ${reason}`, expected);
  });
}

test('ten thousand signatures cost no more questions than twenty', async () => {
  const domains = Array.from({ length: 10_000 }, (_, index) => `s${index}.example.com`);
  const zone = new ZoneResolver({
    '_dmarc.example.com': { TXT: ['v=DMARC1; p=reject; psd=n'] },
    '_dmarc.s0.example.com': { TXT: ['v=DMARC1; psd=n'] },
  });
  const others = Object.fromEntries(
    domains.map((domain) => [`_dmarc.${domain}`, { TXT: ['v=DMARC1; psd=n'] }]),
  );
  for (const [name, records] of Object.entries(others)) zone.set(name, records);
  const verdict = await evaluateDmarc({ authorDomain: 'example.com', ...dkim(...domains) }, zone);
  assert.equal(verdict.result, 'fail');
  assert.equal(zone.queryCount, 21);
});

test('an evaluation asks each question once', async () => {
  const zone = new ZoneResolver({ '_dmarc.example.com': { TXT: ['v=DMARC1; p=reject'] } });
  await evaluateDmarc(
    { authorDomain: 'a.example.com', ...spf('b.example.com'), ...dkim('c.example.com') },
    zone,
  );
  for (const [question, count] of zone.queries) assert.equal(count, 1, question);
});
