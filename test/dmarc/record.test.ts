/** DMARC records: what each tag says, and what is made of records with faults (RFC 9989 §4.7, §4.8). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type DmarcRecord, mailboxOfUri, parseDmarcRecord } from 'mailwright/dmarc';

const defaults: DmarcRecord = {
  p: 'none',
  adkim: 'r',
  aspf: 'r',
  psd: 'u',
  testing: false,
  fo: ['0'],
  rua: [],
  ruf: [],
  pct: 100,
  defects: [],
};

const readable: readonly [text: string, says: Partial<DmarcRecord>][] = [
  ['v=DMARC1; p=none', {}],
  ['v=DMARC1;p=none;', {}],
  ['v=DMARC1; p=reject', { p: 'reject' }],
  // RFC 9989 §4.8: white space around separators and equals signs; names and keywords in any case.
  [' V = DMARC1 ;P=Reject ; SP= None;', { p: 'reject', sp: 'none' }],
  ['v=DMARC1; p=quarantine; sp=reject; np=reject', { p: 'quarantine', sp: 'reject', np: 'reject' }],
  ['v=DMARC1; p=none; adkim=s; aspf=s; psd=n; t=y', { adkim: 's', aspf: 's', psd: 'n', testing: true }],
  ['v=DMARC1; p=none; fo=1:d:s', { fo: ['1', 'd', 's'] }],
  // RFC 9989 §4.7: unknown tags are ignored, and those that RFC 7489 had.
  ['v=DMARC1; p=reject; rf=afrf; ri=3600; later=1', { p: 'reject' }],
  ['v=DMARC1; p=none; pct=20', { pct: 20 }],
  ['v=DMARC1; p=none; pct=200', { pct: 100 }],
  // RFC 9989 §4.8: the size limit of RFC 7489 is dropped.
  [
    'v=DMARC1; p=none; rua=mailto:a@example.com!10m , https://example.com/r',
    { rua: ['mailto:a@example.com', 'https://example.com/r'] },
  ],
  // RFC 9989 §4.8: faults fall back to defaults.
  ['v=DMARC1; p=none; adkim=x; t=yes', { defects: ['bad-value'] }],
  ['v=DMARC1; p=reject; nonsense; =x; p1=a', { p: 'reject', defects: ['syntax'] }],
  ['v=DMARC1; p=none; p=reject', { defects: ['duplicate-tag'] }],
  ['v=DMARC1; p=none; fo=0:1', { defects: ['bad-value'] }],
  ['v=DMARC1; p=none; fo=d:d', { defects: ['bad-value'] }],
  ['v=DMARC1; p=none; rua=not a uri', { defects: ['bad-uri'] }],
  // RFC 9989 §4.10.1: a malformed policy counts as none where somebody can be told of it.
  [
    'v=DMARC1; p=rejekt; sp=reject; rua=mailto:a@example.com',
    { rua: ['mailto:a@example.com'], defects: ['bad-policy'] },
  ],
  // RFC 9989 §4.10.1: so does one without p; subdomains are meant as well.
  [
    'v=DMARC1; sp=reject; rua=mailto:a@example.com',
    { rua: ['mailto:a@example.com'], defects: ['no-policy'] },
  ],
  ['v=DMARC1', { unusable: 'no-policy', defects: ['no-policy'] }],
  ['v=DMARC1; psd=y', { psd: 'y', unusable: 'no-policy', defects: ['no-policy'] }],
  ['v=DMARC1; p=none; sp=all; rua=nowhere', { unusable: 'bad-policy', defects: ['bad-uri', 'bad-policy'] }],
];

test('what a record says', () => {
  for (const [text, says] of readable) {
    assert.deepEqual(parseDmarcRecord(text), { ...defaults, ...says }, text);
  }
});

test('what is no DMARC record', () => {
  for (const text of [
    '',
    'v=spf1 -all',
    'p=reject; v=DMARC1',
    'v=dmarc1; p=none',
    'v=DMARC12',
    'v=DMARC1 p=none',
  ]) {
    assert.equal(parseDmarcRecord(text), null, text);
  }
});

test('a record of any size is read in bounds', () => {
  const parsed = parseDmarcRecord(`v=DMARC1; p=reject; rua=${'mailto:a@example.com,'.repeat(10_000)}`);
  assert.equal(parsed?.rua.length, 20);
  assert.deepEqual(parsed.defects, ['too-long', 'bad-uri']);
  assert.ok(parseDmarcRecord(`v=DMARC1${';'.repeat(65_000)}`));
});

test('no text makes it throw', () => {
  const piece = fc.constantFrom(
    'v=DMARC1',
    ';',
    '=',
    ' ',
    'p',
    'reject',
    'rua',
    'mailto:a@b',
    ',',
    '!',
    'fo',
    '0',
    ':',
    '\u00e9',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece).map((pieces) => `v=DMARC1;${pieces.join('')}`),
      ),
      (text) => {
        const record = parseDmarcRecord(text);
        assert.equal(record !== null, /^\s*v\s*=\s*DMARC1\s*(?:;|$)/i.test(text) && text.includes('DMARC1'));
      },
    ),
  );
});

test('the mailbox of a mailto URI (RFC 6068 §2)', () => {
  const table: readonly [uri: string, address: string | undefined][] = [
    ['mailto:a@example.com', 'a@example.com'],
    ['MAILTO:a%2Bb@Example.com?subject=x', 'a+b@Example.com'],
    ['mailto:a@example.com,b@example.com', undefined],
    ['mailto:%ff@example.com', undefined],
    ['mailto:a@[192.0.2.1]', undefined],
    ['mailto:', undefined],
    ['https://example.com/', undefined],
  ];
  for (const [uri, address] of table) assert.equal(mailboxOfUri(uri)?.address, address, uri);
  assert.equal(mailboxOfUri('mailto:a@Example.com')?.domain, 'example.com');
});
