/** Policies and organizational domains: the tree walk, and the public suffix list (RFC 9989 §4.10). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type DiscoveryMethod,
  evaluateDmarc,
  findOrganizationalDomain,
  registrableDomain,
} from 'mailwright/dmarc';
import { type Zone, ZoneResolver } from 'mailwright/dns';

/** A zone of DMARC records, by their domains. */
function policies(records: Readonly<Record<string, string>>, more: Zone = {}): ZoneResolver {
  const zone = Object.entries(records).map(([domain, text]) => [`_dmarc.${domain}`, { TXT: [text] }]);
  return new ZoneResolver({ ...Object.fromEntries(zone), ...more });
}

const plain = 'v=DMARC1; p=reject';

const organizations: readonly [
  what: string,
  records: Readonly<Record<string, string>>,
  domain: string,
  organization: string,
][] = [
  // The three examples of RFC 9989 §4.10.2.
  [
    'the shortest name with a record',
    { 'mail.example.com': plain, 'example.com': plain },
    'a.mail.example.com',
    'example.com',
  ],
  [
    'psd=n ends the walk',
    { 'mail.example.com': `${plain}; psd=n`, 'example.com': plain },
    'a.mail.example.com',
    'mail.example.com',
  ],
  ['psd=y: one label below', { com: 'v=DMARC1; psd=y' }, 'a.mail.example.com', 'example.com'],
  ['no record at all: the domain itself', {}, 'a.mail.example.com', 'a.mail.example.com'],
  ['psd=y where the walk starts: itself', { com: 'v=DMARC1; psd=y' }, 'com', 'com'],
  [
    'psd=y above is not reached beyond psd=n',
    { com: 'v=DMARC1; psd=y', 'b.example.com': 'v=DMARC1; psd=n' },
    'a.b.example.com',
    'b.example.com',
  ],
  // RFC 9989 §5.1.8: more than eight labels, and the record at the seventh is passed over.
  [
    'a name too long for its record',
    { 'b.c.d.e.f.g.example.com': `${plain}; psd=n`, 'example.com': plain },
    'mail.a.b.c.d.e.f.g.example.com',
    'example.com',
  ],
];

for (const [what, records, domain, organization] of organizations) {
  test(`tree walk: ${what}`, async () => {
    assert.deepEqual(await findOrganizationalDomain(domain, policies(records)), {
      kind: 'found',
      domain: organization,
    });
  });
}

test('a tree walk asks eight times at most, as RFC 9989 §4.10 shows', async () => {
  const zone = policies({});
  await findOrganizationalDomain('a.b.c.d.e.f.g.h.i.j.mail.example.com', zone);
  assert.deepEqual(
    [...zone.queries.keys()],
    [
      'TXT _dmarc.a.b.c.d.e.f.g.h.i.j.mail.example.com',
      'TXT _dmarc.g.h.i.j.mail.example.com',
      'TXT _dmarc.h.i.j.mail.example.com',
      'TXT _dmarc.i.j.mail.example.com',
      'TXT _dmarc.j.mail.example.com',
      'TXT _dmarc.mail.example.com',
      'TXT _dmarc.example.com',
      'TXT _dmarc.com',
    ],
  );
});

test('a walk that gets no answer says so', async () => {
  const zone = policies({}, { '_dmarc.com': 'TIMEOUT' });
  const found = await findOrganizationalDomain('example.com', zone);
  assert.equal(found.kind, 'failure');
});

const discoveries: readonly [
  what: string,
  records: Readonly<Record<string, string>>,
  author: string,
  found: string,
][] = [
  [
    'the author has one',
    { 'example.com': 'v=DMARC1; p=reject; sp=none' },
    'example.com',
    'example.com reject',
  ],
  [
    'sp for a subdomain that exists',
    { 'example.com': 'v=DMARC1; p=reject; sp=quarantine; np=none' },
    'here.example.com',
    'example.com quarantine',
  ],
  [
    'np for one that does not',
    { 'example.com': 'v=DMARC1; p=reject; sp=quarantine; np=none' },
    'gone.example.com',
    'example.com none',
  ],
  [
    'without np, sp for both',
    { 'example.com': 'v=DMARC1; p=reject; sp=quarantine' },
    'gone.example.com',
    'example.com quarantine',
  ],
  ['without sp and np, p', { 'example.com': plain }, 'gone.example.com', 'example.com reject'],
  // RFC 9989 §4.10.1: the organization's before one between, which is no organization's.
  [
    'not one between',
    { 'example.com': plain, 'b.example.com': 'v=DMARC1; p=none' },
    'a.b.example.com',
    'example.com reject',
  ],
  [
    'of a public suffix, without one of the organization',
    { com: 'v=DMARC1; psd=y; p=none; sp=reject' },
    'example.com',
    'com reject',
  ],
  [
    'not of a public suffix where the organization has one',
    { com: 'v=DMARC1; psd=y; p=reject', 'example.com': 'v=DMARC1; p=none' },
    'a.example.com',
    'example.com none',
  ],
  // RFC 9989 §4.7: a record without p is one with p=none.
  ['without p', { 'example.com': 'v=DMARC1; rua=mailto:a@example.com' }, 'example.com', 'example.com none'],
];

for (const [what, records, author, expected] of discoveries) {
  test(`policy: ${what}`, async () => {
    const zone = policies(records, { 'here.example.com': { A: ['192.0.2.1'] } });
    const { policy, disposition, result } = await evaluateDmarc({ authorDomain: author }, zone);
    assert.equal(result, 'fail');
    assert.equal(`${policy?.domain} ${policy?.policy}`, expected);
    assert.equal(disposition, policy?.policy);
  });
}

test('several records are none in a tree walk (RFC 9989 §4.10), and an error by RFC 7489', async () => {
  const zone = new ZoneResolver({
    '_dmarc.a.example.com': { TXT: [plain, 'v=DMARC1; p=none', 'v=spf1 -all'] },
    '_dmarc.example.com': { TXT: ['another', 'v=DMARC1; p=quarantine'] },
  });
  const by = (method: DiscoveryMethod) => evaluateDmarc({ authorDomain: 'a.example.com' }, zone, { method });
  assert.equal((await by('tree-walk')).policy?.domain, 'example.com');
  assert.equal((await by('public-suffix')).reason, 'several-records');
});

test('the public-suffix method asks at the author and at the registrable domain only (RFC 7489 §6.6.3)', async () => {
  const zone = policies({ 'example.co.uk': plain, uk: 'v=DMARC1; psd=y' });
  const { policy } = await evaluateDmarc({ authorDomain: 'a.b.example.co.uk' }, zone, {
    method: 'public-suffix',
  });
  assert.equal(policy?.domain, 'example.co.uk');
  assert.deepEqual([...zone.queries.keys()], ['TXT _dmarc.a.b.example.co.uk', 'TXT _dmarc.example.co.uk']);
});

test('registrable domains, private suffixes included', () => {
  assert.equal(registrableDomain('a.b.github.io'), 'b.github.io');
  assert.equal(registrableDomain('GITHUB.io'), null);
  assert.equal(registrableDomain('www.EXAMPLE.com'), 'example.com');
  assert.equal(registrableDomain('.example.com'), null);
});
