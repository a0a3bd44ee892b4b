/** Reports go only where they are wanted (RFC 9990 §4, RFC 9991 §5). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reportDestinations } from 'mailwright/dmarc';
import { type Zone, ZoneResolver } from 'mailwright/dns';

const consent = 'example.com._report._dmarc.example.net';

const table: readonly [what: string, uri: string, zone: Zone, outcome: string][] = [
  ['the domain itself', 'mailto:a@example.com', {}, 'a@example.com'],
  ['the same organization', 'mailto:a@mail.example.com', {}, 'a@mail.example.com'],
  ['another that consents', 'mailto:a@example.net', { [consent]: { TXT: ['v=DMARC1'] } }, 'a@example.net'],
  [
    'another that consents to all',
    'mailto:a@example.net',
    { '*._report._dmarc.example.net': { TXT: ['v=DMARC1;'] } },
    'a@example.net',
  ],
  [
    'another that names an address',
    'mailto:a@example.net',
    { [consent]: { TXT: ['v=DMARC1; rua=mailto:b@example.net'] } },
    'b@example.net',
  ],
  [
    'another that names one elsewhere',
    'mailto:a@example.net',
    { [consent]: { TXT: ['v=DMARC1; rua=mailto:b@example.org'] } },
    'bad-override',
  ],
  ['another that does not consent', 'mailto:a@example.net', {}, 'not-authorized'],
  [
    'another with a record that is none',
    'mailto:a@example.net',
    { [consent]: { TXT: ['yes'] } },
    'not-authorized',
  ],
  ['no answer', 'mailto:a@example.net', { [consent]: 'TIMEOUT' }, 'dns-failure'],
  ['a scheme that nobody supports', 'https://example.com/', {}, 'unsupported'],
  ['a name longer than DNS holds', `mailto:a@${'a.'.repeat(115)}example.net`, {}, 'not-authorized'],
];

for (const [what, uri, zone, outcome] of table) {
  test(`destination: ${what}`, async () => {
    const resolver = new ZoneResolver({ '_dmarc.example.com': { TXT: ['v=DMARC1'] }, ...zone });
    const { addresses, refused } = await reportDestinations('example.com', [uri], 'rua', resolver);
    assert.equal(addresses[0] ?? refused[0]?.why, outcome);
    assert.equal(addresses.length + refused.length, 1);
  });
}
